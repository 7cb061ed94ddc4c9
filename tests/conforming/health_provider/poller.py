"""A provider with a background poller, which the first check starts and `close` ends."""

import asyncio
from copy import deepcopy

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import AsyncStore, Beginnings, StoreHarness


class PolledStore:
    """Answers with what the last poll found, at most 12 s ago; the first callers wait for the first poll.

    A check that is cancelled only stops waiting: the poller belongs to the provider, not to a caller.
    """

    PAUSE_SECONDS = 10.0
    LIMIT_SECONDS = 2.0

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()
        self._latest: list[HealthReport] = []
        self._polled = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None

    async def health_check(self) -> list[HealthReport]:
        if self._poller is None:
            self._poller = asyncio.create_task(self._poll(), name="store-poller")
        await self._polled.wait()
        return deepcopy(self._latest)

    async def _poll(self) -> None:
        while True:
            self._latest = [await self._asked()]
            self._polled.set()
            await asyncio.sleep(self.PAUSE_SECONDS)

    async def _asked(self) -> HealthReport:
        status, message = HealthStatus.HEALTHY, "answered"
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                await self.store.ping()
        except OSError as error:
            status, message = HealthStatus.UNHEALTHY, type(error).__name__
        checked_at, since = self._beginnings.noted("store", status)
        details = {"every_s": self.PAUSE_SECONDS, "tags": {"zone": ["a", "b"]}}
        return HealthReport("feed", "store", status, message, checked_at, since, details=details)

    async def close(self) -> None:
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait({self._poller})


class PolledStoreContract(StoreHarness):
    def create(self) -> PolledStore:
        return PolledStore(AsyncStore())

    async def dispose(self, subject: PolledStore) -> None:
        await subject.close()
