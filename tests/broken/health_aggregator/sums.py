"""Health and readiness that are not the worst of what counts: AGG-001."""

from collections.abc import Iterable, Sequence
from typing import Any

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .aggregators import UNHEALTHY, UNKNOWN, Aggregator, AggregatorContract, Entry, known, worst


class BelievesTheLast(Aggregator):
    """Overwrites the status with that of each report, so that the last one wins."""

    def _health(self, reports: Sequence[HealthReport]) -> HealthStatus:
        return worst([known(reports[-1].status)] if reports else [])


class CountsTheOptional(Aggregator):
    """Takes readiness from every report: it says that a report is optional, and does not act on it."""

    def _readiness(self, reports: Sequence[HealthReport]) -> HealthStatus:
        return self._health(reports)


class NothingIsBad(Aggregator):
    """Takes it for a failure that there is nothing to count."""

    def _readiness(self, reports: Sequence[HealthReport]) -> HealthStatus:
        counted = [report for report in reports if not report.optional]
        return super()._readiness(counted) if counted else UNHEALTHY


class OneReportEach(Aggregator):
    """Keeps one report of each provider, as those have that it knows."""

    def _said(self, entry: Entry, answer: Iterable[Any]) -> list[HealthReport]:
        return super()._said(entry, answer)[:1]


class AwaitsEverything(Aggregator):
    """Awaits what it is given, so that a provider which just answers fails."""

    async def _answer(self, entry: Entry) -> Any:
        return await entry.provider.health_check()


class ReadsExactWords(Aggregator):
    """Knows the four statuses as they are written in its own enum, and takes every other word for unknown."""

    def _taken(self, entry: Entry, report: Any) -> HealthReport:
        taken = super()._taken(entry, report)
        exact = isinstance(report.status, str) and report.status in set(HealthStatus)
        return (
            taken
            if exact
            else HealthReport(
                taken.module,
                taken.component,
                UNKNOWN,
                taken.message,
                taken.checked_at,
                taken.observed_since,
                taken.optional,
            )
        )


class ReplacesSilently(Aggregator):
    """Takes a second provider of a name in place of the first, as a dict does."""

    def add_provider(self, name: str, provider: Any, /, *, optional: bool = False) -> None:
        self._entries.pop(name, None)
        super().add_provider(name, provider, optional=optional)


class RemovesNobody(Aggregator):
    """Does not mind that there is nobody to remove."""

    def remove_provider(self, name: str, /) -> None:
        if name in self._entries:
            super().remove_provider(name)


class KeepsTheRemoved(Aggregator):
    """Goes on reporting what a removed provider said last."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._last: dict[str, list[HealthReport]] = {}

    def _said(self, entry: Entry, answer: Iterable[Any]) -> list[HealthReport]:
        self._last[entry.name] = super()._said(entry, answer)
        return self._last[entry.name]

    async def _gathered(self, entries: Sequence[Entry]) -> list[HealthReport]:
        reports = await super()._gathered(entries)
        asked = {entry.name for entry in entries}
        return reports + [one for name, said in self._last.items() if name not in asked for one in said]


class BelievesTheLastContract(AggregatorContract):
    kind = BelievesTheLast


class CountsTheOptionalContract(AggregatorContract):
    kind = CountsTheOptional


class NothingIsBadContract(AggregatorContract):
    kind = NothingIsBad


class OneReportEachContract(AggregatorContract):
    kind = OneReportEach


class AwaitsEverythingContract(AggregatorContract):
    kind = AwaitsEverything


class ReadsExactWordsContract(AggregatorContract):
    kind = ReadsExactWords


class ReplacesSilentlyContract(AggregatorContract):
    kind = ReplacesSilently


class RemovesNobodyContract(AggregatorContract):
    kind = RemovesNobody


class KeepsTheRemovedContract(AggregatorContract):
    kind = KeepsTheRemoved


SUBJECTS = [
    Broken(BelievesTheLastContract, ("AGG-001",), "health is healthy, of provider-0 degraded, provider-1 healthy"),
    Broken(
        CountsTheOptionalContract,
        ("AGG-001",),
        "readiness is degraded, of provider-0 healthy, provider-1 degraded (optional)",
    ),
    Broken(NothingIsBadContract, ("AGG-001",), "readiness is unhealthy, of no reports"),
    Broken(OneReportEachContract, ("AGG-001",), "a report about several that is degraded"),
    Broken(AwaitsEverythingContract, ("AGG-001",), "a report about sync that is degraded"),
    Broken(ReadsExactWordsContract, ("AGG-001",), "a report about words that is degraded"),
    Broken(ReplacesSilentlyContract, ("AGG-001",), "it raises valueerror"),
    Broken(RemovesNobodyContract, ("AGG-001",), "it raises keyerror"),
    Broken(KeepsTheRemovedContract, ("AGG-001",), "search healthy, storage unhealthy"),
]
