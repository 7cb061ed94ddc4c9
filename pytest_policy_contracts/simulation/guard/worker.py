"""Runs a call in a daemon thread of this process and gives it up when it hangs: the guard where
there is no `fork`.

Answers only for code that lets other threads run: a C call that keeps the GIL, a crash or
`os._exit` takes the process along. A thread cannot be killed. An overrunning one is sent an
exception twice, then one whose construction never ends: code that swallows everything is thereby
parked instead of burning a core. The price is named by `abandoned_workers()`: such a thread keeps
the locks it holds.
"""

from __future__ import annotations

import contextlib
import contextvars
import ctypes
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from queue import SimpleQueue
from time import monotonic
from typing import Any, TypeVar

from pytest_policy_contracts.simulation.guard.frames import (
    Stack,
    culprit,
    describe,
    is_at_subject,
    live_stack,
    render,
    subject_frame,
    traceback_stack,
)
from pytest_policy_contracts.simulation.guard.outcome import Guarded, Heartbeat, Pulse
from pytest_policy_contracts.simulation.jobs import SIMULATED_THREAD

T = TypeVar("T")

_NAME = f"{SIMULATED_THREAD}guard"
_TICK_SECONDS = 0.05
_MERCY_SECONDS = 0.05
_SOME_INSTRUCTIONS = 1000
# Taken at import, before anybody controls or adopts threads: the guard's own stay outside.
_start_thread = threading.Thread.start
_new_lock = threading._allocate_lock  # type: ignore[attr-defined]


class Abandoned(BaseException):
    """Raised inside an overrunning worker."""


class Parked(BaseException):
    """Raised inside a worker that swallowed `Abandoned`; constructing it blocks the thread for
    ever.
    """

    def __init__(self) -> None:
        lock = _new_lock()
        lock.acquire()
        lock.acquire()


class _Job:
    """One call: what to run, and how it ended once `done` is free."""

    def __init__(self, function: Callable[[Heartbeat], Any]) -> None:
        self._function = function
        self._context = contextvars.copy_context()
        self._cell = memoryview(bytearray(8)).cast("q")
        self.known_threads = frozenset(sys._current_frames())
        self.outcome: Guarded[Any] | None = None
        self.done = _new_lock()
        self.done.acquire()

    @property
    def progress(self) -> int:
        return self._cell[0]

    def run(self) -> None:
        try:
            value = self._context.run(self._function, Heartbeat(self._cell))
            self.outcome = Guarded("returned", value=value)
        except Abandoned:
            raise
        except BaseException as error:
            self.outcome = _raised(error)
        self.done.release()


def _raised(error: BaseException) -> Guarded[Any]:
    frame = subject_frame(traceback_stack(error.__traceback__))
    shown = "".join(traceback.format_exception(error))
    return Guarded("raised", error=error, frame=describe(frame), stack=shown)


class _Worker:
    """A daemon thread that runs one job after another."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._serve, daemon=True, name=_NAME)
        _start_thread(self.thread)

    def _serve(self) -> None:
        try:
            while (job := self.jobs.get()) is not None:
                job.run()
                del job
        except Abandoned:
            return

    def give_up(self) -> None:
        """Make the thread end or, where it refuses, stand still."""
        self.jobs.put(None)  # for a call that comes back after all
        try:
            self._end()
        finally:
            _calm()

    def _end(self) -> None:
        for error in (Abandoned, Abandoned, Parked):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread.ident or 0), ctypes.py_object(error))
            self.thread.join(_MERCY_SECONDS)
            if not self.thread.is_alive():
                return
        _abandoned.append(self)


def _calm() -> None:
    """Take one asynchronous exception in this thread.

    Up to 3.11 an exception that was sent to a thread blocked in C stays pending for the whole interpreter, and the next
    function that is entered with a trace function set would never begin; taking any such exception ends that.
    """
    with contextlib.suppress(Abandoned):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(threading.get_ident()), ctypes.py_object(Abandoned))
        for _ in range(_SOME_INSTRUCTIONS):
            pass


_idle: list[_Worker] = []
_abandoned: list[_Worker] = []


def abandoned_workers() -> int:
    """Return how many threads of hanging calls could not be ended and are still there."""
    _abandoned[:] = [worker for worker in _abandoned if worker.thread.is_alive()]
    return len(_abandoned)


def run_in_worker(function: Callable[[Heartbeat], T], *, budget_seconds: float) -> Guarded[T]:
    """Call `function(beat)` in a daemon thread, in a copy of the caller's context; return how it
    ended, a hang included.

    The call is given up once `beat` has not been given a new number for `budget_seconds` of real
    time. What it raises, `SystemExit` and `KeyboardInterrupt` included, is returned. An exception
    in the waiting caller gives the call up as well.
    """
    if budget_seconds <= 0:
        raise ValueError(f"budget_seconds is {budget_seconds!r}; give a number above zero")
    begun = monotonic()
    worker, job = _take_worker(), _Job(function)
    outcome: Guarded[Any] | None = None
    try:
        worker.jobs.put(job)
        outcome = _attend(job, budget_seconds)
        ended = outcome or _hang(worker, job, budget_seconds)
    finally:
        if outcome is None:
            worker.give_up()
        else:
            _idle.append(worker)
    return replace(ended, seconds=monotonic() - begun, progress=job.progress)


def _take_worker() -> _Worker:
    while _idle:
        worker = _idle.pop()
        if worker.thread.is_alive():  # false in a forked child
            return worker
    return _Worker()


def _attend(job: _Job, budget: float) -> Guarded[Any] | None:
    pulse = Pulse(budget)
    tick = min(_TICK_SECONDS, budget)
    while not job.done.acquire(timeout=tick):
        if pulse.is_spent(job.progress):
            return None
    return job.outcome


def _hang(worker: _Worker, job: _Job, budget: float) -> Guarded[Any]:
    frame, stack = culprit(_stacks(worker, job))
    return Guarded(
        "hung",
        frame=describe(frame),
        stack=render(stack),
        detail=f"no progress for {budget:g} s of real time; its thread was given up",
    )


def _stacks(worker: _Worker, job: _Job) -> list[Stack]:
    """Return the worker's stack and, unless it stands in the subject, those of the threads that the
    call started.
    """
    frames = sys._current_frames()
    own = live_stack(frames.pop(worker.thread.ident or 0, None))
    if is_at_subject(own):
        return [own]
    started = [frames[ident] for ident in sorted(frames) if ident not in job.known_threads]
    return [own, *(live_stack(frame) for frame in started)]
