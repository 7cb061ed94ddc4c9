"""Reading what a subject publishes: one CloudEvents 1.0 event, as an object or as a mapping of its attributes.

Objects are those of the SDK (`get_attributes()`, `get_data()`) or own ones with the attributes as fields. A value that
raises when it is looked at is an `Unreadable` like any other wrong value: nothing here raises. What an event has to say
beyond being one is a matter of the clause at hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pytest_policy_contracts.environment.foreign_values import RAISED_BY_A_LOOK, entries_of, in_utc, read, repr_of

REQUIRED = ("id", "source", "type", "specversion")
SPECVERSION = "1.0"
_OPTIONAL_TEXTS = ("subject", "datacontenttype", "dataschema")
_DATA = ("data", "data_base64")
_NAME = re.compile(r"[a-z0-9]+")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


# -- reading --------------------------------------------------------------------------------------------------------------


def attributes_of(event: object) -> dict[Any, Any] | None:
    """Return the context attributes that an event lists; None for an own type, which lists none."""
    entries = entries_of(event)
    if entries is not None:
        return {name: value for name, value in entries.items() if name not in _DATA}
    return entries_of(_called(event, "get_attributes"))


def attribute(event: object, name: str) -> Any:
    """Return a context attribute such as ``correlationid``; None where the event does not have it."""
    listed = attributes_of(event)
    return read(event, name) if listed is None else listed.get(name)


def data_of(event: object) -> Any:
    """Return the data, parsed where it is JSON as text or bytes; None where there is none."""
    entries = entries_of(event)
    data = entries.get("data") if entries is not None else _called(event, "get_data")
    if data is None and entries is None:
        data = read(event, "data")
    if isinstance(data, (str, bytes, bytearray)):
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return data
    return data


def kind_of(event: object) -> str:
    """Return the type of an event; empty where it is no text."""
    kind = attribute(event, "type")
    return str(kind) if isinstance(kind, str) else ""


def is_kind(event: object, name: str) -> bool:
    """Tell whether an event is of a type: ``config.reload.noop`` itself, or with a prefix such as ``com.acme.``."""
    kind = kind_of(event)
    return kind == name or kind.endswith(f".{name}")


def of_kind(events: Iterable[Any], *names: str) -> list[Any]:
    """Return the events of any of the types, in their order."""
    return [event for event in events if any(is_kind(event, name) for name in names)]


def told(events: Iterable[Any]) -> str:
    """Return the types of events in a row, for a failure."""
    return ", ".join(kind_of(event) or repr_of(attribute(event, "type")) for event in events) or "no events"


def _called(owner: object, method: str) -> Any:
    function = read(owner, method)
    if not callable(function):
        return None
    try:
        return function()
    except RAISED_BY_A_LOOK:
        return None


# -- judging --------------------------------------------------------------------------------------------------------------


def problem_of(event: object) -> str:
    """Say what keeps an event from being valid CloudEvents 1.0; empty when it is."""
    return next(_problems(event), "")


def _problems(event: object) -> Iterator[str]:
    for name in REQUIRED:
        value = attribute(event, name)
        if not isinstance(value, str) or not value:
            yield f"{name} is {repr_of(value)}, not a text with something in it"
    if attribute(event, "specversion") != SPECVERSION:
        yield f"specversion is {repr_of(attribute(event, 'specversion'))}, not {SPECVERSION!r}"
    for name in _OPTIONAL_TEXTS:
        value = attribute(event, name)
        if value is not None and (not isinstance(value, str) or not value):
            yield f"{name} is {repr_of(value)}, not a text with something in it"
    moment = attribute(event, "time")
    if moment is not None and not is_timestamp(moment):
        yield f"time is {repr_of(moment)}, not a moment of RFC 3339 with a timezone"
    yield from _odd_names(attributes_of(event) or {})


def _odd_names(attributes: Mapping[Any, Any]) -> Iterator[str]:
    for name in attributes:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            yield f"an attribute is named {repr_of(name)}, not with lower-case letters and digits only"


def is_timestamp(value: object) -> bool:
    """Tell whether a value is a moment with a timezone: as RFC 3339 writes it, or a datetime of the SDK."""
    if not isinstance(value, str):
        return in_utc(value) is not None
    if not _RFC_3339.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value.upper())
    except ValueError:
        return False
    return True
