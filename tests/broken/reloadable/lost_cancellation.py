"""Reloads that do not end as cancelled when they are cancelled: RLD-006.

Each of them leaves a whole state behind, the old one or the new one; only the answer is wrong.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import AsyncSettings, ReloadError, SettingsHarness, Values

_log = logging.getLogger("cache.pool")


class RetriesACancellation(AsyncSettings):
    """Retries whatever interrupts the connection, the caller's cancellation included."""

    ATTEMPTS = 3

    async def _prepare(self, draft: Values) -> None:
        for attempt in range(1, self.ATTEMPTS + 1):
            try:
                await self._connect()
                return
            except (OSError, asyncio.CancelledError):
                if attempt == self.ATTEMPTS:
                    raise
                _log.info("attempt %d to connect failed", attempt)

    async def _connect(self) -> None:
        await asyncio.sleep(0.5)


class WrapsEverything(AsyncSettings):
    """Promises its callers one type of error and wraps all there is."""

    async def _prepare(self, draft: Values) -> None:
        try:
            await super()._prepare(draft)
        except BaseException as error:
            raise ReloadError("the pool did not come up") from error


class SilencesItsPoller(AsyncSettings):
    """Waits for its old poller under `suppress`, which silences its own cancellation as well."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = asyncio.Lock()
        self._poller = asyncio.create_task(self._poll())

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._turn:
            await super().reload(changes)
            await self.stop()
            self._poller = asyncio.create_task(self._poll())

    async def stop(self) -> None:
        self._poller.cancel()
        with suppress(asyncio.CancelledError):
            await self._poller

    async def _poll(self) -> None:
        try:
            while True:
                await asyncio.sleep(5)
        finally:
            await asyncio.sleep(0.3)


class MistakenForATimeout(AsyncSettings):
    """Takes every cancellation for the end of its own time limit."""

    async def _prepare(self, draft: Values) -> None:
        try:
            await asyncio.wait_for(self._connect(), timeout=10)
        except (asyncio.CancelledError, TimeoutError):
            raise TimeoutError("the pool did not answer within 10 s") from None

    async def _connect(self) -> None:
        await asyncio.sleep(0.4)


class WaitsForItselfToLeave(AsyncSettings):
    """Waits, when cancelled, until nobody is inside any more, and is inside itself."""

    def __init__(self) -> None:
        super().__init__()
        self._inside = 0
        self._empty = asyncio.Event()

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        self._inside += 1
        try:
            await super().reload(changes)
        except asyncio.CancelledError:
            await self._drained()
            raise
        finally:
            self._leave()

    def _leave(self) -> None:
        self._inside -= 1
        if self._inside == 0:
            self._empty.set()

    async def _drained(self) -> None:
        self._empty.clear()
        while self._inside:
            await self._empty.wait()


class RetriesACancellationContract(SettingsHarness):
    def create(self) -> RetriesACancellation:
        return RetriesACancellation()


class WrapsEverythingContract(SettingsHarness):
    def create(self) -> WrapsEverything:
        return WrapsEverything()


class SilencesItsPollerContract(SettingsHarness):
    async def create(self) -> SilencesItsPoller:
        return SilencesItsPoller()

    async def dispose(self, subject: SilencesItsPoller) -> None:
        await subject.stop()


class MistakenForATimeoutContract(SettingsHarness):
    def create(self) -> MistakenForATimeout:
        return MistakenForATimeout()


class WaitsForItselfToLeaveContract(SettingsHarness):
    def create(self) -> WaitsForItselfToLeave:
        return WaitsForItselfToLeave()


SUBJECTS = [
    Broken(RetriesACancellationContract, ("RLD-006",), "_connect"),
    Broken(WrapsEverythingContract, ("RLD-006",), "reloaderror"),
    Broken(SilencesItsPollerContract, ("RLD-006",), "lost_cancellation.py"),
    Broken(MistakenForATimeoutContract, ("RLD-006",), "timeouterror"),
    Broken(WaitsForItselfToLeaveContract, ("RLD-006",), "_drained"),
]
