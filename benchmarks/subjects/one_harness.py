"""A simple subject with every capability, as an adopter would write it: what `whole_contract` checks."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

TOKEN, NEXT_TOKEN, REFUSED_TOKEN = "tok-1c7e90aa", "tok-95b2d3f4", "tok-f00d2b1c"


class Cache:
    """Drafts, warms up, swaps; one reload at a time."""

    reload_timeout = timedelta(seconds=30)

    def __init__(self) -> None:
        self.settings: dict[str, object] = {"ttl": 30, "size": 10, "token": TOKEN}
        self._turn = asyncio.Lock()

    def can_reload(self) -> bool:
        return True

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        wanted = {change.path.removeprefix("cache."): change.new for change in changes}
        async with self._turn:
            draft = self._drafted(wanted)
            await asyncio.sleep(0.2)
            self.settings = draft

    def _drafted(self, wanted: dict[str, object]) -> dict[str, object]:
        draft = dict(self.settings)
        for name, value in wanted.items():
            if isinstance(value, int) and value <= 0:
                raise ValueError(f"{name} has to be above zero")
            if name in draft:
                draft[name] = value
        return draft


class CacheContract(ReloadableHarness):
    """Every clause can be tested."""

    def create(self) -> Cache:
        return Cache()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.ttl", 30, 60),
            ConfigChange.modified("cache.size", 10, 20),
            ConfigChange.modified("cache.token", TOKEN, NEXT_TOKEN, sensitive=True),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("cache.ttl", 30, 90)]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.token", TOKEN, REFUSED_TOKEN, sensitive=True),
            ConfigChange.modified("cache.ttl", 30, -1),
        ]

    def snapshot(self, cache: Cache) -> object:
        return cache.settings

    def secrets(self) -> list[str]:
        return [TOKEN, NEXT_TOKEN, REFUSED_TOKEN]
