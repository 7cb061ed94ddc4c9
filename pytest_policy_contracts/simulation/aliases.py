"""Names and defaults of a program that refer to something the world replaces.

A function such as `time.monotonic` is reached in many ways: `from time import monotonic`, a class attribute, a default
argument, the default factory of a dataclass field. All of them are rebound for as long as a world lasts. Instances are left
alone; they are made inside the world.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import CellType, FunctionType, ModuleType
from typing import Any

Put = Callable[[Any], None]
Place = tuple[Put, Any]
"""How to set a place, and what stands there."""

StandIns = Mapping[int, Any]
"""What stands in for an object, by the identity of the object."""

_found: dict[tuple[int, str], tuple[ModuleType, int, list[Place]]] = {}


def rebind(modules: Iterable[ModuleType], stand_ins: StandIns) -> list[Callable[[], None]]:
    """Put the stand-ins in place throughout `modules`; return what undoes it, to be called in reverse order."""
    undo: list[Callable[[], None]] = []
    for module in modules:
        for put, real in _places_in(module, stand_ins):
            put(stand_ins[id(real)])
            undo.append(partial(put, real))
    return undo


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
        places = list(_Search(module.__name__, stand_ins).in_namespace(vars(module), partial(_set_item, vars(module))))
        known = _found[key] = (module, size, places)
    return known[2]


class _Search:
    """One pass over a module; every class is looked at once, because classes refer to each other."""

    def __init__(self, module: str, stand_ins: StandIns) -> None:
        self._module = module
        self._stand_ins = stand_ins
        self._seen: set[int] = set()

    def in_namespace(self, namespace: Mapping[str, Any], put: Callable[[str, Any], None]) -> Iterator[Place]:
        for name, value in list(namespace.items()):
            if id(value) in self._stand_ins:
                yield partial(put, name), value
            elif issubclass(type(value), type):
                yield from self._in_class(value)
            else:
                for function in _functions_of(value):
                    yield from self._in_function(function)

    def _in_class(self, owner: type) -> Iterator[Place]:
        attributes = type.__dict__["__dict__"].__get__(owner)
        if attributes.get("__module__") != self._module or id(owner) in self._seen:
            return
        self._seen.add(id(owner))
        yield from self.in_namespace(attributes, partial(_set_attribute, owner))
        fields: dict[str, dataclasses.Field[Any]] = attributes.get("__dataclass_fields__", {})
        for field in fields.values():
            if id(field.default_factory) in self._stand_ins:
                yield partial(setattr, field, "default_factory"), field.default_factory

    def _in_function(self, function: FunctionType) -> Iterator[Place]:
        # What a dataclass generates says that it was made in `builtins` or nowhere.
        if function.__module__ not in (self._module, "builtins", None):
            return
        for position, value in enumerate(function.__defaults__ or ()):
            if id(value) in self._stand_ins:
                yield partial(_set_default, function, position), value
        keyword_defaults = function.__kwdefaults__ or {}
        for name, value in keyword_defaults.items():
            if id(value) in self._stand_ins:
                yield partial(_set_item, keyword_defaults, name), value
        for cell in function.__closure__ or ():
            yield from self._in_cell(cell)

    def _in_cell(self, cell: CellType) -> Iterator[Place]:
        try:
            value = cell.cell_contents
        except ValueError:
            return  # empty as yet
        if id(value) in self._stand_ins:
            yield partial(setattr, cell, "cell_contents"), value


def _functions_of(value: Any) -> list[FunctionType]:
    if type(value) is FunctionType:
        return [value]
    if type(value) in (staticmethod, classmethod):
        return _functions_of(value.__func__)
    if type(value) is property:
        return [one for one in (value.fget, value.fset, value.fdel) if type(one) is FunctionType]
    return []


def _set_item(namespace: dict[str, Any], name: str, value: Any) -> None:
    namespace[name] = value


def _set_attribute(owner: type, name: str, value: Any) -> None:
    # A built-in function is no method of the class it is an attribute of; a Python function would become one.
    type.__setattr__(owner, name, staticmethod(value) if type(value) is FunctionType else value)


def _set_default(function: FunctionType, position: int, value: Any) -> None:
    defaults = list(function.__defaults__ or ())
    defaults[position] = value
    function.__defaults__ = tuple(defaults)
