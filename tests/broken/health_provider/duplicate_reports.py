"""Answers in which two reports are about the same thing: HLT-004."""

from collections.abc import Sequence
from dataclasses import replace

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, ServerHarness, SyncHealth


class NamesReplicasAlike(AsyncHealth):
    """Reports two replicas, and calls both the replica."""

    NAMES = ("replica-1", "replica-2")

    async def health_check(self) -> Sequence[HealthReport]:
        return [replace(report, component="replica") for report in await super().health_check()]


class NamesShardsByHost(SyncHealth):
    """Names its shards by their host, which two of them share."""

    NAMES = ("cache-a:6379", "cache-b:6379", "cache-a:6380")

    LIMIT_SECONDS = 1.0

    def health_check(self) -> Sequence[HealthReport]:
        return [replace(report, component=report.component.partition(":")[0]) for report in super().health_check()]


class SumsUpUnderTheSameName(AsyncHealth):
    """Adds a summary of its two databases, under the name that one of them has."""

    NAMES = ("cache", "locks")

    async def health_check(self) -> Sequence[HealthReport]:
        reports = await super().health_check()
        worst = HealthStatus.worst(HealthStatus(report.status) for report in reports)
        *_, first = sorted(reports, key=lambda report: report.status == worst)
        return [*reports, replace(first, component="cache", message="in all", details=self._details())]


class NamesReplicasAlikeContract(ServerHarness):
    def create(self) -> NamesReplicasAlike:
        return NamesReplicasAlike()


class NamesShardsByHostContract(ServerHarness):
    def create(self) -> NamesShardsByHost:
        return NamesShardsByHost()


class SumsUpUnderTheSameNameContract(ServerHarness):
    def create(self) -> SumsUpUnderTheSameName:
        return SumsUpUnderTheSameName()


SUBJECTS = [
    Broken(NamesReplicasAlikeContract, ("HLT-004",), "2 for ('cache', 'replica')"),
    Broken(NamesShardsByHostContract, ("HLT-004",), "2 for ('cache', 'cache-a')"),
    Broken(SumsUpUnderTheSameNameContract, ("HLT-004",), "2 for ('cache', 'cache')"),
]
