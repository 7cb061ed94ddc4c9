"""A thread that runs only while it holds the baton.

Rules: everything here is per thread; who runs next is decided in `baton.py`. A controlled thread looks like a fresh
`threading.Thread` to the code that runs on it, lives in its world's virtual time, and in a context of its own.
"""

from __future__ import annotations

import _thread
import contextvars
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Generic, Protocol, TypeVar

from pytest_policy_contracts.simulation.clock import VirtualClock, participants
from pytest_policy_contracts.simulation.threads.pristine import after_job, before_job
from pytest_policy_contracts.simulation.threads.workers import Worker

T = TypeVar("T")


class Abandoned(BaseException):
    """Raised inside a controlled thread whose run is over, so that its operating system thread comes back."""


@dataclass(frozen=True, slots=True)
class ThreadResult(Generic[T]):
    """What one call came to: a value, or the error that ended it."""

    name: str
    value: T | None
    error: BaseException | None


class Scheduler(Protocol):
    """What a controlled thread, a lock and a started thread need of their scheduler."""

    clock: VirtualClock
    deterministic: bool
    traced: bool
    numbers: Iterator[int]
    point: Callable[[ControlledThread], None]
    world_ident: int

    def block(self, thread: ControlledThread, waiting: object, deadline: float | None) -> bool:
        """Give the baton away until woken; False when virtual time reached `deadline` first."""

    def wake(self, threads: Iterable[ControlledThread]) -> None:
        """Make blocked threads runnable; may be called from any thread."""

    def suspend(self, threads: Iterable[ControlledThread]) -> None:
        """Take back a `wake`: what the threads wait for is gone again."""

    def sleep(self, thread: ControlledThread, seconds: float) -> None:
        """Let virtual time pass for `thread`."""

    def adopt(self, thread: threading.Thread, starter: ControlledThread) -> None:
        """Run a thread that the subject starts under this scheduler."""

    def join(self, thread: ControlledThread, other: ControlledThread, timeout: float | None) -> None:
        """Block `thread` until `other` has ended or `timeout` seconds have passed."""

    def enter(self, thread: ControlledThread) -> None:
        """Prepare the calling operating system thread, which is about to run `thread`."""

    def leave(self, thread: ControlledThread) -> None:
        """Undo `enter`."""

    def finish(self, thread: ControlledThread) -> ControlledThread | None:
        """Record the end of `thread`, which holds the baton; return who gets it."""

    def resume(self, thread: ControlledThread, worker: Worker | None = None) -> bool:
        """Hand over the baton; True when `thread` begins now and is to run on `worker`, the caller's."""


controlled: dict[int, ControlledThread] = {}
"""The controlled threads that have begun and not ended, by thread identifier."""

worlds: dict[int, ControlledThread] = {}
"""The worlds that can be driven, by the identifier of the thread that owns them: see `baton.py`."""


class ControlledThread:
    """One actor of a scheduler. Also the participant through which the thread reads virtual time."""

    __slots__ = (
        "atomic",
        "awaited",
        "call",
        "calling",
        "clock",
        "context",
        "deadline",
        "error",
        "external",
        "face",
        "finished",
        "gate",
        "ident",
        "joiners",
        "mark_ended",
        "name",
        "refusals",
        "scheduler",
        "started",
        "timed_out",
        "trace",
        "value",
        "waiting",
        "worker",
    )

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        call: Callable[[], object] | None = None,
        context: contextvars.Context | None = None,
    ) -> None:
        self.name = name
        self.scheduler = scheduler
        self.clock = scheduler.clock
        self.call = call
        self.context = context
        self.gate = _thread.allocate_lock()
        self.gate.acquire()
        self.worker: Worker | None = None
        self.face: threading.Thread | None = None
        self.mark_ended: Callable[[], object] | None = None
        self.ident = 0
        self.joiners: list[ControlledThread] = []
        self.waiting: object | None = None
        self.deadline: float | None = None
        self.timed_out = False
        self.awaited = self.started = self.finished = self.external = False
        self.atomic = False
        self.trace: Callable[..., Any] | None = None
        self.calling: dict[FrameType, bool] = {}
        self.refusals = 0
        self.value: Any = None
        self.error: BaseException | None = None

    def __repr__(self) -> str:
        return self.name

    def sleep(self, seconds: float) -> None:
        """Do what `time.sleep(seconds)` means on this thread."""
        self.scheduler.sleep(self, seconds)

    def live(self, worker: Worker) -> ControlledThread | None:
        """Run to the end on `worker`; return the thread that begins on the same worker next."""
        ident = self.ident = worker.ident
        face = self.face = self.face or CallThread(self)
        active = threading_active()
        controlled[ident] = participants[ident] = self
        active[ident] = face
        before = before_job()
        try:
            self._run()
            after_job(before)
            return self._hand_on(worker)
        finally:
            if controlled.get(ident) is self:
                del controlled[ident], participants[ident]
            if active.get(ident) is face:
                del active[ident]

    def _run(self) -> None:
        assert self.call is not None and self.context is not None
        try:
            self.scheduler.enter(self)
            try:
                self.value = self.context.run(self.call)
            finally:
                self.scheduler.leave(self)
        except Abandoned:
            pass
        except BaseException as error:
            if error.__traceback__ is not None:
                # The frame of this method would keep the whole actor alive as long as the error.
                error.__traceback__ = error.__traceback__.tb_next
            self.error = error
        self.call = self.context = None
        self.calling.clear()

    def _hand_on(self, worker: Worker) -> ControlledThread | None:
        if self.mark_ended is not None:
            self.mark_ended()
        try:
            successor = self.scheduler.finish(self)
        except Abandoned:
            self.finished = True
            successor = None
        # From here on nothing may find this actor under the identifier: the next one may begin at once.
        del controlled[worker.ident], participants[worker.ident]
        threading_active().pop(worker.ident, None)
        if successor is None:
            worker.rest()
        elif self.scheduler.resume(successor, worker):
            return successor
        return None


class CallThread(threading.Thread):
    """What `threading.current_thread()` returns inside a call: cheap to make, never started or joined for real."""

    def __init__(self, actor: ControlledThread) -> None:
        vars(self).update(_TEMPLATE)
        vars(self).update(_name=actor.name, _ident=actor.ident, controlled_thread=actor)

    def is_alive(self) -> bool:
        """True until the call has ended."""
        return not actor_of(self).finished


def threading_active() -> dict[int, threading.Thread]:
    """Return the table behind `threading.current_thread` and `threading.enumerate`."""
    table: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]
    return table


def actor_of(thread: threading.Thread) -> Any:
    """Return the controlled thread behind a `threading.Thread`, or None for an ordinary one."""
    return vars(thread).get("controlled_thread")


def _template() -> dict[str, Any]:
    attributes = dict(vars(threading.Thread(name="template", daemon=True)))
    attributes["_started"].set()
    return attributes


_TEMPLATE = _template()


def frames_of(threads: Iterable[ControlledThread]) -> dict[str, Any]:
    """Return the innermost frame of each thread that has begun, by name."""
    stacks = sys._current_frames()
    begun = [thread for thread in threads if thread.started and not thread.finished]
    return {thread.name: stacks[thread.ident] for thread in begun if thread.ident in stacks}
