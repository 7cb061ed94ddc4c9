"""Executor jobs in lock-step with a simulated loop.

A job runs on a real thread, but only while the loop stands still: it runs until it ends or calls `time.sleep`, which is
virtual. Threads are reused between runs. A job that blocks on something real for longer than `REAL_WAIT_SECONDS` is let go
("foreign"): the loop then waits for it in real time before it lets virtual time jump, and the run is not repeatable.
"""

from __future__ import annotations

import _thread
import contextlib
import contextvars
import os
import threading
from asyncio import events
from collections import deque
from collections.abc import Callable
from typing import Any

from pytest_policy_contracts.simulation.clock import VirtualClock, participants

REAL_WAIT_SECONDS = 2.0
"""How long a job may take in real time before the loop goes on without it."""

FOREIGN_PATIENCE_SECONDS = 0.2
"""How long, in all, a loop waits in real time for threads that it does not schedule."""

SIMULATED_THREAD = "simulated-"
"""How the names of threads begin that run in lock-step with a world."""

DEFAULT_WORKERS = 8
"""How many jobs the default executor runs at once: that of asyncio on four cores, and the same on every machine."""


_real_lock = _thread.allocate_lock


class _Abandoned(BaseException):
    """Ends a job whose world is gone."""


class _Worker:
    """A reusable thread that runs one turn of a job whenever it is told to."""

    def __init__(self) -> None:
        self.go = _real_lock()
        self.back = _real_lock()
        self.go.acquire()
        self.back.acquire()
        self.task: Callable[[], None] | None = None
        # A raw thread, because one of `threading` would be adopted by the scheduler of controlled threads.
        _thread.start_new_thread(self._serve, ())

    def _serve(self) -> None:
        threading.current_thread().name = f"{SIMULATED_THREAD}executor"
        while True:
            self.go.acquire()
            task, self.task = self.task, None
            if task is not None:
                task()


_idle_workers: list[_Worker] = []
os.register_at_fork(after_in_child=_idle_workers.clear)


class Job:
    """One call on a worker: the loop resumes it, it comes back when it sleeps or has ended."""

    def __init__(self, jobs: Jobs, number: int, call: Callable[[], Any], future: Any) -> None:
        self.clock: VirtualClock = jobs.loop.clock
        self._jobs = jobs
        self._number = number
        self._call = call
        self._future = future
        self._worker: _Worker | None = None
        self._slept = 0.0
        self._abandoned = False
        self._foreign = False
        self._handing_over = _real_lock()
        self._result: tuple[Any, BaseException | None] | None = None
        self.on_end: Callable[[], None] = lambda: None

    def ready(self) -> None:
        """Put the job among the loop's ready actors."""
        handle = events.Handle(self._resume, (), self._jobs.loop, None)
        self._jobs.loop.enqueue_job(self._number, handle)

    def sleep(self, seconds: float) -> None:
        """`time.sleep` on the job's thread: hand the turn back until virtual time has passed."""
        worker = self._worker
        assert worker is not None
        if self._abandoned:
            raise _Abandoned
        self._slept = seconds
        self._give_turn_back(self._come_back)
        worker.go.acquire()
        if self._abandoned:
            raise _Abandoned

    def abandon(self) -> None:
        """End a sleeping job by raising inside it, so that its thread becomes free."""
        if self._worker is not None and self._result is None and not self._foreign:
            self._abandoned = True
            if self._turn() and self._result is not None:
                _idle_workers.append(self._worker)

    @property
    def is_given_up(self) -> bool:
        """Whether nobody waits for the result any more."""
        return bool(self._future.cancelled())

    def _run(self) -> None:
        ident = threading.get_ident()
        participants[ident] = self
        try:
            # Threads are reused, so that a context of its own keeps what one run sets from the next.
            self._result = (contextvars.Context().run(self._call), None)
        except BaseException as error:
            self._result = (None, error)
        finally:
            participants.pop(ident, None)
            self._give_turn_back(self._finish)

    def _give_turn_back(self, otherwise: Callable[[], None]) -> None:
        """Let the loop go on; where it went on long ago, tell it to call `otherwise`."""
        with self._handing_over:
            if not self._foreign:
                assert self._worker is not None
                self._worker.back.release()
                return
        with contextlib.suppress(RuntimeError):  # the loop may have been closed meanwhile
            self._jobs.loop.call_soon_threadsafe(otherwise)

    def _come_back(self) -> None:
        """Go on in lock-step: a foreign job has gone to sleep."""
        self._foreign = False
        self._jobs.foreign -= 1
        self._jobs.loop.call_at(self.clock.now + self._slept, self.ready)

    def _resume(self) -> None:
        if self._worker is None:
            self._worker = _idle_workers.pop() if _idle_workers else _Worker()
            self._worker.task = self._run
        if not self._turn():
            return
        if self._result is None:
            self._jobs.loop.call_at(self.clock.now + self._slept, self.ready)
        else:
            self._finish()

    def _turn(self) -> bool:
        assert self._worker is not None
        self._worker.go.release()
        if self._worker.back.acquire(timeout=REAL_WAIT_SECONDS):
            return True
        with self._handing_over:
            if self._worker.back.acquire(blocking=False):
                return True
            self._foreign = True
        self._jobs.foreign += 1
        return False

    def _finish(self) -> None:
        if self._foreign:
            self._jobs.foreign -= 1
        if self._worker is not None:
            _idle_workers.append(self._worker)
        self._jobs.forget(self._number)
        self.on_end()
        value, error = self._result or (None, None)
        if self._future.done():
            return
        if isinstance(error, StopIteration):
            error = RuntimeError("an executor job raised StopIteration")
        if error is None:
            self._future.set_result(value)
        else:
            self._future.set_exception(error)


class _Pool:
    """How many jobs of one executor run, and who waits for a place."""

    def __init__(self, executor: Any) -> None:
        self.executor = executor  # kept, because a pool is found by the identity of its executor
        self.free: int = getattr(executor, "_max_workers", DEFAULT_WORKERS)
        self.queue: deque[Job] = deque()


class Jobs:
    """The executor jobs of one loop, and the threads it does not schedule."""

    def __init__(self, loop: Any, *, nested: bool = False) -> None:
        self.loop = loop
        self._nested = nested
        self.executors: list[Any] = []
        """The pools that were used, oldest first; one that nobody shuts down keeps its threads."""
        self.foreign = 0
        self.deterministic = True
        self._count = 0
        self._alive: dict[int, Job] = {}
        self._pools: dict[int, _Pool] = {}
        self._threads_before = frozenset(threading.enumerate())
        self._patience = FOREIGN_PATIENCE_SECONDS

    def submit(self, executor: Any, func: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Start `func(*args)` as soon as the executor has a free worker; return the loop's future of its result."""
        if getattr(executor, "_shutdown", False):
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = self.loop.create_future()
        number = self._count
        self._count += 1
        if executor is not None and executor not in self.executors:
            self.executors.append(executor)
        pool = self._pools.setdefault(id(executor), _Pool(executor))
        job = self._alive[number] = Job(self, number, lambda: func(*args), future)
        job.on_end = lambda: self._free_place(pool)
        if pool.free:
            pool.free -= 1
            job.ready()
        else:
            pool.queue.append(job)
        return future

    def forget(self, number: int) -> None:
        """Drop an ended job."""
        self._alive.pop(number, None)

    def abandon(self) -> None:
        """End all jobs that sleep."""
        for job in list(self._alive.values()):
            job.abandon()
        self._alive.clear()

    def _free_place(self, pool: _Pool) -> None:
        while pool.queue:
            job = pool.queue.popleft()
            if not job.is_given_up:
                job.ready()
                return
        pool.free += 1

    def wait_for_foreign_threads(self, inbox: deque[Any], arrived: threading.Condition) -> bool:
        """Wait in real time for a message from threads that this loop does not schedule; True when one came.

        Without this, virtual time would jump over an answer that is on its way.
        """
        if self._nested or not (self.foreign or self._unknown_threads()):
            return False
        self.deterministic = False
        patience = REAL_WAIT_SECONDS if self.foreign else self._patience
        if patience <= 0:
            return False
        with arrived:
            came = bool(inbox) or arrived.wait(patience)
        if not came and not self.foreign:
            self._patience = 0.0
        return came or bool(self.foreign)

    def _unknown_threads(self) -> bool:
        if threading.active_count() <= len(self._threads_before):
            return False
        return any(
            not thread.name.startswith(SIMULATED_THREAD)
            for thread in threading.enumerate()
            if thread not in self._threads_before
        )
