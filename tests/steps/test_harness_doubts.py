"""A harness that disturbs nothing is told from a subject that hides what was disturbed."""

from __future__ import annotations

import asyncio
import collections
import os
import sys
import threading
import types
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from pytest_policy_contracts import HealthProviderHarness, HealthReport
from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.harness import HarnessError, capabilities
from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.clock import virtual_time
from pytest_policy_contracts.simulation.exploration import Plan
from pytest_policy_contracts.simulation.policies import Policy
from pytest_policy_contracts.simulation.schedules import Mode
from pytest_policy_contracts.steps.harness_doubts import disturb_and_watch, refuse_idle
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict
from pytest_policy_contracts.verification.world import Style, World

BROKEN = False
"""A switch of this module."""

SWITCHES = types.ModuleType("switches_of_a_stand_in")
SWITCHES.BROKEN = False  # type: ignore[attr-defined]
sys.modules[SWITCHES.__name__] = SWITCHES


class Hiding:
    """Says healthy, whatever happens to what it holds."""

    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)

    async def health_check(self) -> list[HealthReport]:
        now = datetime.now(UTC)
        return [HealthReport("orders", "db", "healthy", "answered", now, now)]


class SyncHiding(Hiding):
    def health_check(self) -> list[HealthReport]:  # type: ignore[override]
        now = datetime.now(UTC)
        return [HealthReport("orders", "db", "healthy", "answered", now, now)]


class HidingContract(HealthProviderHarness):
    """The harness of a subject that hides; tests give it what it depends on, and what breaks that."""

    def __init__(self) -> None:
        self.store = Store()

    def create(self) -> Hiding:
        return Hiding()


@pytest.fixture(autouse=True)
def switches() -> Iterator[None]:
    """Put back what a test switches in this module and in others."""
    yield
    global BROKEN
    BROKEN = SWITCHES.BROKEN = Store.broken = False  # type: ignore[attr-defined]
    os.environ.pop("ORDERS_BROKEN", None)


def harness_of(break_dependency: Callable[..., Any], make: Callable[[], Any] = Hiding, **more: Any) -> Any:
    """A harness class whose subject is what `make` makes."""

    def create(self: object) -> Any:
        return make()

    return type("OrdersContract", (HidingContract,), {"create": create, "break_dependency": break_dependency, **more})


def is_idle(harness_class: Any, style: Style = Style.ASYNC, method: str = "break_dependency") -> bool:
    """Whether the suite holds that the method has changed nothing."""
    harness = harness_class()
    world = World(harness, capabilities(harness), style, Plan(Choices(Policy()), Mode.STOCK), {})

    async def main() -> None:
        world.subject = await world.create()
        await disturb_and_watch(world, method)

    with virtual_time():
        try:
            world.loop.complete(main())
        finally:
            world.close()
    try:
        refuse_idle(world)
    except HarnessError:
        return True
    return False


def verdict_on(harness_class: Any, clause: str = "HLT-009") -> Verdict:
    contract = load_contract("HealthProvider")
    return Session("Orders", harness_class, contract, shipped_vocabulary(), Settings(Effort(0))).verdict(clause)


# -- nothing happened --------------------------------------------------------------------------------------------------


def do_nothing(self: object, subject: object) -> None: ...


async def wait_and_do_nothing(self: object, subject: object) -> None:
    await asyncio.sleep(1)


def look_only(self: Any, subject: Any) -> object:
    return [vars(subject), vars(self), BROKEN, sys.modules, os.environ.get("ORDERS_BROKEN")]


def set_what_is_set(self: object, subject: Any) -> None:
    subject.broken = False


@pytest.mark.parametrize("method", [do_nothing, wait_and_do_nothing, look_only, set_what_is_set])
def test_a_method_that_changes_nothing_is_seen(method: Callable[..., Any]) -> None:
    """Waiting, looking and setting what is set already are no disturbance."""
    assert is_idle(harness_of(method, lambda: Hiding(broken=False)))


@pytest.mark.parametrize("style", Style)
def test_a_method_that_changes_nothing_is_seen_in_either_style(style: Style) -> None:
    """Whether the subject runs as a task or on a thread makes no difference."""
    assert is_idle(harness_of(do_nothing, lambda: Hiding(client=Hiding(lock=threading.Lock()))), style)


@pytest.mark.parametrize("make", [Hiding, SyncHiding])
@pytest.mark.parametrize(("clause", "method"), [("HLT-009", "break_dependency"), ("HLT-007", "hang_dependency")])
def test_a_harness_that_does_nothing_is_broken(make: type[Hiding], clause: str, method: str) -> None:
    """The verdict blames the harness, names the method, and says what to let it do."""
    found = verdict_on(harness_of(do_nothing, make, hang_dependency=do_nothing), clause)

    assert found.outcome is Outcome.BROKEN
    assert found.message == (
        f"HarnessError: OrdersContract.{method}() changed nothing: neither the harness nor the subject is any different "
        "after it. Let it change what the subject depends on, such as a switch of its stand-in; the subject was not judged."
    )


class Honest(Hiding):
    """Says how its store is."""

    async def health_check(self) -> list[HealthReport]:
        now = datetime.now(UTC)
        return [HealthReport("orders", "db", "unhealthy" if self.store.broken else "healthy", "", now, now)]


def mend_store(self: object, subject: Any) -> None:
    subject.store.broken = False


@pytest.mark.parametrize(("restore", "outcome"), [(mend_store, Outcome.PASSED), (do_nothing, Outcome.BROKEN)])
def test_a_harness_that_restores_nothing_is_broken(restore: Callable[..., Any], outcome: Outcome) -> None:
    """A subject that stays unhealthy because nothing was mended is not to blame."""
    harness = harness_of(break_store, lambda: Honest(store=Slotted()), restore_dependency=restore)
    found = verdict_on(harness, "HLT-010")

    assert found.outcome is outcome
    assert outcome is Outcome.PASSED or "OrdersContract.restore_dependency() changed nothing" in found.message


def test_a_subject_that_stays_down_is_violated() -> None:
    """Where something was mended and the subject stays unhealthy, the subject is to blame."""
    latching = harness_of(break_store, lambda: Latching(store=Slotted()), restore_dependency=mend_store)

    assert verdict_on(latching, "HLT-010").outcome is Outcome.VIOLATED


class Latching(Honest):
    async def health_check(self) -> list[HealthReport]:
        self.was_down = getattr(self, "was_down", False) or self.store.broken
        return [
            replace(one, status="unhealthy" if self.was_down else one.status) for one in await super().health_check()
        ]


@pytest.mark.parametrize("made", [object(), {"status": "healthy"}], ids=lambda one: type(one).__name__)
def test_what_is_no_subject_breaks_the_harness(made: object) -> None:
    """A `create` that returns something else, such as an answer, is told what it has to return."""
    found = verdict_on(harness_of(do_nothing, lambda: made), "HLT-001")

    assert found.outcome is Outcome.BROKEN, found
    assert "OrdersContract.create() returned" in found.message


# -- something happened ------------------------------------------------------------------------------------------------


def break_subject(self: object, subject: Any) -> None:
    subject.broken = True


def break_store(self: object, subject: Any) -> None:
    subject.store.broken = True


@pytest.mark.parametrize("make", [Hiding, SyncHiding])
def test_a_subject_that_hides_a_break_is_violated(make: type[Hiding]) -> None:
    """Where something was broken and the subject says healthy, the subject is to blame."""
    found = verdict_on(harness_of(break_subject, make))

    assert (found.outcome, found.expected) == (Outcome.VIOLATED, "an Exception, or a worst status that is not healthy")
    assert found.observed.startswith("healthy: ")


def test_a_method_that_fails_is_no_method_that_does_nothing() -> None:
    """An error of the harness is told as such, before anything is compared."""

    def fail(self: object, subject: object) -> None:
        raise ConnectionError("no test database")

    found = verdict_on(harness_of(fail))
    assert found.outcome is Outcome.BROKEN
    assert "OrdersContract.break_dependency() raised ConnectionError: no test database" in found.message


class Store:
    broken = False

    def ping(self) -> str:
        return "pong"

    def go_down(self) -> None:
        type(self).broken = True


class Slotted:
    __slots__ = ("broken",)

    def __init__(self) -> None:
        self.broken = False


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


# -- what cannot be seen -----------------------------------------------------------------------------------------------


class Endless:
    """Refers to more objects than anybody wants to look at."""

    def __init__(self) -> None:
        self.many = [[number] for number in range(30_000)]


@pytest.mark.parametrize(
    "hidden", [iter([1]), bytearray(b"x"), (number for number in "ab"), Endless()], ids=lambda one: type(one).__name__
)
def test_what_cannot_be_seen_speaks_for_the_harness(hidden: object) -> None:
    """Where the state of something cannot be read, or is too large, nothing is said about the harness."""
    assert not is_idle(harness_of(do_nothing, lambda: Hiding(hidden=hidden)))


def test_objects_that_refer_to_each_other_come_to_an_end() -> None:
    """Circles, of attributes and of containers, are walked once."""

    def circle() -> Hiding:
        one, other = Hiding(), Hiding()
        one.other, other.other = other, one  # type: ignore[attr-defined]
        one.itself = [one]  # type: ignore[attr-defined]
        one.itself.append(one.itself)  # type: ignore[attr-defined]
        return one

    assert is_idle(harness_of(do_nothing, circle))
    assert not is_idle(harness_of(lambda self, subject: vars(subject.other).update(broken=True), circle))


# -- switches that are not seen yet ------------------------------------------------------------------------------------


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
