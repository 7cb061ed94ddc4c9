"""Getting operating system threads back from a run that is over.

A thread that waits at its gate is let through and meets `Abandoned`; one that computes gets the exception from outside;
one that swallows every exception is put to sleep for ever. The threads are ended one after another, so that their
`finally` blocks do not run beside each other.
"""

from __future__ import annotations

import _thread
import contextlib
import ctypes
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from pytest_policy_contracts.simulation.clock import participants, real_time
from pytest_policy_contracts.simulation.threads.controlled import (
    Abandoned,
    ControlledThread,
    controlled,
    threading_active,
)

PATIENCE_SECONDS = 0.2
"""How long a thread may take to unwind before stronger means are used; real time."""

_REFUSALS = 50

_sleep: Callable[[float], None] = real_time["sleep"]
_now: Callable[[], float] = real_time["monotonic"]


class Parked(BaseException):
    """Never arrives: making one blocks the thread it is meant for, at no cost, until the process ends."""

    def __init__(self) -> None:
        forever = _thread.allocate_lock()
        forever.acquire()
        forever.acquire()


def refuse(thread: ControlledThread) -> NoReturn:
    """Raise Abandoned in the calling thread; one that has swallowed many of them sleeps for ever instead."""
    thread.refusals += 1
    if thread.refusals > _REFUSALS:
        for table in (controlled, participants, threading_active()):
            table.pop(thread.ident, None)
        Parked()
    raise Abandoned


def release_all(threads: Sequence[ControlledThread]) -> list[str]:
    """End `threads`; return the names of those whose operating system thread is lost."""
    stuck = []
    for thread in list(threads):
        if not thread.started:
            _never_began(thread)
        elif not _released(thread):
            stuck.append(thread.name)
    return stuck


def _never_began(thread: ControlledThread) -> None:
    thread.finished = True
    thread.call = thread.context = None
    if thread.mark_ended is not None:
        thread.mark_ended()
    if thread.worker is not None:
        threading_active().pop(thread.ident, None)
        thread.worker.dismiss()


def _released(thread: ControlledThread) -> bool:
    if thread.gate.locked():
        thread.gate.release()
    if _ends(thread):
        return True
    if thread.refusals <= _REFUSALS:
        _raise_in(thread, Abandoned)
        ended = _ends(thread)
        if not ended:
            _raise_in(thread, Parked)
        _calm()
        return ended
    return False


def _ends(thread: ControlledThread) -> bool:
    limit = _now() + PATIENCE_SECONDS
    while not thread.finished:
        if _now() > limit:
            return False
        _sleep(0.0)
    return True


def _raise_in(thread: ControlledThread, kind: type[BaseException]) -> None:
    """Deliver an exception to a thread that runs Python code; one inside C code gets it on its return."""
    if not thread.finished:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(kind))


class _Calm(BaseException):
    """Raised and caught in one thread."""


def _calm() -> None:
    """Undo what an exception that is never delivered does to the others on CPython 3.11.

    Until some thread takes such an exception, every function entry under a trace function repeats for ever there. So this
    thread takes one.
    """
    if sys.version_info >= (3, 12):
        return
    with contextlib.suppress(_Calm):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(_thread.get_ident()), ctypes.py_object(_Calm))
        for _ in range(100):
            pass
