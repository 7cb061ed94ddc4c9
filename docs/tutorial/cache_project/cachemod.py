"""A cache whose settings can change while it runs, written twice."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from pytest_policy_contracts import ConfigChange

DEFAULTS = {"ttl": 30, "size": 10}


class Pool:
    """The connections behind the cache; opening one takes a while."""

    def __init__(self, size: int) -> None:
        self.size = size

    @classmethod
    async def open(cls, size: int) -> "Pool":
        await asyncio.sleep(0.2)
        return cls(size)

    async def resize(self, size: int) -> None:
        await asyncio.sleep(0.2)
        self.size = size


class CacheModule:
    """Prepares what may fail or wait, and takes it over in one step at the end."""

    reload_timeout = timedelta(seconds=5)

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._state = (DEFAULTS["ttl"], Pool(DEFAULTS["size"]))

    def can_reload(self) -> bool:
        return True

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        async with self._turn:
            wanted = merged(self.settings(), changes)
            pool = await Pool.open(wanted["size"])
            self._state = (wanted["ttl"], pool)

    def settings(self) -> dict[str, int]:
        ttl, pool = self._state
        return {"ttl": ttl, "size": pool.size}


class HastyCacheModule:
    """Does the same, and looks as good: each setting is taken over as soon as it is known."""

    reload_timeout = timedelta(seconds=5)

    def __init__(self) -> None:
        self.ttl = DEFAULTS["ttl"]
        self.pool = Pool(DEFAULTS["size"])

    def can_reload(self) -> bool:
        return True

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        wanted = merged(self.settings(), changes)
        self.ttl = wanted["ttl"]
        await self.pool.resize(wanted["size"])

    def settings(self) -> dict[str, int]:
        return {"ttl": self.ttl, "size": self.pool.size}


def merged(settings: dict[str, int], changes: Sequence[ConfigChange]) -> dict[str, int]:
    """Answer the settings after the changes; a value that makes no sense raises `ValueError`."""
    wanted = dict(settings)
    for change in changes:
        name = change.path.removeprefix("cache.")
        if name not in DEFAULTS:
            continue
        if not isinstance(change.new, int) or change.new <= 0:
            raise ValueError(f"{change.path} has to be a whole number above zero")
        wanted[name] = change.new
    return wanted
