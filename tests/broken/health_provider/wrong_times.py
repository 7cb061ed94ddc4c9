"""Moments that cannot be right: HLT-005."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_policy_contracts import HealthReport
from tests.broken.entry import Broken

from .providers import AsyncHealth, Finding, ServerHarness, SyncHealth


class DropsItsTimeZone(AsyncHealth):
    """Reports UTC without saying so, because its database has no time zones."""

    def _report(self, component: str, finding: Finding) -> HealthReport:
        report = super()._report(component, finding)
        return replace(
            report,
            checked_at=report.checked_at.replace(tzinfo=None),
            observed_since=report.observed_since.replace(tzinfo=None),
        )


class StampedWithItsStart(SyncHealth):
    """Stamps every answer with the moment the provider was made, which is older than what it reports."""

    def __init__(self) -> None:
        super().__init__()
        self._started = datetime.now(UTC)

    def _report(self, component: str, finding: Finding) -> HealthReport:
        return replace(super()._report(component, finding), checked_at=self._started)


class StampedBeforeItAsked(AsyncHealth):
    """Notes the time before it asks, and since when the status holds afterwards."""

    async def health_check(self) -> Sequence[HealthReport]:
        began = datetime.now(UTC)
        return [replace(report, checked_at=began) for report in await super().health_check()]


class StampedWithItsExpiry(SyncHealth):
    """Puts in `checked_at` until when the answer is good."""

    GOOD_FOR = timedelta(seconds=30)

    def _report(self, component: str, finding: Finding) -> HealthReport:
        report = super()._report(component, finding)
        return replace(report, checked_at=report.checked_at + self.GOOD_FOR)


class StampedWithText(SyncHealth):
    """Writes its moments the way JSON wants them, as text."""

    def _report(self, component: str, finding: Finding) -> HealthReport:
        report = super()._report(component, finding)
        checked_at: Any = report.checked_at.isoformat()
        since: Any = report.observed_since.isoformat()
        return replace(report, checked_at=checked_at, observed_since=since)


class RestampsTooLate(AsyncHealth):
    """Asks the server every time, but makes a new report only when the status is another one."""

    def __init__(self) -> None:
        super().__init__()
        self._last: HealthReport | None = None

    def _report(self, component: str, finding: Finding) -> HealthReport:
        if self._last is None or self._last.status is not finding[0]:
            self._last = super()._report(component, finding)
        return replace(self._last, message=finding[1], details=self._details())


class DropsItsTimeZoneContract(ServerHarness):
    def create(self) -> DropsItsTimeZone:
        return DropsItsTimeZone()


class StampedWithItsStartContract(ServerHarness):
    def create(self) -> StampedWithItsStart:
        return StampedWithItsStart()


class StampedBeforeItAskedContract(ServerHarness):
    def create(self) -> StampedBeforeItAsked:
        return StampedBeforeItAsked()


class StampedWithItsExpiryContract(ServerHarness):
    def create(self) -> StampedWithItsExpiry:
        return StampedWithItsExpiry()


class StampedWithTextContract(ServerHarness):
    def create(self) -> StampedWithText:
        return StampedWithText()


class RestampsTooLateContract(ServerHarness):
    def create(self) -> RestampsTooLate:
        return RestampsTooLate()


SUBJECTS = [
    Broken(
        DropsItsTimeZoneContract,
        ("HLT-005",),
        "checked_at of cache/primary is datetime.datetime(2026, 1, 1, 0, 0, 0, 50000)",
    ),
    Broken(StampedWithItsStartContract, ("HLT-005",), "not after its checked_at, 2026-01-01 00:00:00+00:00"),
    Broken(StampedBeforeItAskedContract, ("HLT-005",), "not after its checked_at, 2026-01-01 00:00:00+00:00"),
    Broken(
        StampedWithItsExpiryContract, ("HLT-005",), "checked_at of cache/primary is 2026-01-01 00:00:30.050000+00:00"
    ),
    Broken(StampedWithTextContract, ("HLT-005",), "checked_at of cache/primary is '2026-01-01t00:00:00.050000+00:00'"),
    Broken(RestampsTooLateContract, ("HLT-005",), "checked_at of cache/primary is 2026-01-01 00:00:00.050000+00:00"),
]
