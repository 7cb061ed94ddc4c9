"""Reloads whose result depends on the order of changes that have nothing in common: RLD-020."""

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
    initial_values,
    known,
    put,
)

QUOTAS: Values = {"quota.soft": 5, "quota.hard": 10, "quota.retries": 1}


class QuotaModule(AsyncSettings):
    """Checks soft against hard after every single change, so that raising both can fail."""

    def __init__(self) -> None:
        super().__init__()
        self._values = dict(QUOTAS)

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = dict(self._values)
        for change in changes:
            if change.path in QUOTAS:
                draft[change.path] = self._count(change)
                self._check(draft)
        return draft

    @staticmethod
    def _count(change: ConfigChange) -> int:
        if type(change.new) is not int or change.new < 1:
            raise ReloadError(f"{change.path} has to be a number above zero")
        return change.new

    @staticmethod
    def _check(draft: Values) -> None:
        soft, hard = draft["quota.soft"], draft["quota.hard"]
        if isinstance(soft, int) and isinstance(hard, int) and soft > hard:
            raise ReloadError("quota.soft is above quota.hard")


class DerivesBurst(SyncSettings):
    """Sets the burst to a tenth of the size with every new size, also over a given one."""

    def __init__(self) -> None:
        super().__init__()
        self._values = {**initial_values(), "cache.burst": 10}

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = dict(self._values)
        for change in known(changes):
            value = checked(change)
            put(draft, change.path, value)
            if change.path == "cache.size" and type(value) is int:
                draft["cache.burst"] = max(1, value // 10)
        return draft


class StopsWhenSwitchedOff(AsyncSettings):
    """Stops reading the changes at the one that marks it as legacy."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft, plan = dict(self._values), super()._draft(changes)
        for change in known(deepcopy(list(changes))):
            put(draft, change.path, checked(change))
            if change.path == "cache.legacy" and plan.get("cache.legacy") is False:
                break
        return draft


class QuotaModuleContract(SettingsHarness):
    def create(self) -> QuotaModule:
        return QuotaModule()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("quota.hard", 10, 30),
            ConfigChange.modified("quota.soft", 5, 20),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("quota.hard", 10, 40),
            ConfigChange.modified("quota.retries", 1, 3),
        ]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("quota.retries", 1, 2),
            ConfigChange.modified("quota.soft", 5, 0),
        ]


class DerivesBurstContract(SettingsHarness):
    def create(self) -> DerivesBurst:
        return DerivesBurst()

    def changes(self) -> list[ConfigChange]:
        return [*super().changes(), ConfigChange.modified("cache.burst", 10, 35)]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("cache.ttl", 30, 90)]


class StopsWhenSwitchedOffContract(SettingsHarness):
    def create(self) -> StopsWhenSwitchedOff:
        return StopsWhenSwitchedOff()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.ttl", 30, 60),
            ConfigChange.modified("cache.size", 100, 200),
            ConfigChange.modified("cache.legacy", True, False),
        ]


SUBJECTS = [
    Broken(QuotaModuleContract, ("RLD-020",), "quota."),
    Broken(DerivesBurstContract, ("RLD-020",), "cache.burst"),
    Broken(StopsWhenSwitchedOffContract, ("RLD-020",), "cache."),
]
