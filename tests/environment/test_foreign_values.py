"""Looking at values of a subject: whatever they do, a look ends with a value."""

from __future__ import annotations

import asyncio
from collections import UserDict, deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest

from pytest_policy_contracts.environment.foreign_values import (
    Unreadable,
    entries_of,
    has,
    in_utc,
    is_sequence,
    read,
    repr_of,
    text_of,
)

RAISED = [ValueError("no"), RecursionError("deep"), SystemExit(3), GeneratorExit(), asyncio.CancelledError()]
EAST, WEST = (timezone(timedelta(hours=hours)) for hours in (2, -2))


class Raising:
    """Raises the given error, however it is looked at."""

    def __init__(self, error: BaseException) -> None:
        vars(self)["error"] = error

    def __getattr__(self, name: str) -> Any:
        raise self.error

    def __str__(self) -> str:
        raise self.error

    def __repr__(self) -> str:
        raise self.error


class Speechless(ValueError):
    def __str__(self) -> str:
        raise TypeError("no words")


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_a_look_never_raises(error: BaseException) -> None:
    """An attribute, a text and a representation that raise are told with the kind of the error."""
    value, kind = Raising(error), type(error).__name__

    assert kind in repr(read(value, "status"))
    assert text_of(value) == f"(its text cannot be had: {kind})"
    assert repr_of(value) == f"(a Raising that cannot be shown: {kind})"


def test_an_interruption_by_the_user_is_no_look() -> None:
    """Who presses Ctrl-C while a value is looked at ends the run."""
    for look in (text_of, repr_of, lambda value: read(value, "status")):
        with pytest.raises(KeyboardInterrupt):
            look(Raising(KeyboardInterrupt()))


def test_what_is_not_there_is_told_from_what_cannot_be_read() -> None:
    """An attribute that is missing has its default, and one that raises is there."""
    assert read(object(), "status", "none") == "none"
    assert not has(object(), "status")
    assert has(Raising(OSError("gone")), "status")
    assert repr(read(Raising(OSError("gone")), "status", "none")) == "<cannot be read: OSError: gone>"
    assert repr(read(Raising(Speechless()), "status")).endswith("(its text cannot be had: TypeError)>")


def test_what_fails_in_the_same_way_is_the_same() -> None:
    """Two values that cannot be read are equal where the kind of the error is, whatever it says this time."""
    first, again, other = (Unreadable(error) for error in (OSError("at 1"), OSError("at 2"), ValueError("at 1")))

    assert first == again and hash(first) == hash(again)
    assert first not in (other, "OSError")


class Broken(Sequence[int]):
    """Says that it has one item, and has none."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: Any) -> Any:
        raise OSError("the cursor is closed")


class Short(Broken):
    def __iter__(self) -> Iterator[int]:
        return iter(())


@pytest.mark.parametrize("value", [[], [1], (1, 2), deque([1]), range(3)], ids=repr)
def test_sequences(value: object) -> None:
    """Lists, tuples and whatever else is a sequence can be gone through."""
    assert is_sequence(value)


@pytest.mark.parametrize("value", ["text", b"bytes", None, {1}, {1: 2}, iter([1]), Broken(), Short()], ids=range(8))
def test_what_is_no_sequence(value: object) -> None:
    """Text, sets, mappings and iterators are none, nor is what breaks off while one goes through it."""
    assert not is_sequence(value)


class Lost(UserDict[str, int]):
    def __getitem__(self, key: str) -> int:
        raise OSError("the store is gone")


def test_entries() -> None:
    """A mapping has entries; what is none has none, nor has one that breaks off."""
    assert entries_of(UserDict(a=1)) == {"a": 1}
    assert [entries_of(value) for value in ([("a", 1)], None, Lost(a=1))] == [None, None, None]


class Nowhere(tzinfo):
    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        raise LookupError("no such place")


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (datetime(2020, 5, 1, 2, tzinfo=EAST), datetime(2020, 5, 1, tzinfo=UTC)),
        (datetime.min.replace(tzinfo=EAST), datetime.min.replace(tzinfo=UTC)),
        (datetime.max.replace(tzinfo=WEST), datetime.max.replace(tzinfo=UTC)),
        (datetime.min.replace(tzinfo=WEST), datetime.min.replace(tzinfo=UTC) + timedelta(hours=2)),
        (datetime(2020, 5, 1), None),
        (datetime(2020, 5, 1, tzinfo=Nowhere()), None),
        (1_767_225_600.0, None),
        ("2020-05-01T00:00:00Z", None),
    ],
    ids=range(8),
)
def test_moments(value: object, moment: datetime | None) -> None:
    """A moment with a timezone has one in UTC, the nearest where it lies outside of the calendar; nothing else has."""
    assert in_utc(value) == moment
