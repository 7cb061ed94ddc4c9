"""A lock in place of a single flight: whoever comes second waits, and takes what the first has found."""

import asyncio
from typing import Any

from pytest_policy_contracts import AggregatedHealth, AggregatorConfig, HealthAggregatorHarness
from pytest_policy_contracts.contracts import Publish

from .parts import Registry, Sender, Tasks, Teller, ask_all, copied, end, summed_up


class LockedHealth:
    """Evaluates in the task of the caller that has the lock. When that is cancelled, the next one begins anew.

    A forced caller takes the answer of an evaluation that began while it was waiting.
    """

    def __init__(self, config: AggregatorConfig, publish: Publish) -> None:
        self._config = config
        self._registry = Registry()
        self._lock = asyncio.Lock()
        self._running: Tasks = set()
        self._teller = Teller(Sender(publish, self._running))
        self._begun = 0
        self._kept: tuple[int, float, AggregatedHealth] | None = None

    def add_provider(self, name: str, provider: Any, /, *, optional: bool = False) -> None:
        self._registry.add(name, provider, optional)
        self._kept = None

    def remove_provider(self, name: str, /) -> None:
        self._registry.remove(name)
        self._kept = None

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        begun = self._begun
        if not force_refresh and self._is_fresh():
            return copied(self._kept[2])  # type: ignore[index]
        async with self._lock:
            if self._is_fresh() and (not force_refresh or self._kept[0] > begun):  # type: ignore[index]
                return copied(self._kept[2])  # type: ignore[index]
            return copied(await self._evaluate())

    def _is_fresh(self) -> bool:
        return self._kept is not None and asyncio.get_running_loop().time() < self._kept[1]

    async def _evaluate(self) -> AggregatedHealth:
        timeout = self._config.provider_timeout.total_seconds()
        while True:
            self._begun += 1
            number, version = self._begun, self._registry.version
            reports = await ask_all(list(self._registry.entries.values()), timeout, self._running)
            if version == self._registry.version:
                answer = summed_up(reports)
                expires = asyncio.get_running_loop().time() + self._config.cache_ttl.total_seconds()
                self._kept = (number, expires, answer)
                self._teller.evaluated(answer)
                return answer

    async def close(self) -> None:
        await end(self._running)


class LockedHealthContract(HealthAggregatorHarness):
    def create(self, config: AggregatorConfig, publish: Publish, /) -> LockedHealth:
        return LockedHealth(config, publish)
