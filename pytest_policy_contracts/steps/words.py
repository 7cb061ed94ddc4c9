"""Statuses and kinds as plain words, whether they are enums, of whatever type, or strings in any case."""

from __future__ import annotations

from enum import Enum


def words_of(value: object) -> frozenset[str]:
    """Return the words by which a value may be meant: of an enum its name and its value, in lower case."""
    if isinstance(value, Enum):
        return frozenset(word.lower() for word in (value.name, value.value) if isinstance(word, str))
    return frozenset({value.lower()} if isinstance(value, str) else ())


def shown_word(value: object) -> str:
    """Return a status as a report shows it."""
    words = sorted(words_of(value))
    return words[0] if words else repr(value)
