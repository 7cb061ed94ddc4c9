"""Switches of a dependency: wherever one is, the suite sees that it was switched."""

from __future__ import annotations

import asyncio
import collections
import os
import sys
import threading
import types
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from tests.steps.hiding_subjects import (
    Hiding,
    HidingContract,
    Slotted,
    break_store,
    break_subject,
    harness_of,
    is_idle,
)

BROKEN = False
"""A switch of this module."""

SWITCHES = types.ModuleType("switches_of_a_stand_in")
SWITCHES.BROKEN = False  # type: ignore[attr-defined]
sys.modules[SWITCHES.__name__] = SWITCHES


@pytest.fixture(autouse=True)
def switches() -> Iterator[None]:
    """Put back what a test switches in this module and in others."""
    yield
    global BROKEN
    BROKEN = SWITCHES.BROKEN = Store.broken = False  # type: ignore[attr-defined]
    os.environ.pop("ORDERS_BROKEN", None)


class Store:
    broken = False

    def ping(self) -> str:
        return "pong"

    def go_down(self) -> None:
        type(self).broken = True


class MoreSlots(Slotted):
    __slots__ = ("name",)


@dataclass(slots=True)
class Record:
    broken: bool = False


class Private:
    def __init__(self) -> None:
        self.__broken = False

    def go_down(self) -> None:
        self.__broken = True


class PrivateOfClass:
    __broken = False

    @classmethod
    def go_down(cls) -> None:
        cls.__broken = True


class Behind:
    """Has its switch behind a property, in its class."""

    _broken = False

    @property
    def broken(self) -> bool:
        return self._broken

    @broken.setter
    def broken(self, value: bool) -> None:
        type(self)._broken = value


def closed_over() -> tuple[Callable[[], None], Callable[[], bool]]:
    """A switch that only two functions can reach."""
    broken = False

    def go_down() -> None:
        nonlocal broken
        broken = True

    return go_down, lambda: broken


def fresh(kind: type) -> Any:
    """A class like `kind` whose attributes nobody else sees."""
    return type(kind.__name__, (kind,), {})


def store_of(kind: type) -> Callable[[], Hiding]:
    """Makes subjects with a store of that kind."""
    return lambda: Hiding(store=fresh(kind)())


def to_harness(self: Any, subject: object) -> None:
    self.broken = True


def in_harness(self: Any, subject: object) -> None:
    self.store.broken = True


def to_class(self: object, subject: Any) -> None:
    type(subject.store).broken = True


def to_class_by_name(self: object, subject: object) -> None:
    Store.broken = True


def to_module(self: object, subject: object) -> None:
    global BROKEN
    BROKEN = True


def to_other_module(self: object, subject: object) -> None:
    SWITCHES.BROKEN = True  # type: ignore[attr-defined]


def to_environment(self: object, subject: object) -> None:
    os.environ["ORDERS_BROKEN"] = "1"


def to_nested(self: object, subject: Any) -> None:
    subject.client.pool["primary"][0].broken = True


async def later(self: object, subject: Any) -> None:
    await asyncio.sleep(5)
    subject.broken = True


def replace_method(self: object, subject: Any) -> None:
    subject.store.ping = lambda: None


def replace_store(self: object, subject: Any) -> None:
    subject.store = Store()


def take_away(self: object, subject: Any) -> None:
    del subject.store


def set_event(self: object, subject: Any) -> None:
    subject.event.set()


def call_closure(self: object, subject: Any) -> None:
    subject.switch[0]()


def go_down(self: object, subject: Any) -> None:
    subject.store.go_down()


def nested() -> Hiding:
    return Hiding(client=Hiding(pool={"primary": (Slotted(),)}))


SEEN: dict[str, tuple[Callable[..., Any], Callable[[], Any]]] = {
    "an attribute of the subject": (break_subject, Hiding),
    "an attribute of the harness": (to_harness, Hiding),
    "what the harness holds": (in_harness, Hiding),
    "an attribute of what the subject holds": (break_store, store_of(Store)),
    "an attribute of its class": (to_class, store_of(Store)),
    "an attribute of a class that is named": (to_class_by_name, Hiding),
    "an attribute of a class through a method": (go_down, store_of(Store)),
    "a private attribute": (go_down, store_of(Private)),
    "a private attribute of a class": (go_down, store_of(PrivateOfClass)),
    "a property": (break_store, store_of(Behind)),
    "a global of the module": (to_module, Hiding),
    "a global of another module": (to_other_module, Hiding),
    "a variable of the environment": (to_environment, Hiding),
    "something deep inside": (to_nested, nested),
    "a slot": (break_store, lambda: Hiding(store=Slotted())),
    "a slot of a base": (break_store, lambda: Hiding(store=MoreSlots())),
    "a slot of a dataclass": (break_store, lambda: Hiding(store=Record())),
    "an attribute, after a while": (later, Hiding),
    "a method that is replaced": (replace_method, store_of(Store)),
    "an equal object in its place": (replace_store, store_of(Store)),
    "an attribute that is taken away": (take_away, store_of(Store)),
    "an event of threads": (set_event, lambda: Hiding(event=threading.Event())),
    "an event of tasks": (set_event, lambda: Hiding(event=asyncio.Event())),
    "a variable of a closure": (call_closure, lambda: Hiding(switch=closed_over())),
    "an entry of a list": (lambda self, subject: subject.data.append(1), lambda: Hiding(data=[])),
    "an entry of a set": (lambda self, subject: subject.data.add(1), lambda: Hiding(data=set())),
    "an entry of a queue": (lambda self, subject: subject.data.append(1), lambda: Hiding(data=collections.deque())),
    "an entry of a dict": (lambda self, subject: subject.data.update(a=1), lambda: Hiding(data={})),
    "a key of a dict": (lambda self, subject: subject.data.pop(1), lambda: Hiding(data={1: None})),
    "a type of a value": (lambda self, subject: vars(subject).update(data=1.0), lambda: Hiding(data=1)),
}


@pytest.mark.parametrize("what", SEEN)
def test_a_switch_is_seen_wherever_it_is(what: str) -> None:
    """However a harness breaks a dependency, it is not accused of doing nothing."""
    method, make = SEEN[what]
    assert not is_idle(harness_of(method, make))


# -- in odd places ----------------------------------------------------------------------------------------------------


class FakeRedis(MutableMapping[str, str]):
    """A mapping of an own kind, with a switch beside its entries."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}
        self.broken = False

    def __getitem__(self, key: str) -> str:
        return self.entries[key]

    def __setitem__(self, key: str, value: str) -> None:
        self.entries[key] = value

    def __delitem__(self, key: str) -> None:
        del self.entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


class DictStore(dict[str, str]):
    broken = False


class UserStore(collections.UserDict[str, str]):
    broken = False


class ListStore(list[str]):
    broken = False


class PrivateSlot:
    __slots__ = ("__broken",)

    def __init__(self) -> None:
        self.__broken = False

    def go_down(self) -> None:
        self.__broken = True


class Sharing:
    """Keeps its state in an object of its class."""

    state = Store()


def to_object_of_class(self: object, subject: Any) -> None:
    subject.store.state.__dict__["broken"] = True


def replace_method_of_class(self: object, subject: Any) -> None:
    type(subject.store).ping = lambda self: None


def replace_tuple_of_class(self: object, subject: Any) -> None:
    type(subject.store).hosts = ("other",)


def take_down() -> None:
    global BROKEN
    BROKEN = True


def through_function(self: object, subject: object) -> None:
    take_down()


def through_local_import(self: object, subject: object) -> None:
    import switches_of_a_stand_in as switches

    switches.BROKEN = True


class HoldingContract(HidingContract):
    """Keeps its stand-in in an attribute of the class."""

    stand_in = Store()

    def break_dependency(self, subject: Any) -> None:
        self.stand_in.__dict__["broken"] = not self.stand_in.broken


class Hosted:
    hosts = ("primary",)

    def ping(self) -> str:
        return self.hosts[0]


UNSEEN: dict[str, tuple[Callable[..., Any], Callable[[], Any]]] = {
    "an attribute of a mapping of an own kind": (break_store, lambda: Hiding(store=FakeRedis())),
    "an attribute of a subclass of dict": (break_store, lambda: Hiding(store=DictStore())),
    "an attribute of a UserDict": (break_store, lambda: Hiding(store=UserStore())),
    "an attribute of a subclass of list": (break_store, lambda: Hiding(store=ListStore())),
    "a private slot": (go_down, lambda: Hiding(store=PrivateSlot())),
    "an object that a class holds": (to_object_of_class, lambda: Hiding(store=Sharing())),
    "a method of a class that is replaced": (replace_method_of_class, store_of(Hosted)),
    "a tuple of a class": (replace_tuple_of_class, store_of(Hosted)),
    "an attribute of a class that the subject holds": (break_store, lambda: Hiding(store=fresh(Store))),
    "a global of the module, through a function": (through_function, Hiding),
    "a global of a module that is imported inside": (through_local_import, Hiding),
    "an argument of a partial": (
        lambda self, subject: vars(subject.ping.args[0]).update(broken=True),
        lambda: Hiding(ping=partial(Store.ping, Store())),
    ),
}


@pytest.mark.parametrize("what", UNSEEN)
def test_a_switch_in_an_odd_place_is_seen(what: str) -> None:
    """A switch that is no plain attribute is as good a reason not to accuse the harness of doing nothing."""
    method, make = UNSEEN[what]
    assert not is_idle(harness_of(method, make))


def test_a_stand_in_of_the_harness_class_is_seen() -> None:
    """A stand-in that all instances of a harness share is something that the harness can break."""
    assert not is_idle(HoldingContract)


class Plain:
    def __init__(self) -> None:
        self.broken = False


class Failing:
    """Stands where a store stood, at its very address."""

    def __init__(self) -> None:
        self.broken = False


def replace_at_the_same_address(self: object, subject: Any) -> None:
    address = id(subject.store)
    del subject.store
    others = []
    for _ in range(10_000):
        others.append(Failing())
        if id(others[-1]) == address:
            break
    subject.store = others[-1]


def test_an_object_in_the_place_of_another_is_seen() -> None:
    """What takes the memory of something that has gone is another thing all the same."""
    assert not is_idle(harness_of(replace_at_the_same_address, lambda: Hiding(store=Plain())))
