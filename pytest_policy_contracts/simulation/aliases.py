"""Names, defaults and containers of a program that hold something the world replaces.

A function such as `time.monotonic` is reached in many ways: `from time import monotonic`, a class attribute, a default
argument, the default factory of a dataclass field, a partial call, a table of functions. All of them are rebound for as long
as a world lasts. Instances are left alone; they are made inside the world.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import (
    BuiltinMethodType,
    CellType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    NoneType,
)
from typing import Any

Exchange = Callable[[Any, Any], bool]
"""Puts the second object where the first one stands, if it still stands there, and tells whether it did."""

Place = tuple[Exchange, Any, Any]
"""How to set a place, what was found there, and what stands in for that."""

StandIns = Mapping[Any, Any]
"""What stands in for an object, by the object's identity: see `_identity_of_method` for those that have none."""

_found: dict[tuple[int, str], tuple[ModuleType, int, list[Place]]] = {}

_LruCache: type = type(functools.lru_cache(lambda: None))
_DATA = frozenset({str, int, float, bool, bytes, NoneType, ModuleType, GetSetDescriptorType, MemberDescriptorType})
_HOLDERS = frozenset({FunctionType, BuiltinMethodType, MethodType, partial, type})
"""The types of what is looked for in a container: one that has none of them is not looked into."""


def rebind(modules: Iterable[ModuleType], stand_ins: StandIns) -> list[Callable[[], None]]:
    """Put the stand-ins in place throughout `modules`; return what undoes it, to be called in reverse order."""
    # All are looked up first: what two modules share must be found in both.
    places = [place for module in modules for place in _places_in(module, stand_ins)]
    undo: list[Callable[[], None]] = []
    try:
        for exchange, real, stand_in in places:
            if exchange(real, stand_in):
                undo.append(partial(_exchange_back, exchange, stand_in, real))
    except BaseException:
        while undo:
            undo.pop()()
        raise
    return undo


def _exchange_back(exchange: Exchange, old: Any, new: Any) -> None:
    exchange(old, new)


def put_back(modules: Iterable[ModuleType], real_ones: StandIns) -> None:
    """Put real objects in the place of stand-ins for good, in modules that were first imported while those stood in."""
    for module in modules:
        for exchange, stand_in, real in _search(module, real_ones):
            exchange(stand_in, real)
        for key in [key for key in _found if key[1] == module.__name__]:
            del _found[key]


def look_up(modules: Iterable[ModuleType], stand_ins: StandIns) -> None:
    """Find the places now, so that a process forked from this one need not."""
    for module in modules:
        _places_in(module, stand_ins)


def _places_in(module: ModuleType, stand_ins: StandIns) -> list[Place]:
    """Return the places of a module; looked up once, as long as the module gets no further names."""
    key = (id(stand_ins), module.__name__)
    known = _found.get(key)
    size = len(vars(module))
    if known is None or known[0] is not module or known[1] != size:
        known = _found[key] = (module, size, _search(module, stand_ins))
    return known[2]


def _search(module: ModuleType, stand_ins: StandIns) -> list[Place]:
    search = _Search(module.__name__, stand_ins)
    search.in_namespace(vars(module), partial(_exchange_item, vars(module)))
    return search.places


def _identity_of_method(method: Any) -> tuple[int, str | int]:
    """Return what tells a bound method from others: `datetime.now` is a new object each time it is asked for."""
    if type(method) is MethodType:
        return id(method.__self__), id(method.__func__)
    return id(method.__self__), method.__name__


class _Search:
    """One pass over a module; whatever others may refer to as well is looked at once."""

    def __init__(self, module: str, stand_ins: StandIns) -> None:
        self.places: list[Place] = []
        self._module = module
        # What a dataclass generates says that it was made in `builtins` or nowhere.
        self._origins = frozenset({module, "builtins", None})
        self._stand_ins = stand_ins
        self._seen: set[int] = set()

    def in_namespace(self, namespace: Mapping[str, Any], exchange: Callable[[str, Any, Any], bool]) -> None:
        stand_ins = self._stand_ins
        for name, value in list(namespace.items()):
            kind = type(value)
            if kind in _DATA:
                continue
            if kind is FunctionType and id(value) not in stand_ins:
                self._in_function(value)  # most of what there is
            elif not self._is_place(value, kind, exchange, name):
                self._inside(value, kind, partial(exchange, name), name)

    def _inside(self, value: Any, kind: type, exchange: Exchange, name: str) -> None:
        if issubclass(kind, type):
            self._in_class(value)
        elif issubclass(kind, (dict, list, tuple)):
            if not name.startswith("__"):  # annotations, and the built-in names
                self._in_container(value, exchange)
        elif kind is staticmethod:
            self._in_static_method(value, exchange)
        else:
            self._in_callable(value, kind)

    def _stand_in(self, value: Any, kind: type) -> Any:
        found = self._stand_ins.get(id(value))
        if found is None and (kind is BuiltinMethodType or kind is MethodType):
            found = self._stand_ins.get(_identity_of_method(value))
        return found

    def _is_place(self, value: Any, kind: type, exchange: Callable[..., bool], *where: Any) -> bool:
        stand_in = self._stand_in(value, kind)
        if stand_in is None:
            return False
        self.places.append((partial(exchange, *where), value, stand_in))
        return True

    def _is_new(self, value: object) -> bool:
        size = len(self._seen)
        self._seen.add(id(value))
        return len(self._seen) > size

    def _in_class(self, owner: type) -> None:
        attributes = _attributes_of(owner)
        if attributes.get("__module__") != self._module or not self._is_new(owner):
            return
        self.in_namespace(attributes, partial(_exchange_in_class, owner))
        fields: dict[str, dataclasses.Field[Any]] = attributes.get("__dataclass_fields__", {})
        for field in fields.values():
            self._in_part(field.default_factory, partial(_exchange_attribute, field, "default_factory"))
            self._in_part(field.default, partial(_exchange_attribute, field, "default"))

    def _in_static_method(self, method: Any, exchange: Exchange) -> None:
        function = method.__func__
        stand_in = self._stand_in(function, type(function))
        if stand_in is None:
            self._in_callable(function, type(function))
        else:
            self.places.append((exchange, method, staticmethod(stand_in)))

    def _in_container(self, container: Any, exchange: Exchange) -> None:
        values = list(dict.values(container)) if isinstance(container, dict) else container
        if _HOLDERS.isdisjoint(map(type, values)):
            return
        if isinstance(container, dict):
            for key, value in list(dict.items(container)):
                self._in_part(value, partial(_exchange_item, container, key))
        elif isinstance(container, list):
            for value in list(container):
                self._in_part(value, partial(_exchange_in_list, container))
        else:
            self._in_tuple(container, exchange)

    def _in_tuple(self, values: tuple[Any, ...], exchange: Exchange) -> None:
        """A tuple with a place in it is replaced as a whole."""
        if _HOLDERS.isdisjoint(map(type, values)):
            return
        stand_ins = [self._stand_in(value, type(value)) for value in values]
        if any(stand_in is not None for stand_in in stand_ins):
            mixed = [one if other is None else other for one, other in zip(values, stand_ins, strict=True)]
            self.places.append((exchange, values, tuple.__new__(type(values), mixed)))
        for value, stand_in in zip(values, stand_ins, strict=True):
            if stand_in is None:
                self._in_callable(value, type(value))

    def _in_part(self, value: Any, exchange: Exchange) -> None:
        if not self._is_place(value, type(value), exchange):
            self._in_callable(value, type(value))

    def _in_callable(self, value: Any, kind: type) -> None:
        if kind is FunctionType:
            self._in_function(value)
        elif issubclass(kind, partial):
            self._in_partial(value)
        elif kind is classmethod or kind is staticmethod:
            self._in_callable(value.__func__, type(value.__func__))
        elif kind is property:
            for function in (value.fget, value.fset, value.fdel):
                self._in_callable(function, type(function))
        elif kind is _LruCache:
            self._in_callable(value.__wrapped__, type(value.__wrapped__))

    def _in_function(self, function: FunctionType) -> None:
        if function.__module__ not in self._origins:
            return
        defaults, named_defaults, closure = function.__defaults__, function.__kwdefaults__, function.__closure__
        if not (defaults or named_defaults or closure) or not self._is_new(function):
            return
        if defaults:
            self._in_tuple(defaults, partial(_exchange_attribute, function, "__defaults__"))
        if named_defaults:
            for name, value in named_defaults.items():
                self._in_part(value, partial(_exchange_item, named_defaults, name))
        for cell in closure or ():
            self._in_cell(cell)

    def _in_cell(self, cell: CellType) -> None:
        value = _contents(cell)
        if value is not None:
            self._in_part(value, partial(_exchange_in_cell, cell))

    def _in_partial(self, call: partial[Any]) -> None:
        if self._is_new(call):
            self._in_part(call.func, partial(_exchange_in_call, call, 0))
            self._in_tuple(call.args, partial(_exchange_in_call, call, 1))
            for name, value in call.keywords.items():
                self._in_part(value, partial(_exchange_item, call.keywords, name))


def _attributes_of(owner: type) -> Mapping[str, Any]:
    attributes: Mapping[str, Any] = type.__dict__["__dict__"].__get__(owner)
    return attributes


def _exchange_item(holder: dict[Any, Any], key: Any, old: Any, new: Any) -> bool:
    if dict.get(holder, key) is not old:
        return False
    dict.__setitem__(holder, key, new)
    return True


def _exchange_in_list(holder: list[Any], old: Any, new: Any) -> bool:
    positions = [position for position, value in enumerate(holder) if value is old]
    for position in positions:
        list.__setitem__(holder, position, new)
    return bool(positions)


def _exchange_in_class(owner: type, name: str, old: Any, new: Any) -> bool:
    present = _attributes_of(owner).get(name)
    if present is not old and not (type(present) is staticmethod and present.__func__ is old):
        return False
    # A built-in function is no method of the class it is an attribute of; a Python function would become one.
    type.__setattr__(owner, name, staticmethod(new) if type(new) is FunctionType else new)
    return True


def _exchange_attribute(holder: Any, name: str, old: Any, new: Any) -> bool:
    if getattr(holder, name) is not old:
        return False
    setattr(holder, name, new)
    return True


def _exchange_in_cell(cell: CellType, old: Any, new: Any) -> bool:
    if _contents(cell) is not old:
        return False
    cell.cell_contents = new
    return True


def _contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # empty, as yet or by now


def _exchange_in_call(call: partial[Any], position: int, old: Any, new: Any) -> bool:
    """Change a partial call in place, as unpickling does: others may hold it, a validator for example."""
    state = list(partial.__reduce__(call)[2])
    if state[position] is not old:
        return False
    state[position] = new
    partial.__setstate__(call, tuple(state))  # type: ignore[attr-defined]
    return True
