"""Values that the caller and the module hold in common: RLD-015."""

from collections.abc import Sequence
from typing import cast

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    AsyncSettings,
    SettingsHarness,
    SyncSettings,
    Values,
    checked,
    drafted,
    known,
    put,
)


class SortsWhatItGets(SyncSettings):
    """Sorts the caller's list in place, to apply the changes in a stable order."""

    def reload(self, changes: Sequence[ConfigChange]) -> object:
        cast(list[ConfigChange], changes).sort(key=lambda change: change.path)
        return super().reload(changes)


class EatsUpTheList(AsyncSettings):
    """Takes each change off the caller's list once it is done with it."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        todo = cast(list[ConfigChange], changes)
        async with self._lock:
            draft = dict(self._values)
            while todo:
                for change in known([todo.pop(0)]):
                    put(draft, change.path, checked(change))
            await self._prepare(draft)
            self._values = draft


class KeepsTheReference(AsyncSettings):
    """Stores the nested dict it was handed, not a copy of it."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = list(changes)
        async with self._lock:
            draft = self._draft(changes)
            await self._prepare(draft)
            self._values = draft

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = drafted(self._values, changes)
        handed = {change.path: change.new for change in known(changes) if change.path in draft}
        return {**draft, **handed}


class CopiesOneLevel(SyncSettings):
    """Copies the limits, but not the list of hosts inside them."""

    def reload(self, changes: Sequence[ConfigChange]) -> object:
        with self._lock:
            draft = drafted(self._values, changes)
            for change in known(changes):
                if isinstance(change.new, dict):
                    draft[change.path] = dict(change.new)
            self._prepare(draft)
            self._values = draft
        return None


class FillsInTheirDict(AsyncSettings):
    """Fills in a missing grace period, in the dict of the caller."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        for change in known(changes):
            if change.path == "cache.limits" and isinstance(change.new, dict):
                change.new.setdefault("grace", 2)
        await super().reload(changes)


class SortsWhatItGetsContract(SettingsHarness):
    def create(self) -> SortsWhatItGets:
        return SortsWhatItGets()


class EatsUpTheListContract(SettingsHarness):
    def create(self) -> EatsUpTheList:
        return EatsUpTheList()


class KeepsTheReferenceContract(SettingsHarness):
    def create(self) -> KeepsTheReference:
        return KeepsTheReference()


class CopiesOneLevelContract(SettingsHarness):
    def create(self) -> CopiesOneLevel:
        return CopiesOneLevel()


class FillsInTheirDictContract(SettingsHarness):
    def create(self) -> FillsInTheirDict:
        return FillsInTheirDict()

    def changes(self) -> list[ConfigChange]:
        limits = {"soft": 5, "grace": 2, "hosts": ["a", "b"]}
        return [
            ConfigChange.modified("cache.limits", limits, {"soft": 8, "hosts": ["a", "c"]}),
            *(change for change in super().changes() if change.path != "cache.limits"),
        ]


SUBJECTS = [
    Broken(SortsWhatItGetsContract, ("RLD-015",), "cache.ttl"),
    Broken(EatsUpTheListContract, ("RLD-015",), "cache.ttl"),
    Broken(KeepsTheReferenceContract, ("RLD-015",), "cache.limits"),
    Broken(CopiesOneLevelContract, ("RLD-015",), "hosts"),
    Broken(FillsInTheirDictContract, ("RLD-015",), "grace"),
]
