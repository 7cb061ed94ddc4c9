"""Operating system threads that are used again.

A schedule with three callers must not pay for three new threads. Workers are raw threads that nothing waits for, so that
an interpreter may exit while they rest. Whether a worker may be used again, `pristine.py` says.
"""

from __future__ import annotations

import _thread
import contextlib
import os
from typing import Protocol

from pytest_policy_contracts.simulation.threads.pristine import usable_again

_allocate_lock = _thread.allocate_lock
_MOST_AT_REST = 256


class Job(Protocol):
    """Something to do on a worker; it may name the job that the same worker does next."""

    def live(self, worker: Worker) -> Job | None:
        """Do the job; call `worker.rest()` before anything that lets another job begin elsewhere."""


class Worker:
    """One operating system thread; `ident` is its thread identifier."""

    __slots__ = ("_gate", "_job", "_leaving", "ident", "native_id")

    def __init__(self) -> None:
        self._gate = _allocate_lock()
        self._gate.acquire()
        self._job: Job | None = None
        self._leaving = False
        self.native_id = 0
        self.ident = _thread.start_new_thread(self._work, ())

    def give(self, job: Job) -> None:
        """Let the worker begin `job`."""
        self._job = job
        self._gate.release()

    def rest(self) -> None:
        """Make the worker available to `hire`; its thread may still be on its way back."""
        if usable_again() and len(_at_rest) < _MOST_AT_REST:
            _at_rest.append(self)
        else:
            self._leaving = True

    def dismiss(self) -> None:
        """Take back a worker that was hired and never given a job."""
        self.rest()
        if self._leaving:
            self._gate.release()

    def _work(self) -> None:
        self.native_id = _thread.get_native_id()
        while not self._leaving:
            # An exception delivered from outside may arrive after the job it was meant for.
            with contextlib.suppress(BaseException):
                self._gate.acquire()
                job, self._job = self._job, None
                while job is not None:
                    job = job.live(self)


_at_rest: list[Worker] = []


def hire() -> Worker:
    """Return a worker at rest, or a new one."""
    try:
        return _at_rest.pop()
    except IndexError:
        return Worker()


if hasattr(os, "register_at_fork"):
    # Threads do not survive a fork: a child that hired one of these would wait for ever.
    os.register_at_fork(after_in_child=_at_rest.clear)
