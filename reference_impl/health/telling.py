"""What a health service tells of its evaluations: events and metrics.

Rules: whoever is told can do no harm. What a port raises is logged and changes no answer [AGG-015].
"""

import logging
from collections.abc import Callable, Iterable

from pytest_policy_contracts.contracts import AggregatedHealth, HealthStatus
from reference_impl.health.source import Answer
from reference_impl.health.summary import worst
from reference_impl.ports import Events, HealthMetrics

EVALUATED = "health.evaluated"
STATUS_CHANGED = "health.status.changed"

logger = logging.getLogger("reference_impl.health")


class Telling:
    """Tells of evaluations in their order, and knows what it told last."""

    def __init__(self, events: Events, metrics: HealthMetrics) -> None:
        self._events = events
        self._metrics = metrics
        self._health = self._readiness = str(HealthStatus.UNKNOWN)

    def evaluated(self, answer: AggregatedHealth, parts: Iterable[Answer], seconds: float) -> None:
        """There was an evaluation, and what it found is a change or not [AGG-012]."""
        before = {"previous_health": self._health, "previous_readiness": self._readiness}
        self._health, self._readiness = health, readiness = str(answer.health), str(answer.readiness)
        found = {"health": health, "readiness": readiness, "generated_at": answer.generated_at.isoformat()}
        self._emit(EVALUATED, {**found, "reports": len(answer.reports), "duration_seconds": seconds})
        if (health, readiness) != tuple(before.values()):
            self._emit(STATUS_CHANGED, {**found, **before})
        _safely(lambda: self._measure(health, readiness, parts, seconds))

    def removed(self, provider: str) -> None:
        """A provider is not asked any more."""
        _safely(lambda: self._metrics.provider_removed(provider))

    def _emit(self, kind: str, data: dict[str, object]) -> None:
        _safely(lambda: self._events.emit(kind, data, subject="health"))

    def _measure(self, health: str, readiness: str, parts: Iterable[Answer], seconds: float) -> None:
        for part in parts:
            self._metrics.provider_checked(part.provider, str(worst(part.reports)), part.seconds)
        self._metrics.evaluated(health, readiness, seconds)


def _safely(tell: Callable[[], object]) -> None:
    try:
        tell()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a cancellation or an exit out of a port is nobody's here
        logger.warning("An event or a metric of the health service was lost: %s", type(error).__name__)
