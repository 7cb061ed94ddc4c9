"""Modules that write in place, step by step, while readers wait at the lock."""

import asyncio
import threading
import time
from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

from .values import Values, count, merged, text

RULES = {"pool.size": count, "pool.idle": count, "pool.name": text}


class LockedPool:
    """One re-entrant lock around everything; only `can_reload` answers without it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._values: Values = {"pool.size": 10, "pool.idle": 2}

    def can_reload(self) -> bool:
        return True

    def reload_timeout(self) -> timedelta:
        return timedelta(seconds=5)

    def settings(self) -> Values:
        with self._lock:
            return dict(self._values)

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        with self._lock:
            target = merged(self.settings(), changes, RULES)
            for path in self._values.keys() - target.keys():
                del self._values[path]
            for path in sorted(target):
                self._values[path] = target[path]
                time.sleep(0.01)


class AwaitedPool:
    """Writes across suspension points; whoever reads awaits the lock, so sees it whole."""

    reload_timeout = timedelta(seconds=5)

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._values: Values = {"pool.size": 10, "pool.idle": 2}

    async def can_reload(self) -> bool:
        return True

    async def settings(self) -> Values:
        async with self._lock:
            return dict(self._values)

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._lock:
            before, target = self._values, merged(self._values, changes, RULES)
            try:
                await self._write(target)
            except BaseException:
                self._values = before
                raise

    async def _write(self, target: Values) -> None:
        self._values = {path: value for path, value in self._values.items() if path in target}
        for path in sorted(target):
            await asyncio.sleep(0.05)
            self._values[path] = target[path]


class PoolHarness(ReloadableHarness):
    """Two settings that belong together, and an optional one."""

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("pool.size", 10, 20),
            ConfigChange.modified("pool.idle", 2, 4),
            ConfigChange.added("pool.name", "edge"),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("pool.size", 10, 30)]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("pool.size", 10, 25),
            ConfigChange.modified("pool.idle", 2, 0),
        ]


class LockedPoolContract(PoolHarness):
    def create(self) -> LockedPool:
        return LockedPool()

    def snapshot(self, subject: LockedPool) -> object:
        return subject.settings()


class AwaitedPoolContract(PoolHarness):
    def create(self) -> AwaitedPool:
        return AwaitedPool()

    async def snapshot(self, subject: AwaitedPool) -> object:
        return await subject.settings()
