"""Refused reloads that leave something behind in the settings: RLD-010.

The change shows only once the refused reload has ended: between its steps, which are suspension
points here, or source lines for the synchronous subject, the old settings stand.
"""

import asyncio
import time
from collections.abc import Sequence
from copy import deepcopy

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    ABSENT,
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


class ChecksAsItGoes(AsyncSettings):
    """Checks each change right before it writes it."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._lock:
            await self._prepare(self._values)
            for change in known(changes):
                put(self._values, change.path, checked(change))


class KeepsWhatPassed:
    """Collects what passes the check and keeps it in `finally`; a removed setting is ABSENT."""

    reload_timeout = SyncSettings.reload_timeout

    def __init__(self) -> None:
        self._values = initial_values()

    def can_reload(self) -> bool:
        return True

    def settings(self) -> Values:
        values = self._values.copy()
        return {path: value for path, value in values.items() if value is not ABSENT}

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        passed: Values = {}
        time.sleep(0.1)
        try:
            for change in known(changes):
                passed[change.path] = checked(change)
        finally:
            self._values.update(passed)


class BacksUpOneLevel(AsyncSettings):
    """Merges the limits in place, and backs up only the outer dict before."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._lock:
            await self._prepare(self._values)
            backup = dict(self._values)
            try:
                for change in known(changes):
                    self._merge(change)
            except ReloadError:
                self._values = backup
                raise

    def _merge(self, change: ConfigChange) -> None:
        value, current = checked(change), self._values.get(change.path)
        if isinstance(current, dict) and isinstance(value, dict):
            current.update(value)
        else:
            put(self._values, change.path, value)


class SwitchesItselfOff(AsyncSettings):
    """Goes out of service when it refuses, to be on the safe side."""

    def __init__(self) -> None:
        super().__init__()
        self._values["cache.enabled"] = True

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        try:
            await super().reload(changes)
        except ReloadError:
            self._values = {**self._values, "cache.enabled": False}
            raise

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        return {**super()._draft(changes), "cache.enabled": True}


class RemovesFirst(AsyncSettings):
    """Makes room first: takes removed settings out before it looks at the rest."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = known(deepcopy(list(changes)))
        async with self._lock:
            await asyncio.sleep(0.2)
            for change in changes:
                if change.kind == "removed":
                    self._values.pop(change.path, None)
            self._values = self._draft(changes)


class ChecksAsItGoesContract(SettingsHarness):
    def create(self) -> ChecksAsItGoes:
        return ChecksAsItGoes()


class KeepsWhatPassedContract(SettingsHarness):
    def create(self) -> KeepsWhatPassed:
        return KeepsWhatPassed()


class BacksUpOneLevelContract(SettingsHarness):
    def create(self) -> BacksUpOneLevel:
        return BacksUpOneLevel()

    def invalid_changes(self) -> list[ConfigChange]:
        limits = {"soft": 5, "grace": 2, "hosts": ["a", "b"]}
        wider = {"soft": 9, "grace": 2, "hosts": ["a", "b"]}
        return [
            ConfigChange.modified("cache.limits", limits, wider),
            *super().invalid_changes(),
        ]


class SwitchesItselfOffContract(SettingsHarness):
    def create(self) -> SwitchesItselfOff:
        return SwitchesItselfOff()


class RemovesFirstContract(SettingsHarness):
    def create(self) -> RemovesFirst:
        return RemovesFirst()

    def invalid_changes(self) -> list[ConfigChange]:
        return [*super().invalid_changes(), ConfigChange.removed("cache.legacy", True)]


SUBJECTS = [
    Broken(ChecksAsItGoesContract, ("RLD-010",), "cache.size"),
    Broken(KeepsWhatPassedContract, ("RLD-010",), "cache.size"),
    Broken(BacksUpOneLevelContract, ("RLD-010",), "cache.limits"),
    Broken(SwitchesItselfOffContract, ("RLD-010",), "cache.enabled"),
    Broken(RemovesFirstContract, ("RLD-010",), "cache.legacy"),
]
