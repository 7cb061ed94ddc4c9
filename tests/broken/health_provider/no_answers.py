"""Checks that do not show a working order as one: HLT-001."""

import asyncio
import time
from collections.abc import Sequence

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, AsyncServer, Finding, ServerHarness, SyncHealth, SyncServer


class UnknownUntilItsFirstPoll(AsyncHealth):
    """Polls in the background, but sleeps first: until the first poll it knows of nothing."""

    PAUSE_SECONDS = 10.0

    def __init__(self) -> None:
        super().__init__()
        self._finding: Finding = (HealthStatus.UNKNOWN, "not polled yet")
        self._poller = asyncio.create_task(self._poll(), name="cache-poller")

    async def health_check(self) -> Sequence[HealthReport]:
        return [self._report("primary", self._finding)]

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self.PAUSE_SECONDS)
            self._finding = await self._found(self.servers[0])

    async def close(self) -> None:
        self._poller.cancel()
        await asyncio.wait({self._poller})


class EmptyUntilItsFirstPoll(UnknownUntilItsFirstPoll):
    """Answers with an empty list for as long as nothing is cached."""

    async def health_check(self) -> Sequence[HealthReport]:
        if self._finding[0] is HealthStatus.UNKNOWN:
            return []
        return await super().health_check()


class ReportsOnlyTrouble(SyncHealth):
    """Leaves out what is healthy, because nobody needs to hear about it."""

    def health_check(self) -> Sequence[HealthReport]:
        return [report for report in super().health_check() if report.status != HealthStatus.HEALTHY]


class MistakesTheUnit(SyncHealth):
    """Measures in milliseconds and compares with a limit in seconds: everything is too slow."""

    SLOW = 0.5

    def _found(self, server: SyncServer) -> Finding:
        began = time.monotonic()
        finding = super()._found(server)
        took = (time.monotonic() - began) * 1000
        if took > self.SLOW:
            return HealthStatus.UNHEALTHY, "the server is too slow"
        return finding


class ReadsAMissingField(AsyncHealth):
    """Reads the version from an answer that has none; it was written against another server."""

    async def _found(self, server: AsyncServer) -> Finding:
        status, message = await super()._found(server)
        if status is HealthStatus.HEALTHY:
            message = f"version {self._info()['redis_version']}"
        return status, message

    def _info(self) -> dict[str, str]:
        return {"valkey_version": "8.0"}


class PollerHarness(ServerHarness):
    """For the two that have a poller to close."""

    async def dispose(self, subject: UnknownUntilItsFirstPoll, /) -> None:
        await subject.close()


class UnknownUntilItsFirstPollContract(PollerHarness):
    async def create(self) -> UnknownUntilItsFirstPoll:
        return UnknownUntilItsFirstPoll()


class EmptyUntilItsFirstPollContract(PollerHarness):
    async def create(self) -> EmptyUntilItsFirstPoll:
        return EmptyUntilItsFirstPoll()


class ReportsOnlyTroubleContract(ServerHarness):
    def create(self) -> ReportsOnlyTrouble:
        return ReportsOnlyTrouble()


class MistakesTheUnitContract(ServerHarness):
    def create(self) -> MistakesTheUnit:
        return MistakesTheUnit()


class ReadsAMissingFieldContract(ServerHarness):
    def create(self) -> ReadsAMissingField:
        return ReadsAMissingField()


SUBJECTS = [
    Broken(UnknownUntilItsFirstPollContract, ("HLT-001",), "cache/primary is unknown: not polled yet"),
    Broken(EmptyUntilItsFirstPollContract, ("HLT-001",), "[]"),
    Broken(ReportsOnlyTroubleContract, ("HLT-001",), "[]"),
    Broken(MistakesTheUnitContract, ("HLT-001",), "unhealthy: the server is too slow"),
    Broken(ReadsAMissingFieldContract, ("HLT-001",), "keyerror: 'redis_version'"),
]
