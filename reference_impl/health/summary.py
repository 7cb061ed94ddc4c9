"""Many reports summed up in one answer, and copies of it for whoever asked."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import datetime

from pytest_policy_contracts.contracts import AggregatedHealth, HealthReport, HealthStatus


def worst(reports: Iterable[HealthReport]) -> HealthStatus:
    """Return the worst status, where unknown counts as unhealthy [AGG-002]; of no report it is healthy."""
    found = HealthStatus.worst(HealthStatus(report.status) for report in reports)
    return HealthStatus.UNHEALTHY if found is HealthStatus.UNKNOWN else found


def summed_up(reports: Sequence[HealthReport], now: datetime) -> AggregatedHealth:
    """Return one answer: readiness without what is optional, health with it [AGG-001]."""
    readiness = worst(report for report in reports if not report.optional)
    return AggregatedHealth(readiness, worst(reports), reports, now)


def copied(answer: AggregatedHealth) -> AggregatedHealth:
    """Return an answer that shares nothing with this one that could be altered [AGG-011]."""
    return AggregatedHealth(answer.readiness, answer.health, [*map(_copied, answer.reports)], answer.generated_at)


def _copied(report: HealthReport) -> HealthReport:
    if not report.details:
        details: dict[str, object] = {}
    else:
        details = deepcopy(dict(report.details))
    return HealthReport(
        report.module,
        report.component,
        report.status,
        report.message,
        report.checked_at,
        report.observed_since,
        report.optional,
        details,
    )
