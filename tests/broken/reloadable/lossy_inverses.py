"""Reloads that cannot be undone by the inverse changes: RLD-012."""

import json
from collections.abc import Sequence

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    AsyncSettings,
    SettingsHarness,
    SyncSettings,
    Values,
    drafted,
    known,
)


class StoresText(SyncSettings):
    """Stores numbers as the text they came in as, which an inverse then brings back as text."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = super()._draft(changes)
        for change in known(changes):
            if type(draft.get(change.path)) is int:
                draft[change.path] = str(draft[change.path])
        return draft


class KeepsNone(AsyncSettings):
    """Sets a removed setting to None and keeps its name."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        removed = {change.path: None for change in known(changes) if change.kind == "removed"}
        return {**drafted(self._values, changes), **removed}


class TravelsAsJson(AsyncSettings):
    """Hands new values to its pool as JSON, where a tuple becomes a list."""

    def __init__(self) -> None:
        super().__init__()
        self._values["cache.weights"] = (1, 2)

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = super()._draft(changes)
        for change in known(changes):
            if change.path in draft:
                draft[change.path] = json.loads(json.dumps(draft[change.path]))
        return draft


class CountsMilliseconds(SyncSettings):
    """Keeps the time to live in milliseconds and divides on the way out."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = super()._draft(changes)
        for change in known(changes):
            ttl = draft.get("cache.ttl")
            if change.path == "cache.ttl" and isinstance(ttl, int):
                draft["cache.ttl"] = (ttl * 1000) / 1000
        return draft


class StoresTextContract(SettingsHarness):
    def create(self) -> StoresText:
        return StoresText()


class KeepsNoneContract(SettingsHarness):
    def create(self) -> KeepsNone:
        return KeepsNone()


class TravelsAsJsonContract(SettingsHarness):
    def create(self) -> TravelsAsJson:
        return TravelsAsJson()

    def changes(self) -> list[ConfigChange]:
        return [*super().changes(), ConfigChange.modified("cache.weights", (1, 2), (3, 4))]


class CountsMillisecondsContract(SettingsHarness):
    def create(self) -> CountsMilliseconds:
        return CountsMilliseconds()


SUBJECTS = [
    Broken(StoresTextContract, ("RLD-012",), "'30'"),
    Broken(KeepsNoneContract, ("RLD-012",), "cache.region"),
    Broken(TravelsAsJsonContract, ("RLD-012",), "cache.weights"),
    Broken(CountsMillisecondsContract, ("RLD-012",), "30.0"),
]
