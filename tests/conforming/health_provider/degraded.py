"""Providers that can do without what they watch: degraded is their worst, or the part is optional."""

import asyncio

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import AsyncStore, Beginnings, StoreHarness, SyncStore


class SearchIndex:
    """Falls back to a slower search when the index is gone, and says so."""

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()

    async def health_check(self) -> list[HealthReport]:
        try:
            await asyncio.wait_for(self.store.ping(), timeout=1.5)
        except (TimeoutError, ConnectionError):
            return [self._report(HealthStatus.DEGRADED, "searching without the index")]
        return [self._report(HealthStatus.HEALTHY, "searching with the index")]

    def _report(self, status: HealthStatus, message: str) -> HealthReport:
        checked_at, since = self._beginnings.noted("index", status)
        return HealthReport("search", "index", status, message, checked_at, since, optional=True)


class MailRelay:
    """Reports its queue, which is always in order, beside an optional relay that may be away."""

    def __init__(self, store: SyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()

    def health_check(self) -> list[HealthReport]:
        relay = self._relay_status()
        return [
            self._report("queue", HealthStatus.HEALTHY, optional=False),
            self._report("relay", relay, optional=True),
        ]

    def _relay_status(self) -> HealthStatus:
        try:
            self.store.ping(timeout=2.0)
        except TimeoutError:
            return HealthStatus.UNKNOWN
        except OSError:
            return HealthStatus.UNHEALTHY
        return HealthStatus.HEALTHY

    def _report(self, component: str, status: HealthStatus, *, optional: bool) -> HealthReport:
        checked_at, since = self._beginnings.noted(component, status)
        return HealthReport("mail", component, status, status.value, checked_at, since, optional)


class SearchIndexContract(StoreHarness):
    def create(self) -> SearchIndex:
        return SearchIndex(AsyncStore("index"))


class MailRelayContract(StoreHarness):
    def create(self) -> MailRelay:
        return MailRelay(SyncStore("relay"))
