"""Threads that the subject starts: they become controlled threads and still look like what they are.

A `threading.Thread` is not started for real: its `run` becomes the call of a controlled thread. The private state that
`is_alive` and `join` read is kept up, so that both work on every thread of the process and after the patches are gone.
No such thread is ever joined when the interpreter exits.
"""

from __future__ import annotations

import _thread
import contextvars
import functools
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import thread as pools
from threading import get_ident
from typing import Any

from pytest_policy_contracts.simulation.threads.controlled import (
    Abandoned,
    ControlledThread,
    actor_of,
    controlled,
    threading_active,
    worlds,
)
from pytest_policy_contracts.simulation.threads.ordering import order_pool_of
from pytest_policy_contracts.simulation.threads.workers import hire

_make_handle: Callable[[int], Any] | None = getattr(_thread, "_make_thread_handle", None)
Start = Callable[[threading.Thread], None]
Join = Callable[[threading.Thread, float | None], None]


def current_actor() -> ControlledThread | None:
    """Return the controlled thread that calls, or the world if it is one that can be driven."""
    ident = get_ident()
    return controlled.get(ident) or worlds.get(ident)


def prepare(thread: threading.Thread, actor: ControlledThread) -> None:
    """Make `actor` run `thread`, which from now on counts as started and alive."""
    state = vars(thread)
    order_pool_of(thread)
    actor.face = thread
    actor.worker = hire()
    actor.ident = actor.worker.ident
    actor.context = contextvars.Context()
    actor.call = functools.partial(_run, thread, actor)
    actor.mark_ended = _marked_alive(state, actor.ident)
    state.update(controlled_thread=actor, _ident=actor.ident)
    threading_active()[actor.ident] = thread
    state["_started"]._flag = True


def _marked_alive(state: dict[str, Any], ident: int) -> Callable[[], object]:
    """Return what marks the thread as ended: since 3.13 a handle, before that a lock that is free again."""
    if _make_handle is not None:
        handle = state["_handle"] = _make_handle(ident)
        done: Callable[[], object] = handle._set_done
        return done
    lock = state["_tstate_lock"] = _thread.allocate_lock()
    lock.acquire()
    return lock.release


def _run(thread: threading.Thread, actor: ControlledThread) -> None:
    try:
        thread.run()
    except Abandoned:
        raise
    except BaseException:
        # An error while a thread unwinds is ours: it may have lost the lock that its `with` gives back.
        if not actor.refusals:
            thread._invoke_excepthook(thread)  # type: ignore[attr-defined]


def start_with(real: Start) -> Start:
    """Return a `Thread.start` that adopts what controlled threads and drivable worlds start."""

    def start(self: threading.Thread) -> None:
        actor = current_actor()
        if actor is None:
            real(self)
            return
        state = vars(self)
        if not state.get("_initialized"):
            raise RuntimeError("thread.__init__() not called")
        if state["_started"].is_set():
            raise RuntimeError("threads can only be started once")
        actor.scheduler.adopt(self, actor)

    return start


def join_with(real: Join) -> Join:
    """Return a `Thread.join` that lets the other controlled threads run meanwhile."""

    def join(self: threading.Thread, timeout: float | None = None) -> None:
        target: ControlledThread | None = actor_of(self)
        caller = current_actor()
        if target is None or caller is None or caller.scheduler is not target.scheduler:
            real(self, timeout)
            return
        if target is caller:
            raise RuntimeError("cannot join current thread")
        caller.scheduler.join(caller, target, timeout)

    return join


def let_go_at_exit(threads: Iterable[threading.Thread]) -> None:
    """Take pool workers off the list that `concurrent.futures` joins when the interpreter exits."""
    queues: Any = pools._threads_queues
    for thread in threads:
        queues.pop(thread, None)
