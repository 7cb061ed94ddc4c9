"""Reloads that did not expect to be handed nothing: RLD-003."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    AsyncSettings,
    SettingsHarness,
    SyncSettings,
    Values,
    checked,
    initial_values,
    known,
    put,
)


class EmptyMeansFactory(SyncSettings):
    """Reads "no overrides" as "back to the factory settings"."""

    FACTORY_SIZE = 10

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        if not changes:
            return {**initial_values(), "cache.size": self.FACTORY_SIZE}
        return super()._draft(changes)


class WaitsForNobody(AsyncSettings):
    """Checks the changes in tasks of their own and waits for a set that may be empty."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = known(deepcopy(list(changes)))
        async with self._lock:
            values = await self._checked_together(changes)
            draft = dict(self._values)
            for change, value in zip(changes, values, strict=True):
                put(draft, change.path, value)
            self._values = draft

    async def _checked_together(self, changes: Sequence[ConfigChange]) -> list[object]:
        tasks = [asyncio.create_task(self._check(change)) for change in changes]
        try:
            await asyncio.wait(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return [task.result() for task in tasks]

    async def _check(self, change: ConfigChange) -> object:
        await asyncio.sleep(0.05)
        return checked(change)


class NoWorkersForNoChanges(SyncSettings):
    """Gives every change a worker, and therefore none to an empty set."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = dict(self._values)
        with ThreadPoolExecutor(max_workers=len(changes)) as workers:
            values = list(workers.map(checked, known(changes)))
        for change, value in zip(known(changes), values, strict=True):
            put(draft, change.path, value)
        return draft


class EmptyMeansFactoryContract(SettingsHarness):
    def create(self) -> EmptyMeansFactory:
        return EmptyMeansFactory()


class WaitsForNobodyContract(SettingsHarness):
    def create(self) -> WaitsForNobody:
        return WaitsForNobody()


class NoWorkersForNoChangesContract(SettingsHarness):
    def create(self) -> NoWorkersForNoChanges:
        return NoWorkersForNoChanges()


SUBJECTS = [
    Broken(EmptyMeansFactoryContract, ("RLD-003",), "cache.size"),
    Broken(WaitsForNobodyContract, ("RLD-003",), "tasks/futures"),
    Broken(NoWorkersForNoChangesContract, ("RLD-003",), "max_workers"),
]
