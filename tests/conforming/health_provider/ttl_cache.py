"""A provider that pings at most every 30 s while all is well, and says how old its answer is."""

import asyncio
from copy import deepcopy
from datetime import UTC, datetime, timedelta

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import AsyncStore, Beginnings, StoreHarness


class CachedPing:
    """Keeps good answers only: trouble shows within the 30 s, and the end of it at once.

    The time limit includes the wait for whoever refreshes already, so that callers who queue up
    behind a store that hangs do not wait one after the other.
    """

    TTL = timedelta(seconds=30)

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()
        self._turn = asyncio.Lock()
        self._kept: HealthReport | None = None

    async def health_check(self) -> list[HealthReport]:
        try:
            async with asyncio.timeout(2):
                report = await self._recent()
        except TimeoutError:
            report = self._report(HealthStatus.UNHEALTHY, "no answer within 2 s")
        except OSError as error:
            report = self._report(HealthStatus.UNHEALTHY, str(error))
        return [deepcopy(report)]

    async def _recent(self) -> HealthReport:
        if self._is_stale():
            async with self._turn:
                if self._is_stale():
                    self._kept = None
                    await self.store.ping()
                    self._kept = self._report(HealthStatus.HEALTHY, "answered")
        assert self._kept is not None
        return self._kept

    def _is_stale(self) -> bool:
        return self._kept is None or datetime.now(UTC) - self._kept.checked_at >= self.TTL

    def _report(self, status: HealthStatus, message: str) -> HealthReport:
        checked_at, since = self._beginnings.noted("replica", status)
        details = {"replicas": [{"name": "a", "lag_s": 0.0}, {"name": "b", "lag_s": 0.2}]}
        return HealthReport("orders", "replica", status, message, checked_at, since, details=details)


class CachedPingContract(StoreHarness):
    def create(self) -> CachedPing:
        return CachedPing(AsyncStore())
