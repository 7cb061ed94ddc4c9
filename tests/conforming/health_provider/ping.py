"""The smallest providers: one ping with a time limit, and a report of what came of it."""

import asyncio

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import AsyncStore, Beginnings, StoreHarness, SyncStore


class AsyncPing:
    """Gives the ping two seconds with `asyncio.timeout`, which a cancellation passes through."""

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()

    async def health_check(self) -> list[HealthReport]:
        try:
            async with asyncio.timeout(2):
                await self.store.ping()
        except TimeoutError:
            return [self._report(HealthStatus.UNHEALTHY, "no answer within 2 s")]
        except OSError as error:
            return [self._report(HealthStatus.UNHEALTHY, type(error).__name__)]
        return [self._report(HealthStatus.HEALTHY, "answered")]

    def _report(self, status: HealthStatus, message: str) -> HealthReport:
        checked_at, since = self._beginnings.noted("connection", status)
        return HealthReport("orders", "connection", status, message, checked_at, since)


class SyncPing:
    """Leaves the time limit to the client, as one does with sockets; holds nothing meanwhile."""

    def __init__(self, store: SyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()

    def health_check(self) -> list[HealthReport]:
        status, message = self._pinged()
        checked_at, since = self._beginnings.noted("connection", status)
        details = {"limit_s": 2.0, "tried": ["ping"]}
        return [HealthReport("orders", "connection", status, message, checked_at, since, details=details)]

    def _pinged(self) -> tuple[HealthStatus, str]:
        try:
            self.store.ping(timeout=2.0)
        except TimeoutError:
            return HealthStatus.UNHEALTHY, "no answer within 2 s"
        except OSError as error:
            return HealthStatus.UNHEALTHY, type(error).__name__
        return HealthStatus.HEALTHY, "answered"


class AsyncPingContract(StoreHarness):
    def create(self) -> AsyncPing:
        return AsyncPing(AsyncStore())


class SyncPingContract(StoreHarness):
    def create(self) -> SyncPing:
        return SyncPing(SyncStore())
