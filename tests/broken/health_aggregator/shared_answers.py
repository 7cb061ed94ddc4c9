"""Answers that share something with each other, or with a provider: AGG-011."""

from dataclasses import replace
from typing import Any

from pytest_policy_contracts import AggregatedHealth, HealthReport
from tests.broken.entry import Broken

from .aggregators import Aggregator, AggregatorContract, Entry


class CopiesDetailsFlat(Aggregator):
    """Copies the details of a report, and not the details of the details."""

    def _copied_report(self, report: HealthReport) -> HealthReport:
        return replace(report, details=dict(report.details))


class TheFirstGetsTheOriginal(Aggregator):
    """Copies what comes from the cache, and gives what was just evaluated as it is."""

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        if not force_refresh and self._is_fresh():
            return super()._copied(self._kept)
        return await super().check(force_refresh=force_refresh)

    def _copied(self, answer: AggregatedHealth) -> AggregatedHealth:
        return answer


class TrustsItsProviders(Aggregator):
    """Hands on the details of a report that the provider still holds in its hands."""

    def _taken(self, entry: Entry, report: Any) -> HealthReport:
        return replace(super()._taken(entry, report), details=report.details)

    def _copied_report(self, report: HealthReport) -> HealthReport:
        return replace(report, details=report.details if "pool" in report.details else dict(report.details))


class CopiesDetailsFlatContract(AggregatorContract):
    kind = CopiesDetailsFlat


class TheFirstGetsTheOriginalContract(AggregatorContract):
    kind = TheFirstGetsTheOriginal


class TrustsItsProvidersContract(AggregatorContract):
    kind = TrustsItsProviders


SUBJECTS = [
    Broken(CopiesDetailsFlatContract, ("AGG-011",), "altered by the suite afterwards"),
    Broken(TheFirstGetsTheOriginalContract, ("AGG-011",), "altered by the suite afterwards"),
    Broken(TrustsItsProvidersContract, ("AGG-011",), "altered by the suite afterwards"),
]
