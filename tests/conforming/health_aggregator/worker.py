"""One worker that evaluates for everybody who has asked by then."""

import asyncio
from typing import Any

from pytest_policy_contracts import AggregatedHealth, AggregatorConfig, HealthAggregatorHarness
from pytest_policy_contracts.contracts import Publish

from .parts import Registry, Sender, Tasks, Teller, ask_all, copied, end, started, summed_up

Waiting = list["asyncio.Future[AggregatedHealth]"]


class Worker:
    """Callers leave a future; those who come while it is evaluating get that answer, or, if they force one, the next."""

    def __init__(self, config: AggregatorConfig, publish: Publish) -> None:
        self._config = config
        self._registry = Registry()
        self._running: Tasks = set()
        self._teller = Teller(Sender(publish, self._running))
        self._served: Waiting = []
        self._next: Waiting = []
        self._works = False
        self._kept: AggregatedHealth | None = None
        self._expires = 0.0

    def add_provider(self, name: str, provider: Any, /, *, optional: bool = False) -> None:
        self._registry.add(name, provider, optional)
        self._kept = None

    def remove_provider(self, name: str, /) -> None:
        self._registry.remove(name)
        self._kept = None

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        loop = asyncio.get_running_loop()
        if not force_refresh and self._kept is not None and loop.time() < self._expires:
            return copied(self._kept)
        future: asyncio.Future[AggregatedHealth] = loop.create_future()
        (self._next if force_refresh else self._served).append(future)
        if not self._works:
            self._works = True
            started(self._work(), self._running)
        return copied(await future)

    async def _work(self) -> None:
        try:
            while self._served or self._next:
                self._served, self._next = self._served + self._next, []
                answer = await self._evaluated()
                for future in self._served:
                    if not future.done():
                        future.set_result(answer)
                self._served = []
        finally:
            self._works = False
            for future in self._served + self._next:
                future.cancel()
            self._served, self._next = [], []

    async def _evaluated(self) -> AggregatedHealth:
        timeout = self._config.provider_timeout.total_seconds()
        while True:
            version = self._registry.version
            reports = await ask_all(list(self._registry.entries.values()), timeout, self._running)
            if version == self._registry.version:
                break
        self._kept = answer = summed_up(reports)
        self._expires = asyncio.get_running_loop().time() + self._config.cache_ttl.total_seconds()
        self._teller.evaluated(answer)
        return answer

    async def close(self) -> None:
        await end(self._running)


class WorkerContract(HealthAggregatorHarness):
    def create(self, config: AggregatorConfig, publish: Publish, /) -> Worker:
        return Worker(config, publish)
