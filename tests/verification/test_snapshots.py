"""Snapshots: equal when values and types are, and independent of the subject."""

from __future__ import annotations

import copy
import enum
import math
import re
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.verification.snapshots import frozen_copy, noted, same


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Limits:
    soft: object
    hard: object = 10
    seen: list[int] = field(default_factory=list)


@dataclass(eq=False)
class Handle:
    name: str


class Plain:
    def __init__(self, value: object) -> None:
        self.value = value


class Slotted:
    __slots__ = ("__hidden", "value")

    def __init__(self, value: object, hidden: object = 0) -> None:
        self.value = value
        self.__hidden = hidden


class Mixed(Slotted):
    def __init__(self, value: object, extra: object) -> None:
        super().__init__(value)
        self.extra = extra


class Caseless(str):
    """Compares without regard to case, which a snapshot must not."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.lower() == other.lower()

    __hash__ = str.__hash__


def one() -> int:
    return 1


def two() -> int:
    return 2


SENTINEL = object()

DIFFERENT: list[tuple[Any, Any]] = [
    (1, True), (1, 1.0), (0, False), ("1", 1), (b"a", "a"), (None, False), ([1], (1,)),
    ({1}, frozenset({1})), ({1}, {True}), ({"a": 1}, {"a": True}), ({1: "a"}, {True: "a"}),
    ({"a": 1}, OrderedDict(a=1)), ([1, 2], [2, 1]), ([1], [1, 1]), ({"a": 1}, {"a": 1, "b": None}),
    (Colour.RED, Colour.BLUE), (Level.LOW, 1), (Limits(1), Limits(True)), (Limits(1), Limits(1, 11)),
    (Plain(1), Plain(2)), (Slotted(1), Slotted(2)), (Slotted(1, hidden=1), Slotted(1, hidden=2)),
    (Mixed(1, 2), Mixed(1, 3)), (one, two), (int, str), (len, max), (Handle("a"), Handle("b")),
    (timedelta(1), timedelta(2)), (re.compile("a"), re.compile("b")), (deque([1]), deque([2])),
    ({"hook": one}, {"hook": two}), (Plain([Plain(1)]), Plain([Plain(True)])),
]  # fmt: skip

SAMES: list[Any] = [
    1, True, 1.5, "a", b"a", None, math.nan, [1, [2]], (1, (2,)), {1, 2}, {"a": {"b": [1]}}, Colour.RED,
    {"colour": Colour.RED}, Level.HIGH, Limits(1), Plain([1, {"a": Plain(2)}]), Slotted([1], hidden=[2]),
    Mixed(1, [2]), one, int, len, SENTINEL, {"missing": SENTINEL}, Handle("a"), timedelta(1),
    datetime(2026, 5, 17), re.compile("a"), deque([1]), 2**80, "\N{SNOWMAN}",
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), DIFFERENT, ids=range(len(DIFFERENT)))
def test_different_values_differ(left: Any, right: Any) -> None:
    """Another value, another type, another function and another enum member are another state."""
    assert not same(left, right)
    assert not same(right, left)
    assert not same([left], [right])
    assert not same({"a": left}, {"a": right})


@pytest.mark.parametrize("value", SAMES, ids=range(len(SAMES)))
def test_a_copy_is_the_same(value: Any) -> None:
    """A deep copy of a state is the same state, objects without an equality of their own included."""
    assert same(value, value)
    assert same(frozen_copy(value), value)
    assert same(frozen_copy({"inside": [value]}), {"inside": [value]})


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=10,
)


@given(plain_values, plain_values)
def test_sameness_is_symmetric_and_finer_than_equality(left: Any, right: Any) -> None:
    """What is the same is equal, apart from NaN, and the answer does not depend on the side."""
    assert same(left, right) == same(right, left)
    if same(left, right) and "nan" not in repr(left):
        assert left == right
    assert same(copy.deepcopy(left), left)


def test_a_copy_does_not_follow_the_subject() -> None:
    """What a subject does after it was looked at does not show in the snapshot."""
    state = {"ttl": 30, "hosts": ["a"], "limits": Limits(1)}
    seen = frozen_copy(state)
    flat = {"ttl": 30}
    seen_flat = frozen_copy(flat)
    state["hosts"].append("b")  # type: ignore[attr-defined]
    state["limits"].soft = 2  # type: ignore[attr-defined]
    flat["ttl"] = 60

    assert same(seen, {"ttl": 30, "hosts": ["a"], "limits": Limits(1)})
    assert seen_flat == {"ttl": 30}


def test_a_view_is_looked_through() -> None:
    """A read-only view is copied as what it shows, and does not follow its dict."""
    values = {"a": [1]}
    seen = frozen_copy(MappingProxyType(values))
    values["a"].append(2)
    assert same(seen, {"a": [1]})


def test_what_cannot_be_copied_is_refused() -> None:
    """A state that cannot be copied is the harness's fault, and the message says what to return instead."""
    with pytest.raises(HarnessError, match="Return plain values: a dict, list, tuple"):
        frozen_copy({"lock": threading.Lock()})


def test_the_order_of_a_mapping_is_no_state() -> None:
    """Two dicts with the same entries in another order are the same."""
    assert same({"a": 1, "b": 2}, {"b": 2, "a": 1})


def test_a_text_of_an_own_type_is_compared_as_text() -> None:
    """A class derived from `str` compares as it says itself, between values of that class."""
    assert same(Caseless("a"), Caseless("A"))
    assert not same(Caseless("a"), "a")


# -- values that a subject hands out -----------------------------------------------------------------------------------


def circle(size: int, last: object) -> dict[str, Any]:
    """A mapping that contains itself after `size` lists, and something else."""
    made: dict[str, Any] = {"last": last}
    inside: Any = made
    for _ in range(size):
        inside = [inside]
    made["round"] = inside
    return made


def test_what_contains_itself_can_be_compared() -> None:
    """Two circles are the same where nothing differs on the way round, and else they are not."""
    assert same(circle(1, "a"), circle(1, "a"))
    assert same(frozen_copy(circle(2, ["a"])), noted(circle(2, ["a"])))
    assert not same(circle(1, "a"), circle(1, "b"))
    assert not same(circle(1, "a"), circle(2, "a"))


class Incomparable:
    """Compares with nothing, as an array does whose truth is ambiguous."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("value", [threading.Lock(), Incomparable(), circle(1, threading.Lock())], ids=range(3))
def test_what_cannot_be_copied_or_compared_is_noted_all_the_same(value: Any) -> None:
    """A note of it is the same as a later one, and everything beside it is copied and compared as ever."""
    handed_out = {"odd": value, "beside": [1, {"a": (2, [3])}], "view": MappingProxyType({"b": [4]})}
    before = noted(handed_out)

    assert same(before, noted(handed_out))
    handed_out["beside"][1]["a"][1].append(5)
    assert not same(before, noted(handed_out))


@given(plain_values)
def test_a_note_of_plain_values_is_a_copy(value: Any) -> None:
    """What can be copied and compared is noted as it is, and shares nothing that could change."""
    assert same(noted(value), copy.deepcopy(value))
    assert noted([value])[0] is not value or not isinstance(value, (list, dict))


def test_what_is_too_deep_to_note_is_noted_as_that() -> None:
    """Values nested deeper than the interpreter goes are no error."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    assert "RecursionError" in repr(noted(deep))
    while deep:
        deep = deep.pop()  # bit by bit, so that nothing recurses to free it
