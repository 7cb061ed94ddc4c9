"""Concurrent reloads that end in a state of no serial order: RLD-013.

One reload alone is whole in each of them: what is missing is the turn-taking between two.
"""

import threading
import time
from collections.abc import Sequence
from copy import deepcopy

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    AsyncSettings,
    BusyError,
    SettingsHarness,
    SyncSettings,
    Values,
    drafted,
    initial_values,
)


class CopiesBeforeItWaits(AsyncSettings):
    """Copies, waits for its pool and swaps; whoever swapped meanwhile has swapped for nothing."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        draft = drafted(self._values, changes)
        await self._prepare(draft)
        self._values = draft


class SwapsWithoutALock(SyncSettings):
    """Relies on the swap being atomic, which says nothing of the copy before it."""

    def reload(self, changes: Sequence[ConfigChange]) -> object:
        draft = drafted(self._values, changes)
        time.sleep(0.2)
        self._values = draft
        return None


class StagesOnItself(AsyncSettings):
    """Keeps what it is about to apply in an attribute, where the next caller puts his."""

    def __init__(self) -> None:
        super().__init__()
        self._staged: list[ConfigChange] = []

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        drafted(self._values, changes)
        self._staged = deepcopy(list(changes))
        await self._prepare(self._values)
        self._values = drafted(self._values, self._staged)


class AppliesWhatItRefused(AsyncSettings):
    """Merges changes into the reload under way, and tells their caller that it is busy."""

    def __init__(self) -> None:
        super().__init__()
        self._pending: list[ConfigChange] = []
        self._running = False

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        drafted(self._values, changes)
        self._pending.extend(changes)
        if self._running:
            raise BusyError("a reload is under way")
        await self._run()

    async def _run(self) -> None:
        self._running = True
        try:
            await self._prepare(self._values)
            self._values = drafted(self._values, self._pending)
        finally:
            self._running = False
            self._pending.clear()


class LocksEachHalf:
    """Holds the lock while it copies and again while it swaps, and lets go in between."""

    reload_timeout = SyncSettings.reload_timeout

    def __init__(self) -> None:
        self._values = initial_values()
        self._lock = threading.RLock()

    def can_reload(self) -> bool:
        return True

    def settings(self) -> Values:
        with self._lock:
            return dict(self._values)

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        draft = drafted(self.settings(), changes)
        self._publish(draft)

    def _publish(self, draft: Values) -> None:
        with self._lock:
            self._values = draft


class CopiesBeforeItWaitsContract(SettingsHarness):
    def create(self) -> CopiesBeforeItWaits:
        return CopiesBeforeItWaits()


class SwapsWithoutALockContract(SettingsHarness):
    def create(self) -> SwapsWithoutALock:
        return SwapsWithoutALock()


class StagesOnItselfContract(SettingsHarness):
    def create(self) -> StagesOnItself:
        return StagesOnItself()


class AppliesWhatItRefusedContract(SettingsHarness):
    def create(self) -> AppliesWhatItRefused:
        return AppliesWhatItRefused()


class LocksEachHalfContract(SettingsHarness):
    def create(self) -> LocksEachHalf:
        return LocksEachHalf()


SUBJECTS = [
    Broken(CopiesBeforeItWaitsContract, ("RLD-013",), "cache.burst"),
    Broken(SwapsWithoutALockContract, ("RLD-013",), "cache.burst"),
    Broken(StagesOnItselfContract, ("RLD-013",), "cache.burst"),
    Broken(AppliesWhatItRefusedContract, ("RLD-013",), "cache.burst"),
    Broken(LocksEachHalfContract, ("RLD-013",), "cache.burst"),
]
