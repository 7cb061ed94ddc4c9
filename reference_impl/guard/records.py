"""What is kept of a violation: plain values of our own, whatever was handed in.

Rules: nothing here raises over what it is handed, because what cannot be read is denied all the same [TNT-015]; nothing
that a caller or a reader can alter is kept or given out [TNT-010].
"""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from pytest_policy_contracts.contracts import Severity, TenantViolation, ViolationKind
from reference_impl.ports import Now

Record = tuple[ViolationKind | str, Severity | str, str, str, datetime, Mapping[str, object]]
"""One violation, in the order of the fields of `TenantViolation`; a plain tuple, because one is made for every denial."""

TIME_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment of a violation when the clock failed: aware, and plainly not the truth."""

_KINDS = {str(kind): kind for kind in ViolationKind}
_SEVERITIES = {str(severity): severity for severity in Severity}


def known_kind(kind: object) -> ViolationKind | None:
    """Return the kind, given as such or as its text; None for anything else, whatever it claims to equal."""
    if type(kind) is ViolationKind:
        return kind
    return _KINDS.get(kind) if type(kind) is str else None


def is_id(value: object) -> bool:
    """Tell whether a value can be somebody's id: a plain text with something in it."""
    return type(value) is str and value != ""


def record_of(violation: TenantViolation, now: Now) -> Record:
    """Return what is kept of an access; a missing timestamp is filled in, a given one is kept [TNT-011]."""
    try:
        kind, severity, details = violation.kind, violation.severity, violation.details
        tenant_id, target_id, timestamp = violation.tenant_id, violation.target_id, violation.timestamp
        timestamp = now() if timestamp is None else timestamp
    except Exception:
        kind, severity, tenant_id, target_id, timestamp, details = _readable_fields(violation)
    return (
        kind if type(kind) is ViolationKind else known_kind(kind) or text_of(kind),
        severity if type(severity) is Severity else text_of(severity),
        tenant_id if type(tenant_id) is str else text_of(tenant_id),
        target_id if type(target_id) is str else text_of(target_id),
        timestamp if isinstance(timestamp, datetime) else TIME_UNKNOWN,
        {} if type(details) is dict and not details else copied(details),
    )


def _readable_fields(violation: object) -> list[Any]:
    """Return what can be read of an access when something has failed: the clock, or one of the fields."""
    names = ("kind", "severity", "tenant_id", "target_id", "timestamp", "details")
    return [_field(violation, name) for name in names]


def _field(violation: object, name: str) -> object:
    try:
        return getattr(violation, name, None)
    except Exception:
        return None


def violation_of(record: Record) -> TenantViolation:
    """Return a violation that shares nothing with the record."""
    kind, severity, tenant_id, target_id, timestamp, details = record
    return TenantViolation(kind, _SEVERITIES.get(severity, severity), tenant_id, target_id, timestamp, copied(details))


def text_of(value: object) -> str:
    """Return a text as it is, and of anything else its type: the value may be large, secret, or altered later."""
    return value if type(value) is str else f"<{type(value).__name__}>"


def copied(details: object) -> dict[str, object]:
    """Return as much of the details as can be copied, deeply; what cannot is named by its type."""
    if details is None:
        return {}
    try:
        return {text_of(name): _copied_value(value) for name, value in dict(details).items()}  # type: ignore[call-overload]
    except Exception:
        return {"not copied": text_of(details)}


def _copied_value(value: object) -> object:
    try:
        return deepcopy(value)
    except Exception:
        return text_of(value)
