"""Where a thread can be interrupted: exactly there, on every interpreter."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from types import MappingProxyType, ModuleType

import pytest

from pytest_policy_contracts.simulation.clock import VirtualClock
from pytest_policy_contracts.simulation.policies import Policy, RandomWalk
from pytest_policy_contracts.simulation.threads.locks import CooperativeLock
from pytest_policy_contracts.simulation.threads.subject import SubjectFiles
from pytest_policy_contracts.simulation.threads.swapping import Undo, swap_objects
from tests.simulation.threads.worlds import scheduler, values, world


def jump_over_a_call(values_: list[int]) -> int:
    first = values_ or list(values_)
    second = 1
    return len(first) + second


def handler_without_call(table: dict[str, int]) -> int:
    try:
        found = table["key"]
    except KeyError:
        found = 0
    return found + 1


def loop(rounds: range) -> int:
    total = 0
    for number in rounds:
        total += number
    return total


def generator(count: int) -> list[int]:
    return list(numbers(count))


def numbers(count: int) -> object:
    yield count
    yield count + 1


def lines(call: Callable[[], object], granularity: str, start: Callable[..., object]) -> list[int]:
    """Return the switch points of one call beside another thread, as lines relative to the function's first."""
    journal: list[str] = []
    threads = scheduler(VirtualClock(), Policy(), __file__, granularity=granularity, journal=journal)
    values(threads.run(call, int))
    first = start.__code__.co_firstlineno  # type: ignore[attr-defined]
    seen = [entry.rpartition(":")[2] for entry in journal if entry.startswith("call 0 test_switching")]
    return [int(line) - first for line in seen]


@pytest.mark.parametrize(
    ("function", "argument", "expected"),
    [
        # Entry and the return of `len`: nobody calls `list`, so the line after it is no place.
        (jump_over_a_call, [1], [1, 3]),
        # With an empty list there is a call on the first line, too.
        (jump_over_a_call, [], [1, 1, 3]),
        # Entry only: an index, an addition and a handler that is jumped over call nobody.
        (handler_without_call, MappingProxyType({"key": 1}), [1]),
        (loop, range(0), [1]),
        # Entry and each jump back to the loop's head.
        (loop, range(3), [1, 2, 2, 2]),
    ],
)
def test_places_of_the_interpreter(function: Callable[[object], object], argument: object, expected: list[int]) -> None:
    """At `gil` a thread can be left after calls, at entries and at jumps back, however the place is reached otherwise."""
    found = lines(functools.partial(function, argument), "gil", function)
    # The jump back belongs to the loop's line or to the last line of its body, depending on the version.
    assert [min(line, 2) if function is loop else line for line in found] == expected


def test_a_generator_is_entered_at_each_step() -> None:
    """Every resumption of a generator is an entry."""
    found = lines(functools.partial(generator, 3), "gil", generator)
    # Entry and call in `generator`; the first step and two resumptions of `numbers`; the return of `list`.
    assert found == [1, 1, 5, 5, 6, 1]


def test_an_atomic_call_is_not_interrupted() -> None:
    """A call named in `atomic` runs on from wait to wait, however often the policy wants to switch."""
    for seed in range(20):
        order: list[str] = []

        def work(name: str, order: list[str] = order) -> None:
            order.append(name)
            order.append(name)
            order.append(name)

        threads = scheduler(VirtualClock(), RandomWalk(seed), __file__)
        values(threads.run(lambda: work("a"), lambda: work("b"), lambda: work("b"), atomic=frozenset({0})))
        assert "aaa" in "".join(order)


def test_folders_and_predicates_name_the_subject() -> None:
    """A folder covers what lies below it and nothing that merely begins alike; a predicate is asked once per file."""
    files = SubjectFiles(("/a/b", "/c/d.py"))
    assert [files[name] for name in ("/a/b/x.py", "/a/bc.py", "/c/d.py", "/c/d.pyc")] == [True, False, True, False]
    asked: list[str] = []
    predicate = SubjectFiles(lambda name: bool(asked.append(name)) or True)
    assert predicate["x"] and predicate["x"] and asked == ["x"]


def test_two_configurations_follow_each_other() -> None:
    """Granularities and files may change from run to run within one patched context."""
    with world():
        found = {}
        for granularity in ("opcode", "gil", "line", "opcode", "none", "gil"):
            places = lines(functools.partial(loop, range(3)), granularity, loop)
            assert found.setdefault(granularity, places) == places
    assert len(found["opcode"]) > len(found["line"]) > len(found["gil"]) > len(found["none"]) == 0


class Proxy:
    """Refuses to tell anything about itself."""

    __slots__ = ("__dict__",)

    def __getattribute__(self, name: str) -> object:
        raise RuntimeError(name)


class Sealed:
    """Refuses assignment."""

    def __init__(self) -> None:
        vars(self)["lock"] = threading.Lock()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)


def test_awkward_objects_in_a_module() -> None:
    """Proxies are not touched, and an object that refuses assignment gets its lock swapped and back all the same."""
    module = ModuleType("awkward")
    sealed, real = Sealed(), vars(Sealed())["lock"]
    vars(sealed)["lock"] = real
    Sealed.__module__ = Proxy.__module__ = "awkward"
    chain: list[object] = []
    vars(module).update(proxy=Proxy(), sealed=sealed, kind=Sealed, chain=chain)
    undo: Undo = []
    swap_objects([module], undo)
    assert type(vars(sealed)["lock"]) is CooperativeLock
    for step in reversed(undo):
        step()
    assert vars(sealed)["lock"] is real
