"""Modules that a setting of somebody else puts into disorder: RLD-018."""

import difflib
from collections.abc import Sequence
from copy import deepcopy

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    ABSENT,
    SCHEMA,
    AsyncSettings,
    SettingsHarness,
    SyncSettings,
    Values,
    drafted,
    put,
)


class StartsFromFactory(SyncSettings):
    """Goes back to the factory's size when it meets a configuration of a later version."""

    FACTORY_SIZE = 10

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = super()._draft(changes)
        if any(change.path not in SCHEMA for change in changes):
            draft["cache.size"] = self.FACTORY_SIZE
        return draft


class GuessesTheName(AsyncSettings):
    """Forgives typing errors so generously that every name means one of its own settings."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = drafted(self._values, changes)
        for change in changes:
            if change.path not in SCHEMA:
                put(draft, self._meant(change.path), self._value(change))
        return draft

    def _meant(self, path: str) -> str:
        return difflib.get_close_matches(path, sorted(self._values), n=1, cutoff=0.0)[0]

    @staticmethod
    def _value(change: ConfigChange) -> object:
        return ABSENT if change.kind == "removed" else deepcopy(change.new)


class LeavesAllAside(AsyncSettings):
    """Takes changes with an unknown setting among them for somebody else's, all of them."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = drafted(self._values, changes)
        if any(change.path not in SCHEMA for change in changes):
            return dict(self._values)
        return draft


class StartsFromFactoryContract(SettingsHarness):
    def create(self) -> StartsFromFactory:
        return StartsFromFactory()


class GuessesTheNameContract(SettingsHarness):
    def create(self) -> GuessesTheName:
        return GuessesTheName()


class LeavesAllAsideContract(SettingsHarness):
    def create(self) -> LeavesAllAside:
        return LeavesAllAside()


SUBJECTS = [
    Broken(StartsFromFactoryContract, ("RLD-018",), "cache.size"),
    Broken(GuessesTheNameContract, ("RLD-018",), "cache."),
    Broken(LeavesAllAsideContract, ("RLD-018",), "cache.ttl"),
]
