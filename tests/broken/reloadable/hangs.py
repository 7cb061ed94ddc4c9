"""Reloads that do not end within their limit: RLD-008."""

import asyncio
import re
import threading
import time
from collections.abc import Sequence
from datetime import timedelta

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import AsyncSettings, ReloadError, SettingsHarness, SyncSettings, Values, drafted

PEERS = re.compile(r"^(\w+[\s,]*)+$")


class BacktracksOverPeers(SyncSettings):
    """Checks a list of peers with a pattern that backtracks exponentially, inside C."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        for change in changes:
            if change.path == "cache.region" and change.kind != "removed":
                self._check_peers(str(change.new))
        return super()._draft(changes)

    def _check_peers(self, peers: str) -> None:
        if not PEERS.match(peers):
            raise ReloadError("cache.region is not a list of peers")


class WaitsForSubscribers(AsyncSettings):
    """Waits for an acknowledgement by subscribers, of which there are none."""

    def __init__(self) -> None:
        super().__init__()
        self._acknowledged = asyncio.Event()

    async def _prepare(self, draft: Values) -> None:
        if draft != self._values:
            await self._wait_for_subscribers()

    async def _wait_for_subscribers(self) -> None:
        await self._acknowledged.wait()


class BacksOffTooLong(AsyncSettings):
    """Retries five times with a back-off whose sum nobody compared with the limit."""

    reload_timeout = timedelta(seconds=10)

    async def _prepare(self, draft: Values) -> None:
        if draft == self._values:
            return
        for attempt in range(5):
            if await self._connect(attempt):
                return
            await asyncio.sleep(2.0**attempt)

    async def _connect(self, attempt: int) -> bool:
        await asyncio.sleep(0.1)
        return attempt == 4


class LocksInBothOrders(SyncSettings):
    """Moves connections between two pools at once, and locks them in opposite orders."""

    def __init__(self) -> None:
        super().__init__()
        self._small = threading.Lock()
        self._large = threading.Lock()

    def _prepare(self, draft: Values) -> None:
        if draft == self._values:
            return
        movers = [
            threading.Thread(target=self._move, args=pools, daemon=True)
            for pools in ((self._small, self._large), (self._large, self._small))
        ]
        for mover in movers:
            mover.start()
        for mover in movers:
            mover.join()

    def _move(self, source: threading.Lock, target: threading.Lock) -> None:
        with source:
            time.sleep(0.01)
            with target:
                time.sleep(0.01)


class LocksTwice(SyncSettings):
    """Describes itself after a reload while it holds the lock that describing needs."""

    def reload(self, changes: Sequence[ConfigChange]) -> object:
        with self._lock:
            draft = drafted(self._values, changes)
            if draft != self._values:
                self._values = draft
                self._describe()
        return None

    def _describe(self) -> int:
        with self._lock:
            return len(self._values)


class BacktracksOverPeersContract(SettingsHarness):
    def create(self) -> BacktracksOverPeers:
        return BacktracksOverPeers()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.ttl", 30, 60),
            ConfigChange.added("cache.region", "n" * 64 + ";"),
        ]


class WaitsForSubscribersContract(SettingsHarness):
    def create(self) -> WaitsForSubscribers:
        return WaitsForSubscribers()


class BacksOffTooLongContract(SettingsHarness):
    def create(self) -> BacksOffTooLong:
        return BacksOffTooLong()


class LocksInBothOrdersContract(SettingsHarness):
    def create(self) -> LocksInBothOrders:
        return LocksInBothOrders()


class LocksTwiceContract(SettingsHarness):
    def create(self) -> LocksTwice:
        return LocksTwice()


SUBJECTS = [
    Broken(BacktracksOverPeersContract, ("RLD-008",), "_check_peers"),
    Broken(WaitsForSubscribersContract, ("RLD-008",), "_wait_for_subscribers"),
    Broken(BacksOffTooLongContract, ("RLD-008",), "hangs.py"),
    Broken(LocksInBothOrdersContract, ("RLD-008",), "hangs.py"),
    Broken(LocksTwiceContract, ("RLD-008",), "_describe"),
]
