"""What providers answer, read into reports of our own: anybody's types, statuses in any spelling, times that may be missing.

Rules: pure. What is read belongs to nobody else: nested details are copied. Whatever a look at a foreign object raises is
let through; the caller takes it for the provider's mistake [AGG-003].
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pytest_policy_contracts.contracts import HealthReport, HealthStatus

Known = Mapping[tuple[str, str], HealthReport]
"""The last reports of one provider, by module and component."""

_STATUSES = {status.value: status for status in HealthStatus}


class UnreadableAnswerError(Exception):
    """A provider answered with something that is no answer; the text is ours, and quotes none of it."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the reports of one provider are completed with."""

    provider: str
    optional: bool
    now: datetime
    known: Known


def reports_of(answer: object, context: Context) -> list[HealthReport]:
    """Read an answer, which may hold no report at all [AGG-001]; raise `UnreadableAnswerError` where it is no sequence."""
    if not isinstance(answer, Sequence) or isinstance(answer, str | bytes | bytearray):
        raise UnreadableAnswerError(f"answered with {type(answer).__name__} instead of a sequence of reports")
    return [_report(one, context) for one in answer]


def status_of(value: object) -> HealthStatus:
    """Read a status: one of ours, its word in any case, or an enum with that word as value or name; else unknown."""
    for word in (value, getattr(value, "value", None), getattr(value, "name", None)):
        if isinstance(word, str) and word.lower() in _STATUSES:
            return _STATUSES[word.lower()]
    return HealthStatus.UNKNOWN


def beginning(key: tuple[str, str], status: HealthStatus, checked_at: datetime, known: Known) -> datetime:
    """Return since when a component has had its status: since it was first seen to have it [HLT-016]."""
    last = known.get(key)
    if last is None or last.status != status:
        return checked_at
    return min(last.observed_since, checked_at)


def _report(report: Any, context: Context) -> HealthReport:
    module = str(getattr(report, "module", "") or context.provider)
    component = str(getattr(report, "component", "") or context.provider)
    status = status_of(report.status)
    checked_at = _moment(report, "checked_at") or context.now
    since = _moment(report, "observed_since")
    if since is None or since > checked_at:
        since = beginning((module, component), status, checked_at, context.known)
    message = str(getattr(report, "message", "") or "")
    optional = context.optional or bool(getattr(report, "optional", False))
    return HealthReport(module, component, status, message, checked_at, since, optional, _details(report))


def _moment(report: object, name: str) -> datetime | None:
    moment = getattr(report, name, None)
    return moment if isinstance(moment, datetime) and moment.utcoffset() is not None else None


def _details(report: object) -> dict[str, object]:
    details = getattr(report, "details", None)
    if not isinstance(details, Mapping) or not details:
        return {}
    try:
        return deepcopy(dict(details))
    except Exception as error:  # a lock, a socket: the status is worth more than they are
        return {"omitted": f"cannot be copied ({type(error).__name__})"}
