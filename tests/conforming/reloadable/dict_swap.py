"""The smallest modules that conform: one dict, replaced in one assignment."""

import threading
from collections.abc import Sequence
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

from .values import Values, count, merged, text

RULES = {"ttl": count, "size": count, "name": text, "note": text}


class AsyncDict:
    """Never waits, so no other task can come between its copy and its swap."""

    reload_timeout = timedelta(seconds=1)

    def __init__(self) -> None:
        self.values: Values = {"ttl": 30, "size": 10, "note": "first"}

    def can_reload(self) -> bool:
        return True

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        self.values = merged(self.values, changes, RULES)


class SyncDict:
    """Takes turns between threads, because another one may come between copy and swap."""

    reload_timeout = timedelta(seconds=1)

    def __init__(self) -> None:
        self.values: Values = {"ttl": 30, "size": 10, "note": "first"}
        self._turn = threading.Lock()

    def can_reload(self) -> bool:
        return True

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        with self._turn:
            self.values = merged(self.values, changes, RULES)


class DictHarness(ReloadableHarness):
    """Changes of every kind for the two modules."""

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("ttl", 30, 60),
            ConfigChange.added("name", "edge"),
            ConfigChange.removed("note", "first"),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("ttl", 30, 90), ConfigChange.modified("size", 10, 20)]

    def invalid_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("size", 10, 20), ConfigChange.modified("ttl", 30, -1)]

    def snapshot(self, subject: AsyncDict | SyncDict) -> object:
        return subject.values


class AsyncDictContract(DictHarness):
    def create(self) -> AsyncDict:
        return AsyncDict()


class SyncDictContract(DictHarness):
    def create(self) -> SyncDict:
        return SyncDict()
