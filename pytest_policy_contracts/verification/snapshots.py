"""Copies of a subject's state that can be compared exactly.

Two snapshots are equal when their values and their types are: `True`, `1` and `1.0` differ, a list is no tuple. Values of
other types are compared with `==` and by type, dataclasses and plain objects by their fields when `==` is only identity.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MappingProxyType
from typing import Any

from pytest_policy_contracts.environment.foreign_values import RAISED_BY_A_LOOK, Unreadable
from pytest_policy_contracts.harness import HarnessError

_ATOMS = (str, int, float, bool, bytes, type(None))
_ATOM_TYPES = frozenset(_ATOMS)
_COPIED_AS_THEMSELVES = (type, FunctionType, BuiltinFunctionType, Enum)
"""A deep copy is the same object, so that a different object is a different value."""


def frozen_copy(value: Any) -> Any:
    """Return a deep copy; raise `HarnessError` when there cannot be one."""
    if type(value) is dict and all(type(entry) in _ATOM_TYPES for entry in value.values()):
        return dict(value)
    try:
        return copy.deepcopy(dict(value) if type(value) is MappingProxyType else value)
    except Exception as error:
        raise HarnessError(
            f"snapshot() returned something that cannot be copied ({type(error).__name__}: {error}). "
            "Return plain values: a dict, list, tuple, number, string or dataclass."
        ) from error


def noted(value: Any) -> Any:
    """Return a deep copy of what a subject handed out, to be compared with one that is made later.

    A part that can be neither copied nor compared is `Unreadable` in it.
    """
    try:
        return _noted(value, {})
    except RAISED_BY_A_LOOK as error:
        return Unreadable(error)


def _noted(value: Any, known: dict[int, Any]) -> Any:
    if id(value) in known:
        return known[id(value)]
    if type(value) in (dict, MappingProxyType):
        entries: dict[Any, Any] = known.setdefault(id(value), {})
        entries.update((key, _noted(entry, known)) for key, entry in value.items())
        return entries
    if type(value) is list:
        items: list[Any] = known.setdefault(id(value), [])
        items.extend(_noted(item, known) for item in value)
        return items
    if type(value) is tuple:
        return tuple(_noted(item, known) for item in value)
    try:
        copied = copy.deepcopy(value)
        same(copied, value)
    except RAISED_BY_A_LOOK as error:
        return Unreadable(error)
    return copied


def same(left: Any, right: Any, within: frozenset[tuple[int, int]] = frozenset()) -> bool:
    """Tell whether two snapshots agree in values and types; `within` names the pairs that these two are parts of."""
    if left is right:
        return True
    if type(left) is not type(right) or isinstance(left, _COPIED_AS_THEMSELVES):
        return False
    if isinstance(left, _ATOMS):
        return left == right or (left != left and right != right)
    pair = (id(left), id(right))
    # What contains itself is the same where nothing in it differs on the way round.
    return pair in within or _same_parts(left, right, within | {pair})


def _same_parts(left: Any, right: Any, within: frozenset[tuple[int, int]]) -> bool:
    if isinstance(left, Mapping):
        return _same_mapping(left, right, within)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(same(*pair, within) for pair in zip(left, right, strict=True))
    if isinstance(left, (set, frozenset)):
        return _same_set(left, right)
    return _same_object(left, right, within)


def _same_mapping(left: Mapping[Any, Any], right: Mapping[Any, Any], within: frozenset[tuple[int, int]]) -> bool:
    if len(left) != len(right):
        return False
    if not _same_set(left.keys(), right.keys()):
        return False
    return all(same(value, right[key], within) for key, value in left.items())


def _same_set(left: Any, right: Any) -> bool:
    def typed(values: Any) -> set[tuple[type, Any]]:
        return {(type(value), value) for value in values}

    return typed(left) == typed(right)


def _same_object(left: Any, right: Any, within: frozenset[tuple[int, int]]) -> bool:
    compares_by_value = getattr(type(left), "__eq__", None) is not object.__eq__
    if compares_by_value and not _is_dataclass(left):
        return bool(left == right)
    return same(_fields(left), _fields(right), within)


def _is_dataclass(value: Any) -> bool:
    return hasattr(type(value), "__dataclass_fields__")


def _fields(value: Any) -> dict[str, Any]:
    """Return what an object without an equality of its own consists of; a bare `object()` has nothing."""
    if _is_dataclass(value):
        return {name: getattr(value, name, None) for name in type(value).__dataclass_fields__}
    slots = {name: getattr(value, name) for name in slots_of(type(value)) if hasattr(value, name)}
    return {**slots, **getattr(value, "__dict__", {})}


def slots_of(kind: type) -> Iterator[str]:
    """Yield the names under which the slots of a class and its bases are reached, private ones included."""
    for owner in kind.__mro__:
        slots = vars(owner).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name.startswith("__") and not name.endswith("__"):
                yield f"_{owner.__name__.lstrip('_')}{name}"
            elif name not in ("__dict__", "__weakref__"):
                yield name
