"""Values that a subject hands out: they may raise when they are looked at, and are none the less the subject's.

Whoever reads them does it through here. What cannot be read is then a value like any other, `Unreadable`, which the clause
about it judges and all others pass over; nothing that a subject does turns into a fault of the suite.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import MINYEAR, UTC, datetime
from typing import Any

RAISED_BY_A_LOOK = (Exception, SystemExit, GeneratorExit, asyncio.CancelledError)
"""What looking at a value may raise; `KeyboardInterrupt` is left to whoever pressed the keys."""

_MISSING = object()
_EARLIEST, _LATEST = (moment.replace(tzinfo=UTC) for moment in (datetime.min, datetime.max))


class Unreadable:
    """Stands for a value that raises when it is looked at; where the same kind of error is raised, it is the same value."""

    __slots__ = ("error", "text")

    def __init__(self, error: BaseException) -> None:
        self.error = type(error).__name__
        self.text = text_of(error)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unreadable) and self.error == other.error

    def __hash__(self) -> int:
        return hash(self.error)

    def __repr__(self) -> str:
        return f"<cannot be read: {self.error}{self.text and ': '}{self.text}>"


def read(owner: object, name: str, default: Any = None) -> Any:
    """Return an attribute: `default` where there is none, and `Unreadable` where reading it raises."""
    try:
        return getattr(owner, name, default)
    except RAISED_BY_A_LOOK as error:
        return Unreadable(error)


def has(owner: object, name: str) -> bool:
    """Tell whether there is an attribute, be it one that cannot be read."""
    return read(owner, name, _MISSING) is not _MISSING


def text_of(value: object) -> str:
    """Return a value as text."""
    try:
        return str(value)
    except RAISED_BY_A_LOOK as error:
        return f"(its text cannot be had: {type(error).__name__})"


def repr_of(value: object) -> str:
    """Return a value as it is written in a program."""
    try:
        return repr(value)
    except RAISED_BY_A_LOOK as error:
        return f"(a {type(value).__name__} that cannot be shown: {type(error).__name__})"


def is_sequence(value: object) -> bool:
    """Tell whether a value is a sequence of something, which text is not, that can be gone through."""
    try:
        return isinstance(value, Sequence) and not isinstance(value, (str, bytes)) and len(list(value)) == len(value)
    except RAISED_BY_A_LOOK:
        return False


def entries_of(value: object) -> dict[Any, Any] | None:
    """Return the entries of a mapping; None where there are none to be had."""
    try:
        return dict(value) if isinstance(value, Mapping) else None
    except RAISED_BY_A_LOOK:
        return None


def in_utc(value: object) -> datetime | None:
    """Return a moment with a timezone in UTC, or None for anything else.

    What lies before the first or after the last moment of that calendar, as `datetime.min` does in the east, is that moment.
    """
    try:
        if not isinstance(value, datetime) or value.utcoffset() is None:
            return None
        return _within_the_calendar(value)
    except RAISED_BY_A_LOOK:
        return None


def _within_the_calendar(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _EARLIEST if moment.year == MINYEAR else _LATEST
