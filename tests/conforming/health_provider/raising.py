"""Providers that report nothing but health: where there is none, the error gets out."""

import asyncio
import threading
import time
from datetime import UTC, datetime

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import AsyncStore, StoreHarness, SyncStore


class AsyncRaising:
    """Answers with a tuple, or raises what the client or the time limit raises.

    Healthy since the last error: only what was seen to go wrong begins a new time.
    """

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self._since: datetime | None = None

    async def health_check(self) -> tuple[HealthReport, ...]:
        try:
            async with asyncio.timeout(3):
                await self.store.ping()
        except OSError:
            self._since = None
            raise
        now = datetime.now(UTC)
        self._since = self._since or now
        return (HealthReport("orders", "store", HealthStatus.HEALTHY, "", now, self._since),)


class MemoryUse:
    """Checks without any waiting, so that no time passes in between: sync and tiny.

    It needs no time limit: asking an allocator does not hang.
    """

    def __init__(self) -> None:
        self.exhausted = False
        self._since = datetime.now(UTC)

    def health_check(self) -> list[HealthReport]:
        if self.exhausted:
            self._since = datetime.now(UTC)
            raise MemoryError("the arena is exhausted")
        since = self._since
        return [HealthReport("worker", "memory", "Healthy", "", datetime.now(UTC), since)]


class SyncRaising:
    """Lets errors out; a check that ends in one ends the time in which all was well."""

    def __init__(self, store: SyncStore) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._since: datetime | None = None

    def health_check(self) -> list[HealthReport]:
        began = time.monotonic()
        try:
            self.store.ping(timeout=3.0)
        except OSError:
            with self._lock:
                self._since = None
            raise
        details = {"took_s": round(time.monotonic() - began, 3)}
        with self._lock:
            now = datetime.now(UTC)
            since = self._since = self._since or now
        return [HealthReport("orders", "store", "healthy", "", now, since, details=details)]


class AsyncRaisingContract(StoreHarness):
    def create(self) -> AsyncRaising:
        return AsyncRaising(AsyncStore())


class SyncRaisingContract(StoreHarness):
    def create(self) -> SyncRaising:
        return SyncRaising(SyncStore())


class MemoryUseContract(StoreHarness):
    hang_dependency = None  # type: ignore[assignment]
    secrets = None  # type: ignore[assignment]

    def create(self) -> MemoryUse:
        return MemoryUse()

    def break_dependency(self, subject: MemoryUse, /) -> None:  # type: ignore[override]
        subject.exhausted = True

    def restore_dependency(self, subject: MemoryUse, /) -> None:  # type: ignore[override]
        subject.exhausted = False
