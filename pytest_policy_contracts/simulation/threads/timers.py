"""The threads whose waits have a deadline in virtual time."""

from __future__ import annotations

from pytest_policy_contracts.simulation.clock import VirtualClock
from pytest_policy_contracts.simulation.threads.controlled import ControlledThread


class Timers:
    """Threads by deadline; equal deadlines keep the order in which the waits began."""

    __slots__ = ("_clock", "_waiting")

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._waiting: list[ControlledThread] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def set(self, thread: ControlledThread, deadline: float | None) -> None:
        """Note when the wait of `thread` that begins now ends, if ever."""
        thread.timed_out = False
        thread.deadline = deadline
        if deadline is not None:
            self._waiting.append(thread)

    def clear(self, thread: ControlledThread) -> None:
        """Forget the deadline of a wait that has ended."""
        if thread.deadline is not None and not thread.timed_out:
            self._waiting.remove(thread)
        thread.deadline = None

    def advance(self) -> None:
        """Let time pass until the next deadline."""
        self._clock.advance_to(min(map(_deadline, self._waiting)))

    def due(self) -> list[ControlledThread]:
        """Take out and return the threads whose time has come."""
        now = self._clock.now
        threads = sorted((t for t in self._waiting if _deadline(t) <= now), key=_deadline)
        for thread in threads:
            thread.timed_out = True
            self._waiting.remove(thread)
        return threads


def _deadline(thread: ControlledThread) -> float:
    assert thread.deadline is not None
    return thread.deadline
