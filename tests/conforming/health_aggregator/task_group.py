"""A task group in which each provider has somebody who watches it: those never hang, whatever the provider does."""

import asyncio
from collections.abc import Sequence

from pytest_policy_contracts import AggregatedHealth, AggregatorConfig, HealthAggregatorHarness, HealthReport
from pytest_policy_contracts.contracts import Publish

from .locked import LockedHealth
from .parts import Entry, ask, result_of, started, summed_up


class WatchedGroup(LockedHealth):
    """The group ends when every watcher has."""

    async def _evaluate(self) -> AggregatedHealth:
        while True:
            self._begun += 1
            number, version = self._begun, self._registry.version
            entries = [self._registry.entries[name] for name in sorted(self._registry.entries)]
            reports = await self._gathered(entries)
            if version == self._registry.version:
                answer = summed_up(reports)
                self._kept = (number, self._time() + self._config.cache_ttl.total_seconds(), answer)
                self._teller.evaluated(answer)
                return answer

    async def _gathered(self, entries: Sequence[Entry]) -> list[HealthReport]:
        async with asyncio.TaskGroup() as group:
            watchers = [group.create_task(self._watched(entry)) for entry in entries]
        return [report for watcher in watchers for report in watcher.result()]

    async def _watched(self, entry: Entry) -> list[HealthReport]:
        task = started(ask(entry), self._running)
        try:
            await asyncio.wait([task], timeout=self._config.provider_timeout.total_seconds())
        finally:
            task.cancel()
        return result_of(entry, task)

    def _time(self) -> float:
        return asyncio.get_running_loop().time()


class WatchedGroupContract(HealthAggregatorHarness):
    def create(self, config: AggregatorConfig, publish: Publish, /) -> WatchedGroup:
        return WatchedGroup(config, publish)
