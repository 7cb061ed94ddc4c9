"""The front of the package: run calls on controlled threads.

Rules: a scheduler belongs to one world; its runs follow each other. Threads that the subject starts are its threads too,
stay suspended when a run has ended, and go on in the next run. After a Deadlock or a Livelock it cannot be used again.
"""

from __future__ import annotations

import contextlib
import contextvars
import gc
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import get_ident
from types import FrameType, TracebackType
from typing import Self, TypeVar

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.clock import VirtualClock
from pytest_policy_contracts.simulation.errors import SimulationError
from pytest_policy_contracts.simulation.threads.adoption import let_go_at_exit, prepare
from pytest_policy_contracts.simulation.threads.baton import Baton
from pytest_policy_contracts.simulation.threads.controlled import (
    ControlledThread,
    ThreadResult,
    controlled,
    frames_of,
    worlds,
)
from pytest_policy_contracts.simulation.threads.messages import where
from pytest_policy_contracts.simulation.threads.subject import Files, innermost, subject_files
from pytest_policy_contracts.simulation.threads.switching import Granularity, switch_points

T = TypeVar("T")
OnPoint = Callable[[ControlledThread, int], None]
_COUNTERS = re.compile(r"^Thread-\d+ \((.*)\)$|[-_]\d+")


@dataclass(frozen=True, slots=True)
class LeftRunning:
    """A thread that the subject started and that has not ended: its name and where it waits."""

    name: str
    place: str


class ThreadScheduler(Baton):
    """Runs calls on threads of which one at a time goes on, in an order that `choices` decides.

    `files` are the subject's: files and folders, or a predicate on file names. `journal` receives one line per event;
    `on_point` is called before each switch point with the thread and its line. `deterministic` turns False when the
    subject waited for something that only real time or a foreign thread could bring.
    """

    def __init__(
        self,
        choices: Choices,
        clock: VirtualClock,
        *,
        files: Files,
        granularity: Granularity = "line",
        max_switch_points: int = 200_000,
        journal: list[str] | None = None,
        on_point: OnPoint | None = None,
    ) -> None:
        super().__init__(choices, clock, subject_files(files), max_switch_points)
        self.journal = journal
        self._on_point = on_point
        self._granularity = granularity
        self._points = switch_points(self._files, granularity)
        self._armed = self._kept = False
        self._started = 0
        self._threads: list[threading.Thread] = []
        if journal is not None or on_point is not None:
            self.point = self._observed_point

    # ---- running -----------------------------------------------------------------------------
    def run(
        self,
        *calls: Callable[[], T],
        names: Sequence[str] | None = None,
        atomic: frozenset[int] = frozenset(),
        arrivals: Sequence[int] = (),
    ) -> list[ThreadResult[T]]:
        """Run `calls` beside each other until all have ended; return their results in the given order.

        Calls whose index is in `atomic` give the baton away only where they have to wait. `arrivals` says for each call
        after how many switch points it begins, at the expense of whoever runs then; without, all begin at once.

        Raises Deadlock or Livelock after ending every thread. Must not be called on a controlled thread.
        """
        self._check_usable(calls, names)
        labels = names if names is not None else [f"call {index}" for index in range(len(calls))]
        threads = [self._awaited_call(*pair) for pair in zip(labels, calls, strict=True)]
        if not threads:
            return []
        for index in atomic:
            threads[index].atomic = True
        for thread, points in zip(threads, arrivals, strict=False):
            self.arrive_later(thread, points)
        with self._a_run():
            self._awaited = len(threads)
            self._wake_due()
            if len(self._alive) > 1 or self._on_point is not None:
                self._arm()
            self._run_next()
            self._park_world()
        return [ThreadResult(thread.name, thread.value, thread.error) for thread in threads]

    def _check_usable(self, calls: Sequence[object], names: Sequence[str] | None) -> None:
        if self.abandoned:
            raise SimulationError("this scheduler has ended; make a new one for the next run")
        if get_ident() in controlled:
            raise SimulationError(
                f"run() was called on the controlled thread {controlled[get_ident()].name!r}; "
                "start a threading.Thread there instead"
            )
        if names is not None and len(names) != len(calls):
            raise ValueError(f"{len(names)} names for {len(calls)} calls; give one name per call")

    def _awaited_call(self, name: str, call: Callable[[], object]) -> ControlledThread:
        thread = ControlledThread(name, self, call, contextvars.copy_context())
        thread.awaited = True
        self._alive.append(thread)
        self._ready.append(thread)
        return thread

    @contextlib.contextmanager
    def _a_run(self) -> Iterator[None]:
        self.world_ident = get_ident()
        self._limit = self.switch_points + self._max
        # A collection starts after so many allocations, and may run finalizers that take locks.
        collecting = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if collecting:
                gc.enable()
            self.running = None
            self._settle()

    def _settle(self) -> None:
        """Leave nothing behind but suspended threads."""
        self._armed = self.traced = False
        self._points.disarm()
        if self._threads:
            let_go_at_exit(self._threads)
        if (self._alive or self._kept) and not self.abandoned:
            worlds[self.world_ident] = self._world
        elif worlds.get(self.world_ident) is self._world:
            del worlds[self.world_ident]

    def _arm(self) -> None:
        self._armed = True
        self.traced = self._granularity != "none"
        self._points.arm()

    @contextlib.contextmanager
    def drivable(self) -> Iterator[None]:
        """Let the calling thread's own waits run this scheduler's threads, and adopt the threads it starts."""
        self.world_ident = get_ident()
        before = worlds.get(self.world_ident)
        worlds[self.world_ident] = self._world
        self._kept = True
        try:
            yield
        finally:
            self._kept = False
            self._settle()
            if before is not None:
                worlds[self.world_ident] = before

    def block(self, thread: ControlledThread, waiting: object, deadline: float | None) -> bool:
        """Give the baton away until woken; the world's own wait is a run of what it left running."""
        if thread is not self._world:
            return super().block(thread, waiting, deadline)
        with self._a_run():
            self._arm()
            return super().block(thread, waiting, deadline)

    # ---- what runs on controlled threads -----------------------------------------------------
    def enter(self, thread: ControlledThread) -> None:
        """Prepare the calling operating system thread, which is about to run `thread`."""
        self._points.enter(thread)

    def leave(self, thread: ControlledThread) -> None:
        """Undo `enter`."""
        self._points.leave(thread)

    def _observed_point(self, thread: ControlledThread) -> None:
        frame = innermost(sys._getframe(1), self._files)
        if self.journal is not None:
            file = frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
            self.journal.append(f"{thread.name} {file}:{frame.f_lineno}")
        if self._on_point is not None:
            self._on_point(thread, frame.f_lineno)
        self.plain_point(thread)

    def adopt(self, thread: threading.Thread, starter: ControlledThread) -> None:
        """Run a thread that the subject starts under this scheduler; `starter` may lose the baton."""
        self._started += 1
        own_name = _COUNTERS.sub(r"\1", thread.name)
        actor = ControlledThread(f"{starter.name}/{own_name} {self._started}", self)
        prepare(thread, actor)
        self._threads.append(thread)
        self._alive.append(actor)
        self._ready.append(actor)
        if starter is self._world:
            worlds[self.world_ident] = self._world
            return
        if not self._armed:
            self._arm()
            self._points.catch_up(starter)
        self.point(starter)

    # ---- looking in --------------------------------------------------------------------------
    @property
    def left_running(self) -> list[LeftRunning]:
        """The threads that have not ended, between two runs."""
        return [LeftRunning(thread.name, where(thread, self._files)) for thread in self._alive]

    def frames(self) -> dict[str, FrameType]:
        """Return the innermost frame of each thread that has begun and not ended, by name; from any thread."""
        return frames_of(list(self._alive))

    # ---- the end -----------------------------------------------------------------------------
    def close(self) -> None:
        """End the threads that are left and give their operating system threads back."""
        self.abandon()
        self._settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
