"""What makes one answer of many reports: its configuration, what it is asked, and what it answers.

Rules: the shape only; what each call promises is said by the clauses AGG-001 to AGG-016 of the
contract `HealthAggregator`. An aggregator may answer with an own type of the same shape. It must
not carry behaviour.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from pytest_policy_contracts.contracts.health import HealthProvider, HealthReport, HealthStatus


class TemporaryError(Exception):
    """Something went wrong that is likely to be right again soon: a provider that raises it is degraded [AGG-004].

    Any exception with a true attribute `temporary` counts alike, and so does one that was caused by such an error.
    """

    temporary = True


@dataclass(frozen=True, slots=True)
class AggregatorConfig:
    """How an aggregator is set up."""

    cache_ttl: timedelta = timedelta(milliseconds=250)
    """For less than this an answer is given again [AGG-008]."""
    provider_timeout: timedelta = timedelta(seconds=5)
    """How long one provider may take [AGG-005]."""


@dataclass(frozen=True, slots=True)
class AggregatedHealth:
    """One answer made of many reports; neither status is ever unknown [AGG-002]."""

    readiness: HealthStatus | str
    """The worst status of the reports that are not optional; healthy where there is none [AGG-001]."""
    health: HealthStatus | str
    """The worst status of all reports; healthy where there is none [AGG-001]."""
    reports: Sequence[HealthReport]
    """Every report, in an order that is the same for the same providers [AGG-013]."""
    generated_at: datetime
    """When the evaluation was made, timezone-aware."""


@runtime_checkable
class HealthAggregator(Protocol):
    """Asks many providers at once, and remembers the answer for a moment."""

    def add_provider(self, name: str, provider: HealthProvider, /, *, optional: bool = False) -> object:
        """Add a provider, also while an evaluation runs; a name that is taken raises `ValueError`."""
        ...

    def remove_provider(self, name: str, /) -> object:
        """Remove a provider, also while it is asked; an unknown name raises `KeyError`."""
        ...

    def check(self, *, force_refresh: bool = False) -> Awaitable[AggregatedHealth]:
        """Answer how everything is, from memory where the last answer is young enough [AGG-008].

        With `force_refresh` the answer comes of an evaluation that began after the call [AGG-009].
        """
        ...

    def close(self) -> Awaitable[object]:
        """End what is under way and leave nothing behind [AGG-014]."""
        ...
