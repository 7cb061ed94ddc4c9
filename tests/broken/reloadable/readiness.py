"""Answers to "can you reload?" that are none: RLD-002."""

import asyncio
import time

from tests.broken.entry import Broken

from .settings import AsyncSettings, SettingsHarness, SyncSettings, Values


class OwnerForAnswer(SyncSettings):
    """`and` hands out its second operand, which is the owner's name and not True."""

    def __init__(self) -> None:
        super().__init__()
        self._accepting = True
        self._owner = "cache-node-1"

    def can_reload(self) -> object:
        return self._accepting and self._owner


class ForgottenReturn(AsyncSettings):
    """Works the answer out and does not return it."""

    async def can_reload(self) -> object:
        await asyncio.sleep(0)
        self._idle()
        return None

    def _idle(self) -> bool:
        return not self._lock.locked()


class Pool:
    """Stands for the connections that a reload replaces."""

    open = True


class PoolTakenAway(AsyncSettings):
    """Has no pool while it reloads, and asks the pool whether it can reload."""

    def __init__(self) -> None:
        super().__init__()
        self._pool: Pool | None = Pool()

    def can_reload(self) -> object:
        return self._pool.open  # type: ignore[union-attr]

    async def _prepare(self, draft: Values) -> None:
        self._pool = None
        try:
            await super()._prepare(draft)
        finally:
            self._pool = Pool()


class WaitsForTheReload(SyncSettings):
    """Takes the lock that a reload holds for as long as it warms up."""

    def can_reload(self) -> object:
        with self._lock:
            return True

    def _prepare(self, draft: Values) -> None:
        time.sleep(2.0)


class CallersCounted(SyncSettings):
    """Walks over the table of callers while other callers enter and leave it."""

    def __init__(self) -> None:
        super().__init__()
        self._callers: dict[object, str] = {}

    def can_reload(self) -> object:
        caller = object()
        self._callers[caller] = "asking"
        reloading = 0
        for doing in self._callers.values():
            reloading += doing == "reloading"
        del self._callers[caller]
        return reloading == 0


class TidiesUpWhenAsked(AsyncSettings):
    """Uses the question as an occasion to drop a setting that is no longer supported."""

    def can_reload(self) -> object:
        self._values.pop("cache.legacy", None)
        return not self._lock.locked()


class OwnerForAnswerContract(SettingsHarness):
    def create(self) -> OwnerForAnswer:
        return OwnerForAnswer()


class ForgottenReturnContract(SettingsHarness):
    def create(self) -> ForgottenReturn:
        return ForgottenReturn()


class PoolTakenAwayContract(SettingsHarness):
    def create(self) -> PoolTakenAway:
        return PoolTakenAway()


class WaitsForTheReloadContract(SettingsHarness):
    def create(self) -> WaitsForTheReload:
        return WaitsForTheReload()


class CallersCountedContract(SettingsHarness):
    def create(self) -> CallersCounted:
        return CallersCounted()


class TidiesUpWhenAskedContract(SettingsHarness):
    def create(self) -> TidiesUpWhenAsked:
        return TidiesUpWhenAsked()


SUBJECTS = [
    Broken(OwnerForAnswerContract, ("RLD-002",), "cache-node-1"),
    Broken(ForgottenReturnContract, ("RLD-002",), "none"),
    Broken(PoolTakenAwayContract, ("RLD-002",), "nonetype"),
    Broken(WaitsForTheReloadContract, ("RLD-002",), "can_reload"),
    Broken(CallersCountedContract, ("RLD-002",), "dictionary changed size"),
    Broken(TidiesUpWhenAskedContract, ("RLD-002",), "cache.legacy"),
]
