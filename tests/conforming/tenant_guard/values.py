"""What the simpler conforming guards share: reading an access, copying it, telling of it, refusing it.

Nothing here raises an Exception over what it is handed: an access that cannot be read is one that is refused.
"""

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from operator import attrgetter

from pytest_policy_contracts import TenantContextMissingError, TenantIsolationError, TenantViolation, ViolationKind

Pairs = frozenset[tuple[str, str]]
Event = dict[str, object]

KINDS = {str(kind.value): kind for kind in ViolationKind}
ENVELOPE = {"specversion": "1.0", "source": "/tenant-guard", "type": "tenant.violation.recorded"}
FIELDS = ("kind", "severity", "tenant_id", "target_id", "timestamp", "details")
in_fields = attrgetter(*FIELDS)
NO_CLOCK = datetime(1970, 1, 1, tzinfo=UTC)
"""What a record shows as its moment when the clock failed: aware, and plainly not the truth."""


def known_kind(kind: object) -> ViolationKind | None:
    """The kind, given as such or as its text; None for anything else, whatever it claims to equal."""
    if type(kind) is ViolationKind:
        return kind
    return KINDS.get(kind) if type(kind) is str else None


def exact(value: object) -> bool:
    """Whether the value can be somebody's id: a plain text with something in it."""
    return type(value) is str and value != ""


def pairs_of(whitelist: Mapping[str, Collection[str]]) -> Pairs:
    """A copy of the whitelist as its directed pairs, without those that name nobody."""
    pairs = ((tenant, target) for tenant, targets in whitelist.items() for target in targets)
    return frozenset(pair for pair in pairs if exact(pair[0]) and exact(pair[1]))


def is_violation(asked: TenantViolation, pairs: Pairs) -> bool:
    """Whether the access is one at all: own and whitelisted ones are not, where only the border is in question."""
    tenant, target = asked.tenant_id, asked.target_id
    if known_kind(asked.kind) is not ViolationKind.CROSS_TENANT or not exact(tenant) or not exact(target):
        return True
    return tenant != target and (tenant, target) not in pairs


def copied(asked: TenantViolation) -> TenantViolation:
    """A deep copy; what cannot be copied is named instead."""
    parts = (asked.kind, asked.severity, asked.tenant_id, asked.target_id, asked.timestamp)
    try:
        return deepcopy(TenantViolation(*parts, asked.details))
    except Exception:
        kind, severity, tenant, target = map(copied_part, parts[:4])
        return TenantViolation(kind, severity, tenant, target, asked.timestamp, copied_details(asked.details))  # type: ignore[arg-type]


def copied_part(value: object) -> object:
    """A deep copy of one value, or its type's name."""
    try:
        return deepcopy(value)
    except Exception:
        return f"<{type(value).__name__}>"


def copied_details(details: Mapping[str, object]) -> Mapping[str, object]:
    """As much of the details as can be copied."""
    try:
        return {str(name): copied_part(value) for name, value in details.items()}
    except Exception:
        return {"not copied": type(details).__name__}


def moment() -> datetime:
    """Now, in UTC."""
    try:
        return datetime.now(UTC)
    except Exception:
        return NO_CLOCK


def stamped(record: TenantViolation) -> TenantViolation:
    """The record with a moment: its own, or now."""
    return record if record.timestamp is not None else replace(record, timestamp=moment())


def event_of(record: TenantViolation, number: int) -> Event:
    """A CloudEvent that shares nothing with the record."""
    return {**ENVELOPE, "id": str(number), "data": dict(zip(FIELDS, in_fields(copied(record)), strict=True))}


def shown(value: object) -> str:
    """An id as a text may show it; of anything else only the type."""
    return repr(value) if type(value) is str else f"<{type(value).__name__}>"


def denial(asked: TenantViolation) -> TenantIsolationError:
    """The error for a refused access, which tells nothing but what the caller said."""
    kind = known_kind(asked.kind)
    if kind is ViolationKind.MISSING_CONTEXT:
        return TenantContextMissingError(f"no tenant is asking for {shown(asked.target_id)}")
    reason = "unknown kind" if kind is None else kind.value
    return TenantIsolationError(f"{shown(asked.tenant_id)} may not reach {shown(asked.target_id)}: {reason}")
