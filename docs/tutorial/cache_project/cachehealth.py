"""Whether the store behind the cache is in order, told twice."""

import asyncio
from datetime import UTC, datetime

from pytest_policy_contracts import HealthReport, HealthStatus

PASSWORD = "pw-store-5be1f0"


class Store:
    """A stand-in for the store: it answers after a while, refuses or hangs."""

    def __init__(self) -> None:
        self.fault = ""

    async def ping(self) -> None:
        if self.fault == "refuses":
            raise ConnectionRefusedError(f"redis://cache:{PASSWORD}@store.internal refused the connection")
        if self.fault == "hangs":
            await asyncio.Event().wait()
        await asyncio.sleep(0.05)


class CacheHealth:
    """Asks the store each time, gives up after two seconds, and quotes no error: there is a password in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._status: HealthStatus | None = None
        self._since = datetime.now(UTC)

    async def health_check(self) -> list[HealthReport]:
        return [await self._report()]

    async def _report(self) -> HealthReport:
        try:
            async with asyncio.timeout(2):
                await self.store.ping()
        except (TimeoutError, ConnectionError) as error:
            return self._noted(HealthStatus.UNHEALTHY, type(error).__name__)
        return self._noted(HealthStatus.HEALTHY, "answered")

    def _noted(self, status: HealthStatus, message: str) -> HealthReport:
        now = datetime.now(UTC)
        if status is not self._status:
            self._status, self._since = status, now
        return HealthReport("cache", "store", status, message, checked_at=now, observed_since=self._since)


class RosyCacheHealth(CacheHealth):
    """Does the same, and is quiet about hiccups: what the store cannot say now is what it said last."""

    def _noted(self, status: HealthStatus, message: str) -> HealthReport:
        return super()._noted(self._status or status, message)
