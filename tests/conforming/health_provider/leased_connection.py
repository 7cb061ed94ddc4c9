"""A provider that needs one of a few connections: it queues for one and always gives it back."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import AsyncStore, Beginnings, StoreHarness

_log = logging.getLogger("orders.health")


class LeasedPing:
    """One time limit covers queueing and asking; closing the lease takes a moment, also when cancelled."""

    LIMIT_SECONDS = 3.0

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()
        self._slots = asyncio.Semaphore(10)

    async def health_check(self) -> list[HealthReport]:
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS), self._lease():
                await self._asked()
        except OSError as error:
            _log.warning("the store is not in order: %s", type(error).__name__)
            return [self._report(HealthStatus.UNHEALTHY)]
        return [self._report(HealthStatus.HEALTHY)]

    @asynccontextmanager
    async def _lease(self) -> AsyncIterator[None]:
        async with self._slots:
            try:
                yield
            finally:
                await asyncio.sleep(0.01)

    async def _asked(self) -> None:
        """Ask once more where the connection turns out to be a stale one."""
        try:
            await self.store.ping()
        except ConnectionError:
            await asyncio.sleep(0.2)
            await self.store.ping()

    def _report(self, status: HealthStatus) -> HealthReport:
        checked_at, since = self._beginnings.noted("pool", status)
        details: dict[str, object] = {"size": 10, "free": None, "ratio": 0.5}
        return HealthReport("orders", "pool", status, f"the pool is {status}", checked_at, since, details=details)


class LeasedPingContract(StoreHarness):
    def create(self) -> LeasedPing:
        return LeasedPing(AsyncStore())
