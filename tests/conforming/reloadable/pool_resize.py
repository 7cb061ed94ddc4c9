"""A module that resizes its pool before it swaps, and undoes the resize when it cannot go on."""

import asyncio
from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

from .values import Values, count, merged, text

RULES = {"pool.size": count, "pool.wait": count, "pool.host": text}


class Pool:
    """Opens connections one by one, which takes time; closes them at once."""

    def __init__(self, size: int) -> None:
        self.size = size

    async def grow(self, size: int) -> None:
        while self.size < size:
            await asyncio.sleep(0.1)
            self.size += 1

    def shrink(self, size: int) -> None:
        self.size = min(self.size, size)


class PooledModule:
    """Grows before the swap and shrinks after it: it never promises what it does not have."""

    reload_timeout = timedelta(seconds=20)

    def __init__(self) -> None:
        self._values: Values = {"pool.size": 2, "pool.wait": 5}
        self._turn = asyncio.Lock()
        self.pool = Pool(2)

    def can_reload(self) -> bool:
        return True

    def settings(self) -> Values:
        return dict(self._values)

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._turn:
            draft, size = merged(self._values, changes, RULES), self.pool.size
            wanted = draft.get("pool.size", 1)
            assert isinstance(wanted, int)
            try:
                await self.pool.grow(wanted)
            except BaseException:
                self.pool.shrink(size)
                raise
            self.pool.shrink(wanted)
            self._values = draft


class PooledModuleContract(ReloadableHarness):
    def create(self) -> PooledModule:
        return PooledModule()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("pool.size", 2, 5),
            ConfigChange.modified("pool.wait", 5, 8),
            ConfigChange.added("pool.host", "db-2"),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("pool.size", 2, 4), ConfigChange.added("pool.host", "db-3")]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("pool.size", 2, 6),
            ConfigChange.modified("pool.wait", 5, "long"),
        ]

    def snapshot(self, subject: PooledModule) -> object:
        return subject.settings()
