"""Reloads that let a reader see settings that never belonged together: RLD-014.

Every one of them ends in a whole state, also when it is refused or cancelled; only who reads
while it is at work sees the mixture.
"""

import asyncio
import threading
from collections.abc import Sequence
from copy import deepcopy

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    AsyncSettings,
    ReloadError,
    SettingsHarness,
    SyncSettings,
    Values,
    checked,
    known,
    planned,
    put,
)


class WritesOneByOne(AsyncSettings):
    """Installs one setting after the other, in public, and takes all back when it fails."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._lock:
            plan, before = planned(changes), dict(self._values)
            try:
                for path, value in plan:
                    put(self._values, path, value)
                    await asyncio.sleep(0.05)
            except BaseException:
                self._values = before
                raise


class WorkerPool:
    """Holds two settings in two attributes, and assigns them one line after the other."""

    reload_timeout = SyncSettings.reload_timeout

    def __init__(self) -> None:
        self._size = 10
        self._idle = 2
        self._lock = threading.Lock()

    def can_reload(self) -> bool:
        return True

    def settings(self) -> Values:
        return {"pool.size": self._size, "pool.idle": self._idle}

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        with self._lock:
            size, idle = self._size, self._idle
            for change in changes:
                if change.path == "pool.size":
                    size = self._count(change)
                elif change.path == "pool.idle":
                    idle = self._count(change)
            self._size = size
            self._idle = idle

    @staticmethod
    def _count(change: ConfigChange) -> int:
        if type(change.new) is not int or change.new < 1:
            raise ReloadError(f"{change.path} has to be a number above zero")
        return change.new


class ClearsAndFills(SyncSettings):
    """Keeps its dict for the sake of those who hold it: clears it, then fills it."""

    def reload(self, changes: Sequence[ConfigChange]) -> object:
        with self._lock:
            draft = self._draft(deepcopy(list(changes)))
            self._values.clear()
            self._values.update(draft)
        return None


class TakesBackInSteps(AsyncSettings):
    """Swaps at once, but takes a cancelled reload back in two steps with a wait between them."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._lock:
            before, self._values = self._values, self._draft(changes)
            try:
                await self._prepare(self._values)
            except asyncio.CancelledError:
                await self._take_back(before)
                raise

    async def _take_back(self, before: Values) -> None:
        self._values = {**before, "cache.limits": self._values["cache.limits"]}
        try:
            await asyncio.sleep(0.1)
        finally:
            self._values = before


class ProbesInPublic(AsyncSettings):
    """Publishes first, probes the result, and takes back what the probe does not like."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = known(deepcopy(list(changes)))
        async with self._lock:
            before, self._values = self._values, self._unchecked(changes)
            try:
                await self._prepare(self._values)
                for change in changes:
                    checked(change)
            except BaseException:
                self._values = before
                raise

    def _unchecked(self, changes: Sequence[ConfigChange]) -> Values:
        removed = {change.path for change in changes if change.kind == "removed"}
        values = {**self._values, **{change.path: change.new for change in changes}}
        return {path: value for path, value in values.items() if path not in removed}


class WritesOneByOneContract(SettingsHarness):
    def create(self) -> WritesOneByOne:
        return WritesOneByOne()


class WorkerPoolContract(SettingsHarness):
    def create(self) -> WorkerPool:
        return WorkerPool()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("pool.size", 10, 20),
            ConfigChange.modified("pool.idle", 2, 4),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("pool.size", 10, 30)]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("pool.size", 10, 25),
            ConfigChange.modified("pool.idle", 2, 0),
        ]


class ClearsAndFillsContract(SettingsHarness):
    def create(self) -> ClearsAndFills:
        return ClearsAndFills()


class TakesBackInStepsContract(SettingsHarness):
    def create(self) -> TakesBackInSteps:
        return TakesBackInSteps()


class ProbesInPublicContract(SettingsHarness):
    def create(self) -> ProbesInPublic:
        return ProbesInPublic()


SUBJECTS = [
    Broken(WritesOneByOneContract, ("RLD-014",), "cache.ttl"),
    Broken(WorkerPoolContract, ("RLD-014",), "pool.size"),
    Broken(ClearsAndFillsContract, ("RLD-014",), "cache.ttl"),
    Broken(TakesBackInStepsContract, ("RLD-014",), "cache.limits"),
    Broken(ProbesInPublicContract, ("RLD-014",), "-1"),
]
