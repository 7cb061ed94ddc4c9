"""A shared task for each evaluation, which callers shield; a forced one may run beside an older one."""

import asyncio
from dataclasses import dataclass
from typing import Any

from pytest_policy_contracts import AggregatedHealth, AggregatorConfig, HealthAggregatorHarness
from pytest_policy_contracts.contracts import Publish

from .parts import Registry, Sender, Tasks, Teller, ask_all, copied, end, started, summed_up


@dataclass
class Flight:
    """An evaluation: which set of providers it is of, and its number once it has begun."""

    version: int
    number: int = 0
    task: Any = None


class SharedTask:
    """Keeps and tells what a newer evaluation has not overtaken; callers of an overtaken set ask again."""

    def __init__(self, config: AggregatorConfig, publish: Publish) -> None:
        self._ttl, self._timeout = config.cache_ttl.total_seconds(), config.provider_timeout.total_seconds()
        self._registry = Registry()
        self._running: Tasks = set()
        self._teller = Teller(Sender(publish, self._running))
        self._begun = self._newest = 0
        self._flight: Flight | None = None
        self._kept: AggregatedHealth | None = None
        self._expires = 0.0

    def add_provider(self, name: str, provider: Any, /, *, optional: bool = False) -> None:
        self._registry.add(name, provider, optional)
        self._kept = None

    def remove_provider(self, name: str, /) -> None:
        self._registry.remove(name)
        self._kept = None

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        begun = self._begun if force_refresh else 0
        if not force_refresh and self._kept is not None and self._now() < self._expires:
            return copied(self._kept)
        while True:
            flight = self._joined(begun)
            answer: AggregatedHealth = await asyncio.shield(flight.task)
            if flight.version == self._registry.version:
                return copied(answer)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _joined(self, begun: int) -> Flight:
        flight = self._flight
        if (
            flight is None
            or flight.task.done()
            or flight.version != self._registry.version
            or 0 < flight.number <= begun
        ):
            flight = self._flight = Flight(self._registry.version)
            flight.task = started(self._evaluate(flight), self._running)
        return flight

    async def _evaluate(self, flight: Flight) -> AggregatedHealth:
        self._begun += 1
        flight.number = self._begun
        answer = summed_up(await ask_all(list(self._registry.entries.values()), self._timeout, self._running))
        if flight.version == self._registry.version and flight.number > self._newest:
            self._newest, self._kept, self._expires = flight.number, answer, self._now() + self._ttl
            self._teller.evaluated(answer)
        return answer

    async def close(self) -> None:
        await end(self._running)


class SharedTaskContract(HealthAggregatorHarness):
    def create(self, config: AggregatorConfig, publish: Publish, /) -> SharedTask:
        return SharedTask(config, publish)
