"""What a component offers that reports its health, and the values it answers with.

Rules: the shape only; what each call promises is said by the clauses HLT-001 to HLT-018 of the
contract `HealthProvider`. A provider may answer with reports of an own type that has the same
attributes, and with plain strings for the statuses. It must not carry behaviour.
"""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


class HealthStatus(StrEnum):
    """How a component is; plain strings are accepted in its place, in any case [HLT-003]."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"

    @classmethod
    def worst(cls, statuses: Iterable["HealthStatus"]) -> "HealthStatus":
        """Answer the worst of `statuses`, from healthy over degraded and unknown to unhealthy; of none it is healthy."""
        return max(statuses, key=_BADNESS.index, default=cls.HEALTHY)


_BADNESS = (HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.UNKNOWN, HealthStatus.UNHEALTHY)


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What one component says of itself.

    `checked_at` and `observed_since` are timezone-aware [HLT-005]; `observed_since` is when the status began [HLT-016].
    `details` can be written as strict JSON [HLT-018]; each answer has its own [HLT-012].
    """

    module: str
    component: str
    status: HealthStatus | str
    message: str
    checked_at: datetime
    observed_since: datetime
    optional: bool = False
    details: Mapping[str, object] = field(default_factory=dict)


@runtime_checkable
class HealthProvider(Protocol):
    """A component that reports its health; `health_check` may be sync or async."""

    def health_check(self) -> Sequence[HealthReport] | Awaitable[Sequence[HealthReport]]:
        """Answer at least one report, or raise an `Exception` where the health cannot be told [HLT-001, HLT-009].

        It does not hang [HLT-006, HLT-007], and ends as cancelled when it is cancelled [HLT-008].
        """
        ...
