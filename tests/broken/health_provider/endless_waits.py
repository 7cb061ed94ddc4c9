"""Checks that do not end in time, or see nothing wrong, while their server hangs: HLT-007.

They are in time as long as the server answers or refuses.
"""

import asyncio

from pytest_policy_contracts import HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, AsyncServer, Finding, ServerHarness, SyncHealth, SyncServer


class HasNoLimit(AsyncHealth):
    """Awaits the server for as long as it takes."""

    async def _found(self, server: AsyncServer) -> Finding:
        try:
            await self._ping_without_limit(server)
        except ConnectionError:
            return HealthStatus.UNHEALTHY, "the server cannot be reached"
        return HealthStatus.HEALTHY, "answered"

    async def _ping_without_limit(self, server: AsyncServer) -> None:
        await server.ping()


class RetriesForEver(SyncHealth):
    """Has a limit, swallows that it has passed, and asks again."""

    def _found(self, server: SyncServer) -> Finding:
        while True:
            try:
                server.ping(self.LIMIT_SECONDS)
            except TimeoutError:
                continue
            except ConnectionError:
                return HealthStatus.UNHEALTHY, "the server cannot be reached"
            return HealthStatus.HEALTHY, "answered"


class LimitsEachAttempt(AsyncHealth):
    """Gives each of three attempts two seconds, which is six seconds in all."""

    ATTEMPTS = 3

    async def _found(self, server: AsyncServer) -> Finding:
        finding = await super()._found(server)
        for _ in range(self.ATTEMPTS - 1):
            if finding[0] is HealthStatus.HEALTHY:
                break
            finding = await super()._found(server)
        return finding


class TakesSilenceForLoad(SyncHealth):
    """Takes a server that does not answer for a busy one, which is healthy."""

    def _found(self, server: SyncServer) -> Finding:
        try:
            server.ping(self.LIMIT_SECONDS)
        except TimeoutError:
            return HealthStatus.HEALTHY, "the server is busy"
        except ConnectionError:
            return HealthStatus.UNHEALTHY, "the server cannot be reached"
        return HealthStatus.HEALTHY, "answered"


class TakesMillisecondsForSeconds(AsyncHealth):
    """Hands a limit in milliseconds to something that wants seconds."""

    LIMIT_SECONDS = 2000


class LimitsOnlyTheConnecting(SyncHealth):
    """Sets the limit for connecting, which always works out, and none for the answer."""

    def _found(self, server: SyncServer) -> Finding:
        connection = self._connected(server, timeout=self.LIMIT_SECONDS)
        try:
            connection.ping()
        except ConnectionError:
            return HealthStatus.UNHEALTHY, "the server cannot be reached"
        return HealthStatus.HEALTHY, "answered"

    def _connected(self, server: SyncServer, timeout: float) -> SyncServer:
        return server


class KeepsItsLimitToItself(AsyncHealth):
    """Limits its own wait, and then waits for the ping it has given up without cancelling it."""

    async def _found(self, server: AsyncServer) -> Finding:
        ping = asyncio.create_task(server.ping())
        try:
            await asyncio.wait({ping}, timeout=self.LIMIT_SECONDS)
            await ping
        except ConnectionError:
            return HealthStatus.UNHEALTHY, "the server cannot be reached"
        finally:
            ping.cancel()
        return HealthStatus.HEALTHY, "answered"


class HasNoLimitContract(ServerHarness):
    def create(self) -> HasNoLimit:
        return HasNoLimit()


class RetriesForEverContract(ServerHarness):
    def create(self) -> RetriesForEver:
        return RetriesForEver()


class LimitsEachAttemptContract(ServerHarness):
    def create(self) -> LimitsEachAttempt:
        return LimitsEachAttempt()


class TakesSilenceForLoadContract(ServerHarness):
    def create(self) -> TakesSilenceForLoad:
        return TakesSilenceForLoad()


class TakesMillisecondsForSecondsContract(ServerHarness):
    def create(self) -> TakesMillisecondsForSeconds:
        return TakesMillisecondsForSeconds()


class LimitsOnlyTheConnectingContract(ServerHarness):
    def create(self) -> LimitsOnlyTheConnecting:
        return LimitsOnlyTheConnecting()


class KeepsItsLimitToItselfContract(ServerHarness):
    def create(self) -> KeepsItsLimitToItself:
        return KeepsItsLimitToItself()


SUBJECTS = [
    Broken(HasNoLimitContract, ("HLT-007",), "await asyncio.event().wait()"),
    Broken(RetriesForEverContract, ("HLT-007",), "200000 switch points and no end"),
    Broken(LimitsEachAttemptContract, ("HLT-007",), "await asyncio.event().wait()"),
    Broken(TakesSilenceForLoadContract, ("HLT-007",), "is healthy (the server is busy)"),
    Broken(TakesMillisecondsForSecondsContract, ("HLT-007",), "await asyncio.event().wait()"),
    Broken(LimitsOnlyTheConnectingContract, ("HLT-007",), "in ping waits for notification"),
    Broken(KeepsItsLimitToItselfContract, ("HLT-007",), "await ping"),
]
