"""Locks that block by handing over the baton.

A cooperative lock is a real lock plus a way to wait: whoever finds it taken and is controlled gives the baton away, so
`Condition`, `Event`, `Semaphore`, `Barrier` and `queue.Queue`, which are built on locks, need no versions of their own.
A waiter is runnable exactly while its lock is free; which of them gets it is a decision.

Outside a run, on the world's own thread, a taken lock is waited for by running what the world left running; if there is
nothing, that is a Deadlock at once, or, with a timeout, time that passes. Other threads of the process block for real.
"""

from __future__ import annotations

import _thread
import os
import sys
from threading import get_ident
from types import TracebackType
from typing import Any

from pytest_policy_contracts.simulation.clock import participants
from pytest_policy_contracts.simulation.errors import Deadlock
from pytest_policy_contracts.simulation.threads.controlled import (
    ControlledThread,
    controlled,
    worlds,
)

_RealLock = type(_thread.allocate_lock())
_allocate_lock = _thread.allocate_lock
_RealRLock = _thread.RLock
_STANDARD = frozenset({"threading", "queue", "concurrent.futures.thread", "concurrent.futures._base"})

makers: dict[int, int] = {}
"""Threads whose new locks are cooperative although they take part in no world, by identifier; a count for nesting."""


def _makes_cooperative() -> bool:
    ident = get_ident()
    return ident in participants or ident in makers


def _made_at() -> tuple[str, str, int]:
    """Return what was made, and the file and line: the caller outside the standard library's own primitives."""
    frame = sys._getframe(2)
    kind = "Lock"
    while frame.f_globals.get("__name__") in _STANDARD or frame.f_globals is globals():
        if frame.f_code.co_name == "wait":
            kind = "notification"
        if frame.f_back is None:
            break
        frame = frame.f_back
    return kind, frame.f_code.co_filename, frame.f_lineno


class _LockType(type):
    """Makes `isinstance(lock, threading.Lock)` true for real locks while `threading.Lock` is replaced."""

    def __instancecheck__(cls, instance: object) -> bool:
        return type.__instancecheck__(cls, instance) or type(instance) is _REAL_TYPES.get(cls)


class CooperativeLock(metaclass=_LockType):
    """Stands for `threading.Lock`. Made by a thread that takes part in no world, it is a real lock."""

    __slots__ = ("__weakref__", "_made", "_real", "_waiters", "holder")

    _made: tuple[str, str, int]
    _real: Any
    _waiters: list[ControlledThread]
    holder: ControlledThread | int | None

    def __new__(cls) -> Any:
        """Return a lock of the kind that fits the calling thread."""
        if not _makes_cooperative():
            return _allocate_lock()
        return cooperative_lock()

    def __repr__(self) -> str:
        kind, file, line = self._made
        text = f"{kind} made at {os.path.basename(file)}:{line}"
        if isinstance(self.holder, ControlledThread) and kind != "notification":
            text += f", held by {self.holder.name}"
        return text

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; False when it is taken and may not be waited for, or not any longer."""
        _check_timeout(blocking, timeout)
        thread = controlled.get(get_ident())
        if thread is not None:
            thread.scheduler.point(thread)
        if not self._real.acquire(False) and (not blocking or timeout == 0 or not self._wait(thread, timeout)):
            return False
        self.holder = thread or get_ident()
        if self._waiters:
            self._waiters[0].scheduler.suspend(self._waiters)
        return True

    def _wait(self, thread: ControlledThread | None, timeout: float) -> bool:
        actor = thread or worlds.get(get_ident())
        if actor is None:
            return self._wait_outside(timeout)
        deadline = None if timeout < 0 else actor.clock.now + timeout
        self._waiters.append(actor)
        try:
            while True:
                in_time = actor.scheduler.block(actor, self, deadline)
                if self._real.acquire(False):
                    return True
                if not in_time:
                    return False
        finally:
            self._waiters.remove(actor)

    def _wait_outside(self, timeout: float) -> bool:
        ident = get_ident()
        participant = participants.get(ident)
        foreign = isinstance(self.holder, int) and self.holder != ident
        if foreign or (participant is None and ident not in makers):
            return bool(self._real.acquire(True, timeout))
        if timeout < 0 or participant is None:
            raise Deadlock(
                f"{self!r} is taken and no thread runs that could release it; release it first, or wait with a timeout"
            )
        participant.clock.advance(timeout)
        return False

    def release(self) -> None:
        """Free the lock; any thread may do it. RuntimeError when it is free."""
        if not self._real.locked():
            raise RuntimeError("release unlocked lock")
        self.holder = None
        self._real.release()
        if self._waiters:
            self._waiters[0].scheduler.wake(self._waiters)
        thread = controlled.get(get_ident())
        if thread is not None:
            thread.scheduler.point(thread)

    def locked(self) -> bool:
        """True while somebody holds the lock."""
        return bool(self._real.locked())

    _is_owned = locked
    acquire_lock, release_lock, locked_lock = acquire, release, locked

    def _at_fork_reinit(self) -> None:
        self._real = _allocate_lock()
        self._waiters = []
        self.holder = None

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


class CooperativeRLock(metaclass=_LockType):
    """Stands for `threading.RLock`."""

    __slots__ = ("__weakref__", "_block", "_count", "_owner")

    _block: CooperativeLock
    _count: int
    _owner: ControlledThread | int | None

    def __new__(cls) -> Any:
        """Return a lock of the kind that fits the calling thread."""
        if not _makes_cooperative():
            return _RealRLock()
        return cooperative_rlock()

    def __repr__(self) -> str:
        return f"R{self._block!r}"

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, once more if the caller owns it."""
        _check_timeout(blocking, timeout)
        caller = controlled.get(get_ident()) or get_ident()
        if self._owner == caller:
            self._count += 1
            return True
        if not self._block.acquire(blocking, timeout):
            return False
        self._owner, self._count = caller, 1
        return True

    def release(self) -> None:
        """Give back one `acquire`. RuntimeError when the caller does not own the lock."""
        if not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None
            self._block.release()

    def _is_owned(self) -> bool:
        return self._owner == (controlled.get(get_ident()) or get_ident())

    def _recursion_count(self) -> int:
        return self._count if self._is_owned() else 0

    def _release_save(self) -> tuple[int, ControlledThread | int | None]:
        if not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        state = self._count, self._owner
        self._count, self._owner = 0, None
        self._block.release()
        return state

    def _acquire_restore(self, state: tuple[int, ControlledThread | int | None]) -> None:
        self._block.acquire()
        self._count, self._owner = state

    def _at_fork_reinit(self) -> None:
        self._block._at_fork_reinit()
        self._count, self._owner = 0, None

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


_REAL_TYPES: dict[type, type] = {
    CooperativeLock: _RealLock,
    CooperativeRLock: type(_thread.RLock()),
}


def cooperative_lock() -> CooperativeLock:
    """Return a cooperative lock, whoever asks."""
    lock = object.__new__(CooperativeLock)
    lock._made = _made_at()
    lock._real = _allocate_lock()
    lock._waiters = []
    lock.holder = None
    return lock


def cooperative_rlock() -> CooperativeRLock:
    """Return a cooperative re-entrant lock, whoever asks."""
    lock = object.__new__(CooperativeRLock)
    lock._block = cooperative_lock()
    lock._count, lock._owner = 0, None
    return lock


def allocate_lock() -> Any:
    """Stands for `threading._allocate_lock`."""
    return CooperativeLock()


def _check_timeout(blocking: bool, timeout: float) -> None:
    """Refuse what a real lock refuses, in its words: they differ between versions."""
    if timeout != -1:
        _allocate_lock().acquire(blocking, timeout)
