"""What does not know how it is, counted otherwise than as unhealthy: AGG-002."""

from collections.abc import Sequence

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .aggregators import UNKNOWN, Aggregator, AggregatorContract, known, worst


class SkipsTheUnknown(Aggregator):
    """Leaves out whoever does not know, as if there was nothing to count."""

    def _health(self, reports: Sequence[HealthReport]) -> HealthStatus:
        return super()._health([report for report in reports if report.status is not UNKNOWN])


class PassesItOn(Aggregator):
    """Answers unknown where that is the worst it was told, which nobody who routes traffic understands."""

    def _readiness(self, reports: Sequence[HealthReport]) -> HealthStatus:
        counted = [known(report.status) for report in reports if not report.optional]
        return UNKNOWN if UNKNOWN in counted else worst(counted)


class SkipsTheUnknownContract(AggregatorContract):
    kind = SkipsTheUnknown


class PassesItOnContract(AggregatorContract):
    kind = PassesItOn


SUBJECTS = [
    Broken(SkipsTheUnknownContract, ("AGG-002",), "health is healthy, of provider-0 unknown"),
    Broken(PassesItOnContract, ("AGG-002",), "readiness is unknown, of provider-0 unknown"),
]
