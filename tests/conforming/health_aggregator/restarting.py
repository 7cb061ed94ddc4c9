"""A change of its providers cuts off what is under way: it is begun again at once, for the same callers."""

import asyncio
from typing import Any

from pytest_policy_contracts import AggregatedHealth, AggregatorConfig, HealthAggregatorHarness
from pytest_policy_contracts.contracts import Publish

from .parts import ask_all, summed_up
from .worker import Worker


class Restarting(Worker):
    """As the worker, but that it does not wait for answers which it will not use."""

    def __init__(self, config: AggregatorConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._asking: asyncio.Task[Any] | None = None

    def add_provider(self, name: str, provider: Any, /, *, optional: bool = False) -> None:
        super().add_provider(name, provider, optional=optional)
        self._restart()

    def remove_provider(self, name: str, /) -> None:
        super().remove_provider(name)
        self._restart()

    def _restart(self) -> None:
        if self._asking is not None:
            self._asking.cancel()

    async def _evaluated(self) -> AggregatedHealth:
        timeout = self._config.provider_timeout.total_seconds()
        while True:
            version = self._registry.version
            asking = ask_all(list(self._registry.entries.values()), timeout, self._running)
            self._asking = asyncio.ensure_future(asking)
            try:
                await asyncio.wait([self._asking])
            finally:
                self._asking.cancel()
            if version == self._registry.version and not self._asking.cancelled():
                break
        self._kept = answer = summed_up(self._asking.result())
        self._expires = asyncio.get_running_loop().time() + self._config.cache_ttl.total_seconds()
        self._teller.evaluated(answer)
        return answer


class RestartingContract(HealthAggregatorHarness):
    def create(self, config: AggregatorConfig, publish: Publish, /) -> Restarting:
        return Restarting(config, publish)
