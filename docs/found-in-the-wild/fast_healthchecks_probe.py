"""fast-healthchecks' `ProbeRunner`, held to the part of HealthAggregator about many checks in one answer.

Each provider is a `FunctionHealthCheck`, and an answer is one run of one probe with all of them. The library knows passed
and failed: that a report is degraded or optional does not reach it.
"""

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any

from fast_healthchecks.checks.function import FunctionHealthCheck
from fast_healthchecks.execution import Probe, ProbeRunner, RunPolicy

from pytest_policy_contracts import AggregatedHealth, AggregatorConfig, HealthAggregatorHarness, HealthReport


class ProbeHealth:
    """One probe; its checks come and go."""

    def __init__(self, policy: RunPolicy, check_timeout: timedelta) -> None:
        self._runner = ProbeRunner(policy)
        self._check_seconds = check_timeout.total_seconds()
        self._checks: dict[str, FunctionHealthCheck] = {}
        self.close = self._runner.close

    def add_provider(self, name: str, provider: Any, *, optional: bool = False) -> None:
        if name in self._checks:
            raise ValueError(f"there is a check {name!r}")

        async def has_passed() -> bool:
            reports = provider.health_check()
            reports = await reports if inspect.isawaitable(reports) else reports
            return all(report.status == "healthy" for report in reports)

        self._checks[name] = FunctionHealthCheck(func=has_passed, name=name, timeout=self._check_seconds)

    def remove_provider(self, name: str) -> None:
        del self._checks[name]

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        report = await self._runner.run(Probe("health", list(self._checks.values())))
        now = datetime.now(UTC)  # the library gives no time
        reports = [
            HealthReport(
                result.name, "", "healthy" if result.healthy else "unhealthy", result.error_details or "", now, now
            )
            for result in report.results
        ]
        status = "healthy" if report.healthy else "unhealthy"
        return AggregatedHealth(status, status, reports, now)


class ProbeTimeoutContract(HealthAggregatorHarness):
    """With the limit for a whole probe that the README shows."""

    def create(self, config: AggregatorConfig, publish: object) -> ProbeHealth:
        limit = round(config.provider_timeout / timedelta(milliseconds=1))
        return ProbeHealth(RunPolicy(mode="reporting", probe_timeout_ms=limit), check_timeout=timedelta(hours=1))


class CheckTimeoutContract(HealthAggregatorHarness):
    """With a limit for each check."""

    def create(self, config: AggregatorConfig, publish: object) -> ProbeHealth:
        return ProbeHealth(RunPolicy(mode="reporting"), check_timeout=config.provider_timeout)
