"""What is optional until something goes wrong with it: AGG-006."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .aggregators import Aggregator, AggregatorContract, Entry, known, worst


class ForgetsItOnErrors(Aggregator):
    """Makes the report of an error without the flag of its provider."""

    def _failed(self, entry: Entry, status: HealthStatus, message: str) -> HealthReport:
        report = super()._failed(entry, status, message)
        return report if message.startswith("no answer") else replace(report, optional=False)


class ForgetsItOnSilence(Aggregator):
    """Makes the report of a timeout without the flag of its provider."""

    def _outcome(self, entry: Entry, task: "asyncio.Task[list[HealthReport]]") -> list[HealthReport]:
        found = super()._outcome(entry, task)
        return found if task.done() and not task.cancelled() else [replace(one, optional=False) for one in found]


class ForgetsWhatItSaid(Aggregator):
    """Knows of a provider only what was registered, and of its reports nothing when there is none."""

    def _said(self, entry: Entry, answer: Iterable[Any]) -> list[HealthReport]:
        reports = super()._said(entry, answer)
        entry.said_optional = False
        return reports


class CountsRight(Aggregator):
    """Leaves out of readiness what is optional in one way or the other, whatever the reports it hands out say."""

    def _readiness(self, reports: Sequence[HealthReport]) -> HealthStatus:
        registered = {entry.name for entry in self._entries.values() if entry.optional}
        return worst(known(one.status) for one in reports if not (one.optional or one.module in registered))


class BelievesTheReport(CountsRight):
    """Hands out a report as it came, although its provider was registered as optional."""

    def _taken(self, entry: Entry, report: Any) -> HealthReport:
        return replace(super()._taken(entry, report), optional=bool(report.optional))


class BelievesTheRegistration(Aggregator):
    """Hands out a report with the flag that was registered; what it said of itself is known only when counting."""

    def _copied_report(self, report: HealthReport) -> HealthReport:
        entry = self._entries.get(report.module)
        return replace(super()._copied_report(report), optional=entry is not None and entry.optional)


class ForgetsItOnErrorsContract(AggregatorContract):
    kind = ForgetsItOnErrors


class ForgetsItOnSilenceContract(AggregatorContract):
    kind = ForgetsItOnSilence


class ForgetsWhatItSaidContract(AggregatorContract):
    kind = ForgetsWhatItSaid


class BelievesTheReportContract(AggregatorContract):
    kind = BelievesTheReport


class BelievesTheRegistrationContract(AggregatorContract):
    kind = BelievesTheRegistration


SUBJECTS = [
    Broken(ForgetsItOnErrorsContract, ("AGG-006",), "optional is false"),
    Broken(ForgetsItOnSilenceContract, ("AGG-006",), "optional is false"),
    Broken(ForgetsWhatItSaidContract, ("AGG-006",), "optional is false"),
    Broken(BelievesTheReportContract, ("AGG-006",), "optional is false"),
    Broken(BelievesTheRegistrationContract, ("AGG-006",), "optional is false"),
]
