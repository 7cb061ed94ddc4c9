"""Putting cooperative primitives in the place of the real ones, and taking every one of them out again.

While `controlled_primitives` lasts, locks made by threads that take part in a world are cooperative, threads started by
controlled threads are controlled, and clocks are virtual on those threads. Everybody else's locks and threads stay real.
"""

from __future__ import annotations

import _thread
import contextlib
import itertools
import queue
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import thread as pools
from threading import get_ident
from types import ModuleType
from typing import Any

from pytest_policy_contracts.simulation.aliases import look_up, rebind
from pytest_policy_contracts.simulation.clock import virtual_time
from pytest_policy_contracts.simulation.threads.adoption import join_with, start_with
from pytest_policy_contracts.simulation.threads.locks import (
    CooperativeLock,
    CooperativeRLock,
    allocate_lock,
    makers,
)
from pytest_policy_contracts.simulation.threads.ordering import order_futures
from pytest_policy_contracts.simulation.threads.scheduler import ThreadScheduler
from pytest_policy_contracts.simulation.threads.swapping import Undo, replace, swap_objects

_PurePythonQueue: Any = queue._PySimpleQueue  # type: ignore[attr-defined]
_STAND_INS: dict[int, Any] = {
    id(_thread.allocate_lock): allocate_lock,
    id(threading.Lock): CooperativeLock,
    id(threading.RLock): CooperativeRLock,
    id(_thread.RLock): CooperativeRLock,
    id(queue.SimpleQueue): _PurePythonQueue,
}
"""By identity of the real primitive. `threading.Lock` is `_thread.allocate_lock` up to 3.12 and a class from 3.13 on."""


@contextlib.contextmanager
def controlled_primitives(
    modules: Iterable[ModuleType] = (), *, scheduler: ThreadScheduler | None = None
) -> Iterator[None]:
    """Make locks, queues, threads and clocks controllable while the context lasts.

    In `modules`, names that refer to a primitive are rebound, and lock objects in globals and class attributes are
    swapped; a lock that is taken at entry stays as it is. With `scheduler`, threads that the calling thread itself
    starts belong to that scheduler: they begin with its next run, or when the caller waits for them. May be nested.
    """
    subject = list(modules)
    undo: Undo = []
    ident = get_ident()
    with contextlib.ExitStack() as stack:
        stack.enter_context(virtual_time(subject))
        stack.enter_context(_keeping_events())
        stack.callback(_undo, undo)
        makers[ident] = makers.get(ident, 0) + 1
        stack.callback(_one_less, ident)
        _patch_standard_library(undo)
        undo += rebind(subject, _STAND_INS)
        swap_objects(subject, undo)
        if scheduler is not None:
            stack.enter_context(scheduler.drivable())
        yield


def look_up_primitives(modules: Iterable[ModuleType]) -> None:
    """Find the names that `controlled_primitives` will rebind, ahead of a fork."""
    look_up(modules, _STAND_INS)


def _undo(undo: Undo) -> None:
    while undo:
        undo.pop()()


def _one_less(ident: int) -> None:
    makers[ident] -= 1
    if not makers[ident]:
        del makers[ident]


def _keeping_events() -> contextlib.AbstractContextManager[None]:
    if sys.version_info < (3, 12):
        return contextlib.nullcontext()
    from pytest_policy_contracts.simulation.threads.monitoring import kept

    return kept()


def _patch_standard_library(undo: Undo) -> None:
    replace(threading, "Lock", CooperativeLock, undo)
    replace(threading, "RLock", CooperativeRLock, undo)
    replace(threading, "_allocate_lock", allocate_lock, undo)
    replace(threading.Thread, "start", start_with(threading.Thread.start), undo)
    replace(threading.Thread, "join", join_with(threading.Thread.join), undo)
    replace(queue, "SimpleQueue", _PurePythonQueue, undo)
    # Names with counters would differ between two runs in one process.
    replace(threading, "_counter", itertools.count(1).__next__, undo)
    replace(pools.ThreadPoolExecutor, "_counter", itertools.count().__next__, undo)
    order_futures(undo)
    swap_objects([pools], undo)
