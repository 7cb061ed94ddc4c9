"""A provider whose check is a plain function that answers with a task it has started already."""

import asyncio

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import AsyncStore, Beginnings, StoreHarness


class StartedCheck:
    """Whoever awaits the task and is cancelled cancels it too, so nothing has to be done about it."""

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()

    def health_check(self) -> "asyncio.Task[list[HealthReport]]":
        return asyncio.ensure_future(self._checked())

    async def _checked(self) -> list[HealthReport]:
        status = HealthStatus.HEALTHY
        ping = asyncio.create_task(self.store.ping())
        try:
            done, _ = await asyncio.wait({ping}, timeout=2.0)
            if not done or ping.exception() is not None:
                status = HealthStatus.UNHEALTHY
        finally:
            ping.cancel()
            await asyncio.wait({ping})
        checked_at, since = self._beginnings.noted("store", status)
        return [HealthReport("export", "store", status, "", checked_at, since)]


class StartedCheckContract(StoreHarness):
    def create(self) -> StartedCheck:
        return StartedCheck(AsyncStore())
