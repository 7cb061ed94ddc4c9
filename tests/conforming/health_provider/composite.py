"""Providers of several components, asked side by side: each has its own limit and its own report."""

import asyncio
from collections.abc import Awaitable, Callable

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import AsyncStore, Beginnings, StoreHarness


class Shop:
    """Gathers three stores and sums them up; a store that fails takes no other with it."""

    def __init__(self, stores: list[AsyncStore]) -> None:
        self.store = stores[1]
        self._stores = stores
        self._beginnings = Beginnings()

    async def health_check(self) -> list[HealthReport]:
        reports = await asyncio.gather(*map(self._checked, self._stores))
        worst = HealthStatus.worst(HealthStatus(report.status) for report in reports)
        failing = [report.component for report in reports if report.status != HealthStatus.HEALTHY]
        return [*reports, self._report("overall", worst, {"failing": failing})]

    async def _checked(self, store: AsyncStore) -> HealthReport:
        try:
            async with asyncio.timeout(2):
                await store.ping()
        except OSError as error:
            return self._report(store.name, HealthStatus.UNHEALTHY, {"error": type(error).__name__})
        return self._report(store.name, HealthStatus.HEALTHY, {})

    def _report(self, component: str, status: HealthStatus, details: dict[str, object]) -> HealthReport:
        checked_at, since = self._beginnings.noted(component, status)
        return HealthReport("shop", component, status, "", checked_at, since, details=details)


class Gateway:
    """Asks parts of different kinds in a task group, where a part may be one that needs no waiting."""

    LIMIT_SECONDS = 2.5

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()
        self._parts: dict[str, Callable[[], Awaitable[str]]] = {
            "routes": self._count_routes,
            "upstream": store.ping,
        }

    async def health_check(self) -> list[HealthReport]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._checked(*part)) for part in self._parts.items()]
        return [task.result() for task in tasks]

    async def _checked(self, component: str, ask: Callable[[], Awaitable[str]]) -> HealthReport:
        status, message = HealthStatus.HEALTHY, ""
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                message = await ask()
        except Exception as error:
            status, message = HealthStatus.UNHEALTHY, type(error).__name__
        checked_at, since = self._beginnings.noted(component, status)
        return HealthReport("gateway", component, status, message, checked_at, since)

    async def _count_routes(self) -> str:
        return "12 routes"


class ShopContract(StoreHarness):
    def create(self) -> Shop:
        return Shop([AsyncStore("catalogue"), AsyncStore("basket"), AsyncStore("payments")])


class GatewayContract(StoreHarness):
    def create(self) -> Gateway:
        return Gateway(AsyncStore("upstream"))
