"""Statuses in words, or things, that are not the contract's: HLT-003.

Each of them says correctly when its server is out of order, in the contract's words or by raising.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, AsyncServer, Finding, ServerHarness, SyncHealth, SyncServer


class SaysUp(AsyncHealth):
    """Calls healthy "up", as the framework did that it was written for."""

    def _report(self, component: str, finding: Finding) -> HealthReport:
        report = super()._report(component, finding)
        return replace(report, status="up") if report.status is HealthStatus.HEALTHY else report


class AnswersTrue(SyncHealth):
    """Lets the client's errors out; what is left to report is that the server answered: True."""

    def _found(self, server: SyncServer) -> Finding:
        server.ping(self.LIMIT_SECONDS)
        return HealthStatus.HEALTHY, "answered"

    def _report(self, component: str, finding: Finding) -> HealthReport:
        answered: Any = True
        return replace(super()._report(component, finding), status=answered)


class PassesOnTheCode(AsyncHealth):
    """Passes on the status of the HTTP answer, and raises for those from 400 on."""

    async def _found(self, server: AsyncServer) -> Finding:
        finding = await super()._found(server)
        if finding[0] is not HealthStatus.HEALTHY:
            raise ConnectionError(f"503 {finding[1]}")
        return finding

    def _report(self, component: str, finding: Finding) -> HealthReport:
        code: Any = 200
        return replace(super()._report(component, finding), status=code)


class Verdict(Enum):
    """The words of application/health+json."""

    PASS = "pass"
    WARN = "warn"


class SpeaksHealthJson(SyncHealth):
    """Says "pass" with an enum of its own, and raises for what would be "fail"."""

    def health_check(self) -> Sequence[HealthReport]:
        reports = super().health_check()
        if any(report.status is HealthStatus.UNHEALTHY for report in reports):
            raise ConnectionError("the cache fails its check")
        verdict: Any = Verdict.PASS
        return [replace(report, status=verdict) for report in reports]


class SaysUpContract(ServerHarness):
    def create(self) -> SaysUp:
        return SaysUp()


class AnswersTrueContract(ServerHarness):
    def create(self) -> AnswersTrue:
        return AnswersTrue()


class PassesOnTheCodeContract(ServerHarness):
    def create(self) -> PassesOnTheCode:
        return PassesOnTheCode()


class SpeaksHealthJsonContract(ServerHarness):
    def create(self) -> SpeaksHealthJson:
        return SpeaksHealthJson()


SUBJECTS = [
    Broken(SaysUpContract, ("HLT-003",), "status of cache/primary is 'up'"),
    Broken(AnswersTrueContract, ("HLT-003",), "status of cache/primary is true"),
    Broken(PassesOnTheCodeContract, ("HLT-003",), "status of cache/primary is 200"),
    Broken(SpeaksHealthJsonContract, ("HLT-003",), "<verdict.pass: 'pass'>"),
]
