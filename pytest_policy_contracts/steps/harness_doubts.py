"""Telling a harness that does nothing from a subject that hides what was done.

A subject that stays healthy with its dependency broken breaks a promise; one whose harness broke nothing does not. They look
alike from outside, so the objects are compared that the harness and the subject are made of: a method that has changed none
of them has no effect.
"""

from __future__ import annotations

import datetime
import gc
import re
from collections import deque
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any
from uuid import UUID

from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.steps.checking import disturb
from pytest_policy_contracts.verification.world import World

_MOST_OBJECTS = 20_000
_ATOMS = (
    str, bytes, int, float, complex, bool, type(None), Enum, Decimal, UUID, range, re.Pattern,
    datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo,
)  # fmt: skip
_INERT = (type, ModuleType, BuiltinFunctionType)
_BUILT_IN = frozenset({"builtins", "abc", "typing"})
_LOCKS = frozenset({"lock", "RLock", "SimulatedLock"})


class _Opaque(Exception):
    """Something is reached whose state cannot be seen, so that nothing can be said."""


async def disturb_and_watch(world: World, method: str) -> None:
    """Disturb the dependency, and note whether that changed anything."""
    before = _everything(world, method)
    await disturb(world, method)
    world.seen.idle = method if before is not None and before == _everything(world, method) else ""


def refuse_idle(world: World) -> None:
    """Raise `HarnessError` when the dependency was demonstrably not disturbed at all."""
    if world.seen.idle:
        name = type(world.harness).__name__
        raise HarnessError(
            f"{name}.{world.seen.idle}() changed nothing: neither the harness nor the subject is any different after it. "
            "Let it change what the subject depends on, such as a switch of its stand-in; the subject was not judged."
        )


def require_shape(world: World, subject: object, *names: str) -> None:
    """Raise `HarnessError` when what create() returned lacks something that the contract asks of a subject."""
    missing = [name for name in names if not hasattr(subject, name)]
    if missing:
        raise HarnessError(
            f"{type(world.harness).__name__}.create() returned a {type(subject).__name__} without {', '.join(missing)}. "
            f"Return an object with {', '.join(names)}; wrap yours where its methods have other names."
        )


def refuse_forgotten(world: World, method: str) -> None:
    """Raise `HarnessError` when a method of the harness has made a coroutine that nobody awaited."""
    gc.collect()
    forgotten = [leak.name for leak in world.memo["warnings"] if leak.kind == "coroutine"]
    if forgotten:
        raise HarnessError(
            f"{type(world.harness).__name__}.{method}() made the coroutine {forgotten[0]}, and nobody awaited it. "
            "Return it, or make the method async and await it."
        )


def _everything(world: World, method: str) -> list[object] | None:
    """Return the values that harness, subject and what `method` names are made of, or None where some cannot be seen."""
    try:
        return list(_Walk(world.harness, world.subject, *_named_in(getattr(world.harness, method))))
    except _Opaque:
        return None


class _Walk:
    """Every value that can be reached from some objects, with the identities of the objects on the way."""

    def __init__(self, *roots: object) -> None:
        self._left: list[object] = list(roots)
        self._seen: set[int] = set()
        self._kept: list[object] = []

    def __iter__(self) -> Iterator[object]:
        while self._left:
            value = self._left.pop()
            if isinstance(value, _ATOMS):
                yield type(value), value
            elif id(value) not in self._seen and not isinstance(value, _INERT):
                yield self._visit(value)

    def _visit(self, value: object) -> object:
        self._seen.add(id(value))
        self._kept.append(value)  # so that no identity is used again
        if len(self._seen) > _MOST_OBJECTS:
            raise _Opaque
        parts = list(_parts_of(value))
        self._left += parts
        return id(value), [id(part) for part in parts if not isinstance(part, _ATOMS)], len(parts)


def _parts_of(value: Any) -> Iterator[object]:
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield key
            yield entry
    elif isinstance(value, (list, tuple, set, frozenset, deque)):
        yield from value
    elif isinstance(value, MethodType):
        yield from (value.__self__, value.__func__)
    elif isinstance(value, FunctionType):
        yield from (cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell))
    else:
        yield from _attributes_of(value)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _attributes_of(value: Any) -> Iterator[object]:
    slots = [name for owner in type(value).__mro__ for name in _slots_of(owner)]
    if not hasattr(value, "__dict__") and not slots and type(value).__name__ not in _LOCKS:
        raise _Opaque
    yield from getattr(value, "__dict__", {}).values()
    yield from (getattr(value, name) for name in slots if hasattr(value, name))
    for owner in type(value).__mro__:
        yield from _data_of(owner)


def _slots_of(owner: type) -> tuple[str, ...]:
    slots = vars(owner).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _data_of(owner: type) -> Iterator[object]:
    """Yield what a class itself holds; a switch may be an attribute of the class of a stand-in."""
    if owner.__module__ not in _BUILT_IN:
        for name, entry in vars(owner).items():
            if not name.startswith("__") and isinstance(entry, (*_ATOMS, list, dict, set)):
                yield entry


def _named_in(method: Any) -> Iterator[object]:
    """Yield the globals that a method mentions: modules and classes by what they hold, other values themselves."""
    function = getattr(method, "__func__", method)
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    for found in (function.__globals__[name] for name in names if name in getattr(function, "__globals__", {})):
        if isinstance(found, ModuleType):
            yield from (getattr(found, name) for name in names if hasattr(found, name))
        elif isinstance(found, type):
            yield from _data_of(found)
        else:
            yield found
