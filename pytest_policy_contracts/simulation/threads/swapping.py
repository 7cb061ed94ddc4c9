"""Lock objects that exist before a world begins: found in the subject's modules and made cooperative for a while.

Looked at: module globals, class attributes, and the attributes of module-level instances of the subject's classes. A
`Condition`, `Event`, `Semaphore`, `Barrier` or `Queue` found there is given cooperative locks in place, because others
may hold a reference to it. A lock that is taken is left alone: nobody could say who will release it.
"""

from __future__ import annotations

import _thread
import functools
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from pytest_policy_contracts.simulation.threads.locks import cooperative_lock, cooperative_rlock

Undo = list[Callable[[], None]]

_Lock = type(_thread.allocate_lock())
_RLock = type(_thread.RLock())
_COMPOSED = (
    threading.Condition,
    threading.Event,
    threading.Semaphore,
    threading.Barrier,
    queue.Queue,
)
_Condition = threading.Condition
_DEEPEST = 3
"""A module, its class or instance, what that holds, and once more; a longer chain is data, not a place for locks."""


def replace(owner: Any, name: str, value: Any, undo: Undo) -> None:
    """Set an attribute and note how to set it back, past whatever the owner does on assignment."""
    undo.append(functools.partial(_assign, owner, name, vars(owner)[name]))
    _assign(owner, name, value)


def _assign(owner: Any, name: str, value: Any) -> None:
    if isinstance(owner, type):
        type.__setattr__(owner, name, value)
    else:
        vars(owner)[name] = value


def swap_objects(modules: Iterable[ModuleType], undo: Undo) -> None:
    """Make the lock objects that sit in `modules` cooperative until `undo` is run."""
    swapper = _Swapper(undo)
    for module in modules:
        swapper.swap_in(module, vars(module), module.__name__)


class _Swapper:
    """One pass; remembers what was swapped, because one lock may have several names."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self._swapped: dict[int, Any] = {}
        self._seen: set[int] = set()

    def swap_in(self, owner: Any, state: Mapping[str, Any], module: str, depth: int = 0) -> None:
        """Swap what the attributes of a module, class or instance hold."""
        if id(owner) in self._seen:
            return
        self._seen.add(id(owner))
        for name, value in list(state.items()):
            kind = type(value)
            if kind is _Lock or kind is _RLock:
                stand_in = self._stand_in(value)
                if stand_in is not None:
                    replace(owner, name, stand_in, self._undo)
            elif issubclass(kind, _COMPOSED):
                self._recompose(value)
            elif depth < _DEEPEST:
                inner = _state_of_own(value, module)
                if inner is not None:
                    self.swap_in(value, inner, module, depth + 1)

    def _stand_in(self, lock: Any) -> Any:
        """Return the cooperative lock for a real one; None for one that is taken."""
        if id(lock) not in self._swapped:
            self._swapped[id(lock)] = lock, self._made(lock)
        return self._swapped[id(lock)][1]

    @staticmethod
    def _made(lock: Any) -> Any:
        if not lock.acquire(False):
            return None
        owned_before = type(lock) is _RLock and _held_twice(lock)
        lock.release()
        if owned_before:
            return None
        return cooperative_lock() if type(lock) is _Lock else cooperative_rlock()

    def _recompose(self, composed: Any) -> None:
        if id(composed) in self._seen:
            return
        self._seen.add(id(composed))
        for name, value in list(vars(composed).items()):
            if type(value) is _Condition:
                self._recompose(value)
            elif type(value) is _Lock and name == "mutex":
                stand_in = self._stand_in(value)
                if stand_in is not None:
                    replace(composed, name, stand_in, self._undo)
        if type(composed) is _Condition:
            self._rebuild(composed)

    def _rebuild(self, condition: threading.Condition) -> None:
        """A Condition copies its lock's methods, so it is initialised again with the other lock."""
        state = vars(condition)
        lock = state["_lock"]
        if type(lock) not in (_Lock, _RLock) or state["_waiters"]:
            return
        stand_in = self._stand_in(lock)
        if stand_in is None:
            return
        before = dict(state)
        self._undo.append(functools.partial(_restore, state, before))
        condition.__init__(stand_in)  # type: ignore[misc]


def _state_of_own(value: Any, module: str) -> Mapping[str, Any] | None:
    """Return the attributes of a class of `module` or of an instance of one; None for anything else.

    Only types are asked: proxies may do anything when one of their attributes is read, `__class__` included.
    """
    kind = type(value)
    if issubclass(kind, type):
        state: Mapping[str, Any] = type.__dict__["__dict__"].__get__(value)
        return state if state.get("__module__") == module else None
    if type.__dict__["__dict__"].__get__(kind).get("__module__") != module:
        return None
    try:
        found: dict[str, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return found


def _restore(state: dict[str, Any], before: dict[str, Any]) -> None:
    state.clear()
    state.update(before)


def _held_twice(lock: Any) -> bool:
    """True when the caller owned the lock before it was acquired just now."""
    lock.release()
    try:
        return bool(lock._is_owned())
    finally:
        lock.acquire()
