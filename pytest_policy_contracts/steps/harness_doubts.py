"""Telling a harness that does nothing from a subject that hides what was done.

A subject that stays healthy with its dependency broken breaks a promise; one whose harness broke nothing does not. They look
alike from outside, so the objects are compared that the harness and the subject are made of: a method that has changed none
of them has no effect.
"""

from __future__ import annotations

import datetime
import gc
import os
import re
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from functools import partial
from types import (
    BuiltinFunctionType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any
from uuid import UUID

from pytest_policy_contracts.environment.foreign_values import RAISED_BY_A_LOOK, has
from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.steps.checking import disturb
from pytest_policy_contracts.verification.snapshots import slots_of
from pytest_policy_contracts.verification.world import World

_MOST_OBJECTS = 20_000
_ATOMS = (
    str, bytes, int, float, complex, bool, type(None), Enum, Decimal, UUID, range, re.Pattern,
    datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo,
)  # fmt: skip
_INERT = (
    ModuleType, BuiltinFunctionType, property, staticmethod, classmethod, MemberDescriptorType, GetSetDescriptorType,
)  # fmt: skip
_FOREIGN = sys.stdlib_module_names | {"pytest_policy_contracts"}
_LOCKS = frozenset({"lock", "RLock", "SimulatedLock"})


class _Opaque(Exception):
    """Something is reached whose state cannot be seen, so that nothing can be said."""


async def disturb_and_watch(world: World, method: str) -> None:
    """Disturb the dependency, and note whether that changed anything."""
    before = _Walk(world, method)
    known = before.everything()
    await disturb(world, method)
    world.seen.idle = method if known is not None and known == _Walk(world, method).everything() else ""


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
    missing = [name for name in names if not has(subject, name)]
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


class _Walk:
    """Every value that harness, subject and what `method` names are made of, with the identities of the objects on the way.

    The objects are kept, so that no identity is used again before another walk is compared with this one.
    """

    def __init__(self, world: World, method: str) -> None:
        called = getattr(world.harness, method)
        # A bound method is another object each time.
        function = getattr(called, "__func__", called)
        environment = repr(sorted(os.environ.items()))
        self._left: list[object] = [environment, world.harness, type(world.harness), world.subject, function]
        self._seen: set[int] = set()
        self._kept: list[object] = []

    def everything(self) -> list[object] | None:
        """Return all values, or None where some cannot be seen."""
        try:
            return list(self)
        except RAISED_BY_A_LOOK:  # of an object that lets nobody look, as a proxy of something absent
            return None

    def __iter__(self) -> Iterator[object]:
        while self._left:
            value = self._left.pop()
            if isinstance(value, _ATOMS):
                yield type(value), value
            elif id(value) not in self._seen:
                yield self._visit(value)

    def _visit(self, value: object) -> object:
        self._seen.add(id(value))
        self._kept.append(value)
        if len(self._seen) > _MOST_OBJECTS:
            raise _Opaque
        parts = list(_parts_of(value))
        self._left += parts
        return id(value), [id(part) for part in parts if not isinstance(part, _ATOMS)], len(parts)


def _parts_of(value: Any) -> Iterator[object]:
    if isinstance(value, _INERT):
        return
    if isinstance(value, type):
        yield from _data_of(value)
    elif isinstance(value, MethodType):
        yield from (value.__self__, value.__func__)
    elif isinstance(value, FunctionType):
        if _is_foreign(value):
            return
        yield from (cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell))
        yield from _named_in(value)
    elif isinstance(value, partial):
        yield from (value.func, *value.args, *value.keywords.values())
    else:
        yield from _held_by(value)


def _held_by(value: Any) -> Iterator[object]:
    contains = True
    if isinstance(value, Mapping):
        yield from (part for entry in value.items() for part in entry)
    elif isinstance(value, (list, tuple, set, frozenset, deque)):
        yield from value
    else:
        contains = False
    yield from _attributes_of(value, contains)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _attributes_of(value: Any, contains: bool) -> Iterator[object]:
    slots = list(slots_of(type(value)))
    if not (contains or hasattr(value, "__dict__") or slots or type(value).__name__ in _LOCKS):
        raise _Opaque
    yield from getattr(value, "__dict__", {}).values()
    yield from (getattr(value, name) for name in slots if hasattr(value, name))
    yield type(value)


def _data_of(owner: type) -> Iterator[object]:
    """Yield what a class of the program and its bases hold; a switch may be an attribute of the class of a stand-in."""
    for one in owner.__mro__:
        if not _is_foreign(one):
            yield from (entry for name, entry in vars(one).items() if not name.startswith(("__", "_abc_")))


def _is_foreign(owned: Any) -> bool:
    """Tell whether a function or a class belongs to the standard library or to us: what it holds is no switch."""
    return (owned.__module__ or "").partition(".")[0] in _FOREIGN


def _named_in(function: FunctionType) -> Iterator[object]:
    """Yield the globals that a function mentions, and of modules what it mentions of them."""
    names, known = function.__code__.co_names, function.__globals__
    for name in names:
        found = known.get(name, sys.modules.get(name))
        if isinstance(found, ModuleType):
            if found.__name__.partition(".")[0] not in _FOREIGN:
                yield from (getattr(found, one) for one in names if hasattr(found, one))
        elif found is not None:
            yield found
