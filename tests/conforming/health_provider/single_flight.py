"""Concurrent callers share one ping; whoever is cancelled leaves, and the last one takes it along."""

import asyncio
from copy import deepcopy

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import AsyncStore, Beginnings, StoreHarness


class Flight:
    """A ping under way, and how many callers wait for it."""

    def __init__(self, task: "asyncio.Task[list[HealthReport]]") -> None:
        self.task = task
        self.passengers = 0


class SharedPing:
    """Shields the shared task from each caller, and hands each a deep copy of its own.

    A flight that nobody waits for any more is cancelled: there is nothing left behind.
    """

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()
        self._flight: Flight | None = None

    async def health_check(self) -> list[HealthReport]:
        flight = self._flight
        if flight is None or flight.task.done():
            flight = self._flight = Flight(asyncio.create_task(self._ping()))
        flight.passengers += 1
        try:
            return deepcopy(await asyncio.shield(flight.task))
        finally:
            self._leave(flight)

    def _leave(self, flight: Flight) -> None:
        flight.passengers -= 1
        if not flight.passengers:
            flight.task.cancel()
            if self._flight is flight:
                self._flight = None

    async def _ping(self) -> list[HealthReport]:
        try:
            async with asyncio.timeout(2):
                answer = await self.store.ping()
        except TimeoutError:
            return [self._report(HealthStatus.UNHEALTHY, "silent", {})]
        except ConnectionError:
            return [self._report(HealthStatus.UNHEALTHY, "refused", {})]
        details: dict[str, object] = {"answer": answer, "path": ["lb", "store"]}
        return [self._report(HealthStatus.HEALTHY, "in order", details)]

    def _report(self, status: HealthStatus, message: str, details: dict[str, object]) -> HealthReport:
        checked_at, since = self._beginnings.noted("store", status)
        return HealthReport("orders", "store", status, message, checked_at, since, details=details)


class SharedPingContract(StoreHarness):
    def create(self) -> SharedPing:
        return SharedPing(AsyncStore())
