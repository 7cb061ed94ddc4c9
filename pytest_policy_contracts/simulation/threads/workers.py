"""Operating system threads that are used again.

A schedule with three callers must not pay for three new threads. Workers are raw threads that nothing waits for, so that
an interpreter may exit while they rest. A worker that is used again forgets its `threading.local` values first, as a new
thread would have none; where the interpreter offers no way to do that, each worker serves one job only.
"""

from __future__ import annotations

import _thread
import contextlib
import ctypes
import os
import threading
from typing import Any, Protocol

_allocate_lock = _thread.allocate_lock
_MOST_AT_REST = 256
_LOCALS_PREFIX = "thread.local."


class Job(Protocol):
    """Something to do on a worker; it may name the job that the same worker does next."""

    def live(self, worker: Worker) -> Job | None:
        """Do the job; call `worker.rest()` before anything that lets another job begin elsewhere."""


class Worker:
    """One operating system thread; `ident` is its thread identifier."""

    __slots__ = ("_gate", "_job", "_leaving", "ident")

    def __init__(self) -> None:
        self._gate = _allocate_lock()
        self._gate.acquire()
        self._job: Job | None = None
        self._leaving = False
        self.ident = _thread.start_new_thread(self._work, ())

    def give(self, job: Job) -> None:
        """Let the worker begin `job`."""
        self._job = job
        self._gate.release()

    def rest(self) -> None:
        """Make the worker available to `hire`; its thread may still be on its way back."""
        if REUSABLE and len(_at_rest) < _MOST_AT_REST:
            _at_rest.append(self)
        else:
            self._leaving = True

    def dismiss(self) -> None:
        """Take back a worker that was hired and never given a job."""
        self.rest()
        if self._leaving:
            self._gate.release()

    def _work(self) -> None:
        # An exception delivered from outside may arrive after the job it was meant for: the thread ends, quietly.
        with contextlib.suppress(BaseException):
            while not self._leaving:
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


# The result is not declared as `py_object`: ctypes takes that for a new reference, and this one is borrowed.
_GetDict = ctypes.PYFUNCTYPE(ctypes.c_void_p)


def _thread_state() -> dict[Any, Any]:
    address = _GetDict(("PyThreadState_GetDict", ctypes.pythonapi))()
    state: dict[Any, Any] = ctypes.cast(address, ctypes.py_object).value
    return state


def forget_locals() -> None:
    """Remove every `threading.local` value of the calling thread.

    Only those entries: the thread's state also holds borrowed references of asyncio, which must stay.
    """
    if not REUSABLE:
        return
    state = _thread_state()
    for key in [key for key in state if isinstance(key, str) and key.startswith(_LOCALS_PREFIX)]:
        del state[key]


def _can_forget() -> bool:
    """Try it out: the names of these entries are an implementation detail of CPython."""
    probe = threading.local()
    probe.value = 1
    try:
        state = _thread_state()
        for key in [key for key in state if isinstance(key, str) and key.endswith(f"{id(probe):x}")]:
            if key.startswith(_LOCALS_PREFIX):
                del state[key]
    except (AttributeError, ValueError):
        return False
    return not hasattr(probe, "value")


REUSABLE = _can_forget()
"""False where a used thread cannot be made to look new."""

if hasattr(os, "register_at_fork"):
    # Threads do not survive a fork: a child that hired one of these would wait for ever.
    os.register_at_fork(after_in_child=_at_rest.clear)
