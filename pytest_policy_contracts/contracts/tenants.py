"""What a component offers that keeps tenants apart: its configuration, what it is asked, and its errors.

    PermissionError
      TenantIsolationError          an access was denied
        TenantContextMissingError   … because it is not known which tenant asks [TNT-008]

Rules: the shape only; what each call promises is said by the clauses TNT-001 to TNT-020 of the
contract `TenantGuard`. A guard may use own types of the same shape. It must not decide anything.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


class GuardMode(StrEnum):
    """What a guard does with a violation."""

    STRICT = "strict"
    """Denied and recorded [TNT-002]."""
    LENIENT = "lenient"
    """Allowed and recorded [TNT-003]."""
    DISABLED = "disabled"
    """Allowed, and neither recorded nor published [TNT-004]."""


class ViolationKind(StrEnum):
    """What is wrong with an access."""

    CROSS_TENANT = "cross_tenant"
    INVALID_CONTEXT = "invalid_context"
    MISSING_CONTEXT = "missing_context"
    UNAUTHORIZED = "unauthorized"


class Severity(StrEnum):
    """How bad it is; it changes no decision."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class TenantViolation:
    """One access as a guard is asked about it: tenant `tenant_id` reaches for what belongs to `target_id`.

    `timestamp` is timezone-aware, or None for "now" [TNT-011].
    """

    kind: ViolationKind | str
    severity: Severity | str
    tenant_id: str
    target_id: str
    timestamp: datetime | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GuardConfig:
    """How a guard is set up.

    `whitelist` maps a tenant to the targets it may reach, directed and exact [TNT-005]; it is handed over as it is, and a
    guard copies it [TNT-007]. `max_violations` is how many of the newest violations are kept [TNT-009].
    """

    mode: GuardMode | str = GuardMode.STRICT
    whitelist: Mapping[str, Collection[str]] = field(default_factory=dict)
    max_violations: int = 1000


class TenantIsolationError(PermissionError):
    """An access was denied to keep tenants apart."""


class TenantContextMissingError(TenantIsolationError):
    """An access was denied because it is not known which tenant asks [TNT-008, TNT-018]."""


Publish = Callable[[Mapping[str, object]], object]
"""Receives one event, CloudEvents 1.0 or a mapping with its attribute names; may return an awaitable."""


@runtime_checkable
class TenantGuard(Protocol):
    """Decides about accesses and remembers the violations; `validate_access` may be sync or async."""

    @property
    def mode(self) -> GuardMode | str:
        """The mode it was configured with [TNT-001]."""
        ...

    def validate_access(self, violation: TenantViolation, /) -> Awaitable[None] | None:
        """Return to allow the access, raise to deny it; sync or async [TNT-002, TNT-003]."""
        ...

    def recent_violations(self) -> Sequence[TenantViolation] | Awaitable[Sequence[TenantViolation]]:
        """Answer copies of the newest violations, the oldest first [TNT-009, TNT-010]."""
        ...
