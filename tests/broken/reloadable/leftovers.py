"""What a reload starts and nobody ends: RLD-016."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import AsyncSettings, ReloadError, SettingsHarness, SyncSettings, Values

_log = logging.getLogger("cache.reload")


class StartsAnotherPoller(AsyncSettings):
    """Starts a poller after every reload and never stops the one before."""

    def __init__(self) -> None:
        super().__init__()
        self._poller: asyncio.Task[None] | None = None

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        await super().reload(changes)
        self._poller = asyncio.create_task(self._poll_for_ever())

    async def _poll_for_ever(self) -> None:
        while True:
            await asyncio.sleep(30)


class ForgetsItsWatchdog(SyncSettings):
    """Calls its watchdog off after a success; a refusal leaves it waiting."""

    def reload(self, changes: Sequence[ConfigChange]) -> object:
        watchdog = threading.Timer(3600, _log.warning, ["a reload takes very long"])
        watchdog.name = "cache-reload-watchdog"
        watchdog.daemon = True
        watchdog.start()
        super().reload(changes)
        watchdog.cancel()
        watchdog.join()
        return None


class DrainsAlone(AsyncSettings):
    """Waits for its drain with `asyncio.wait`, which a cancellation does not pass on."""

    def __init__(self) -> None:
        super().__init__()
        self._connections = 3

    async def _prepare(self, draft: Values) -> None:
        drain = asyncio.create_task(self._drain_connections())
        await asyncio.wait({drain}, timeout=1.0)
        drain.cancel()
        await asyncio.gather(drain, return_exceptions=True)

    async def _drain_connections(self) -> None:
        while self._connections:
            await asyncio.sleep(5)


class NeverAwaitsItsNotice(AsyncSettings):
    """Makes the coroutine that tells of a refusal, and does not await it."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        try:
            await super().reload(changes)
        except ReloadError:
            self._announce_refusal()  # type: ignore[unused-coroutine]
            raise

    async def _announce_refusal(self) -> None:
        await asyncio.sleep(0.1)


class LeavesItsTimerArmed(AsyncSettings):
    """Arms a timer for the whole reload and disarms it only where all went well."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        loop = asyncio.get_running_loop()
        timer = loop.call_later(600, self._expire_reload)
        await super().reload(changes)
        timer.cancel()

    def _expire_reload(self) -> None:
        _log.warning("a reload took longer than ten minutes")


class KeepsItsExecutor(SyncSettings):
    """Warms up on an executor that it keeps for the next time, and offers no way to shut it down.

    It has to be kept: the threads of an executor that is thrown away end by themselves.
    """

    def __init__(self) -> None:
        super().__init__()
        self._workers: ThreadPoolExecutor | None = None

    def _prepare(self, draft: Values) -> None:
        if self._workers is None:
            self._workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="cache-warmup")
        self._workers.submit(len, draft).result()


class StartsAnotherPollerContract(SettingsHarness):
    def create(self) -> StartsAnotherPoller:
        return StartsAnotherPoller()


class ForgetsItsWatchdogContract(SettingsHarness):
    def create(self) -> ForgetsItsWatchdog:
        return ForgetsItsWatchdog()


class DrainsAloneContract(SettingsHarness):
    def create(self) -> DrainsAlone:
        return DrainsAlone()


class NeverAwaitsItsNoticeContract(SettingsHarness):
    def create(self) -> NeverAwaitsItsNotice:
        return NeverAwaitsItsNotice()


class LeavesItsTimerArmedContract(SettingsHarness):
    def create(self) -> LeavesItsTimerArmed:
        return LeavesItsTimerArmed()


class KeepsItsExecutorContract(SettingsHarness):
    def create(self) -> KeepsItsExecutor:
        return KeepsItsExecutor()


SUBJECTS = [
    Broken(StartsAnotherPollerContract, ("RLD-016",), "_poll_for_ever"),
    Broken(ForgetsItsWatchdogContract, ("RLD-016",), "cache-reload-watchdog"),
    Broken(DrainsAloneContract, ("RLD-016",), "_drain_connections"),
    Broken(NeverAwaitsItsNoticeContract, ("RLD-016",), "_announce_refusal"),
    Broken(LeavesItsTimerArmedContract, ("RLD-016",), "_expire_reload"),
    Broken(KeepsItsExecutorContract, ("RLD-016",), "cache-warmup"),
]
