"""Events and verdicts as plain data, to be sent between processes and made again.

Rules: what comes out is JSON-safe and encodable as UTF-8, and `…_from_dict` makes an equal value
of it. It must not leave a field out: the receiver reports as if the run had been its own.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pytest_policy_contracts.verification.events import (
    ClauseFinished,
    Event,
    HarnessStarted,
    RunFinished,
    RunStarted,
)
from pytest_policy_contracts.verification.verdicts import Outcome, ScenarioResult, Verdict

_KINDS = {one.__name__: one for one in (RunStarted, HarnessStarted, ClauseFinished, RunFinished)}


def event_to_dict(event: Event) -> dict[str, Any]:
    """Return an event as plain data."""
    return {"event": type(event).__name__, **_plain_fields(event)}


def event_from_dict(data: Mapping[str, Any]) -> Event:
    """Make the event again."""
    values = {name: value for name, value in data.items() if name != "event"}
    if "verdict" in values:
        values["verdict"] = verdict_from_dict(values["verdict"])
    if "clauses" in values:
        values["clauses"] = tuple(values["clauses"])
    event: Event = _KINDS[data["event"]](**values)
    return event


def verdict_to_dict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict, its scenarios included, as plain data."""
    return _plain_fields(verdict)


def verdict_from_dict(data: Mapping[str, Any]) -> Verdict:
    """Make the verdict again."""
    scenarios = tuple(_scenario_from_dict(one) for one in data["scenarios"])
    return Verdict(**{**data, "outcome": Outcome(data["outcome"]), "scenarios": scenarios})


def _scenario_from_dict(data: Mapping[str, Any]) -> ScenarioResult:
    journal = tuple(data["journal"])
    return ScenarioResult(**{**data, "outcome": Outcome(data["outcome"]), "journal": journal})


def _plain_fields(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: object) -> object:
    match value:
        case Outcome():
            return value.value
        case str():
            # A subject's text may hold half a surrogate pair, which no wire format takes.
            return value.encode("utf-8", "backslashreplace").decode()
        case tuple():
            return [_plain(one) for one in value]
        case Verdict() | ScenarioResult():
            return _plain_fields(value)
    return value
