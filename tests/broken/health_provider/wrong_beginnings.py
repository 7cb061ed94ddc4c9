"""Reports that are wrong about since when their status holds: HLT-016."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, Finding, ServerHarness, SyncHealth, SyncServer


class BeginsAnew(AsyncHealth):
    """Takes the moment of the check for both, since it remembers nothing."""

    def _report(self, component: str, finding: Finding) -> HealthReport:
        report = super()._report(component, finding)
        return replace(report, observed_since=report.checked_at)


class NeverMoves(SyncHealth):
    """Names the moment since which it has been watching, whatever it has seen meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._watching_since = datetime.now(UTC)

    def _report(self, component: str, finding: Finding) -> HealthReport:
        return replace(super()._report(component, finding), observed_since=self._watching_since)


class SharesOneBeginning(AsyncHealth):
    """Keeps one moment for all its servers, and moves it when any of them changes."""

    NAMES = ("sessions", "pages")

    def __init__(self) -> None:
        super().__init__()
        self._statuses: list[HealthStatus | str] = []
        self._since = datetime.now(UTC)

    async def health_check(self) -> Sequence[HealthReport]:
        reports = await super().health_check()
        now, statuses = datetime.now(UTC), [report.status for report in reports]
        if statuses != self._statuses:
            self._statuses, self._since = statuses, now
        return [replace(report, checked_at=now, observed_since=self._since) for report in reports]


class MovesWithItsMessage(SyncHealth):
    """Begins anew when the message is another one, and the message counts the answers."""

    def __init__(self) -> None:
        super().__init__()
        self._answers = 0

    def _found(self, server: SyncServer) -> Finding:
        status, message = super()._found(server)
        self._answers += 1
        return status, f"{message}, {self._answers} in all"

    def _report(self, component: str, finding: Finding) -> HealthReport:
        report = super()._report(f"{component} {finding[1]}", finding)
        return replace(report, component=component)


class BeginsAnewContract(ServerHarness):
    def create(self) -> BeginsAnew:
        return BeginsAnew()


class NeverMovesContract(ServerHarness):
    def create(self) -> NeverMoves:
        return NeverMoves()


class SharesOneBeginningContract(ServerHarness):
    def create(self) -> SharesOneBeginning:
        return SharesOneBeginning()


class MovesWithItsMessageContract(ServerHarness):
    def create(self) -> MovesWithItsMessage:
        return MovesWithItsMessage()


SUBJECTS = [
    Broken(BeginsAnewContract, ("HLT-016",), "observed_since is 2026-01-01 00:01:01.100000+00:00"),
    Broken(NeverMovesContract, ("HLT-016",), "observed_since is 2026-01-01 00:00:00+00:00"),
    Broken(SharesOneBeginningContract, ("HLT-016",), "observed_since of ('cache', 'pages') stays"),
    Broken(MovesWithItsMessageContract, ("HLT-016",), "observed_since is 2026-01-01 00:01:01.100000+00:00"),
]
