"""Cancelled reloads that end between two states: RLD-007.

While the reload runs nobody can see a mixture, and a refused one changes nothing: what is wrong
is only what the cancellation leaves behind.
"""

import asyncio
from collections.abc import Sequence
from copy import deepcopy

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import AsyncSettings, SettingsHarness, Values, known, planned, put


class ForgetsTheOptionalOnes(AsyncSettings):
    """Puts back the settings it had when the rollback was written; optional ones came later."""

    TUNABLE = ("cache.ttl", "cache.size", "cache.limits", "api.token")

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._lock:
            before, self._values = self._values, self._draft(changes)
            try:
                await self._prepare(self._values)
            except asyncio.CancelledError:
                restored = {path: before[path] for path in self.TUNABLE}
                self._values = {**self._values, **restored}
                raise


class RestoresWhatTheChangesSay(AsyncSettings):
    """Rolls back to `change.old`, which is None for a setting that was not there."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._lock:
            self._values = self._draft(changes)
            try:
                await self._prepare(self._values)
            except asyncio.CancelledError:
                earlier = {change.path: change.old for change in known(changes)}
                self._values = {**self._values, **earlier}
                raise


class PublishesInFinally(AsyncSettings):
    """Publishes its working copy on every way out, also when it is only half done."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._lock:
            plan = planned(changes)
            working = dict(self._values)
            try:
                for path, value in plan:
                    await asyncio.sleep(0.05)
                    put(working, path, value)
            finally:
                self._values = working


class DefersItsRollback(AsyncSettings):
    """Keeps the new state when cancelled, but for the limits, which it puts back a moment later."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._lock:
            before, self._values = self._values, self._draft(changes)
            try:
                await self._prepare(self._values)
            except asyncio.CancelledError:
                asyncio.get_running_loop().call_soon(self._restore_limits, before)
                raise

    def _restore_limits(self, before: Values) -> None:
        self._values = {**self._values, "cache.limits": before["cache.limits"]}


class ForgetsTheOptionalOnesContract(SettingsHarness):
    def create(self) -> ForgetsTheOptionalOnes:
        return ForgetsTheOptionalOnes()


class RestoresWhatTheChangesSayContract(SettingsHarness):
    def create(self) -> RestoresWhatTheChangesSay:
        return RestoresWhatTheChangesSay()


class PublishesInFinallyContract(SettingsHarness):
    def create(self) -> PublishesInFinally:
        return PublishesInFinally()


class DefersItsRollbackContract(SettingsHarness):
    def create(self) -> DefersItsRollback:
        return DefersItsRollback()


SUBJECTS = [
    Broken(ForgetsTheOptionalOnesContract, ("RLD-007",), "cache.region"),
    Broken(RestoresWhatTheChangesSayContract, ("RLD-007",), "cache.region"),
    Broken(PublishesInFinallyContract, ("RLD-007",), "cache.ttl"),
    Broken(DefersItsRollbackContract, ("RLD-007",), "cache.limits"),
]
