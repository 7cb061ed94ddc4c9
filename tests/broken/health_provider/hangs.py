"""Checks that do not end in time although everything is in working order: HLT-006.

All of them hang on every call.
"""

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Sequence

from pytest_policy_contracts import HealthReport
from tests.broken.entry import Broken

from .providers import AsyncHealth, AsyncServer, Finding, ServerHarness, SyncHealth, SyncServer


class WaitsForItsWarmUp(AsyncHealth):
    """Waits for an event that only its warm-up sets, which nobody has started."""

    def __init__(self) -> None:
        super().__init__()
        self._warm = asyncio.Event()

    async def health_check(self) -> Sequence[HealthReport]:
        await self._wait_until_warm()
        return await super().health_check()

    async def _wait_until_warm(self) -> None:
        await self._warm.wait()


class SpinsUntilReady(SyncHealth):
    """Looks again and again at a flag that no other thread will ever change."""

    def __init__(self) -> None:
        super().__init__()
        self._ready = False

    def _found(self, server: SyncServer) -> Finding:
        self._spin_until_ready()
        return super()._found(server)

    def _spin_until_ready(self) -> None:
        while not self._ready:
            pass


class ExpectsText(AsyncHealth):
    """Retries until it reads PONG, and compares the bytes of the answer with a text."""

    async def _found(self, server: AsyncServer) -> Finding:
        await self._wait_for_pong(server)
        return await super()._found(server)

    async def _wait_for_pong(self, server: AsyncServer) -> None:
        expected: object = "PONG"
        while await server.ping() != expected:
            await asyncio.sleep(0.3)


class YieldsUntilReady(AsyncHealth):
    """Gives way to the others while it waits for its flag, without letting any time pass."""

    def __init__(self) -> None:
        super().__init__()
        self._ready = False

    async def _found(self, server: AsyncServer) -> Finding:
        while not self._ready:
            await asyncio.sleep(0)
        return await super()._found(server)


class WaitsForADeadWorker(SyncHealth):
    """Takes a lock between processes that a worker still holds which died, in C code."""

    def __init__(self) -> None:
        super().__init__()
        self._guard = multiprocessing.get_context("fork").Lock()
        self._guard.acquire()

    def _found(self, server: SyncServer) -> Finding:
        self._take_guard()
        try:
            return super()._found(server)
        finally:
            self._guard.release()

    def _take_guard(self) -> None:
        self._guard.acquire()


class LocksTwice(SyncHealth):
    """Writes its report under the lock that it holds already."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def health_check(self) -> Sequence[HealthReport]:
        with self._lock:
            return [self._written(server) for server in self.servers]

    def _written(self, server: SyncServer) -> HealthReport:
        finding = self._found(server)
        with self._lock:
            return self._report(server.name, finding)


class AddsUpItsPauses(SyncHealth):
    """Pauses half a second after each of twelve shards, to be gentle; the sum is over the limit."""

    NAMES = tuple(f"shard-{number}" for number in range(1, 13))

    def _found(self, server: SyncServer) -> Finding:
        finding = super()._found(server)
        time.sleep(0.5)
        return finding


class WaitsForItsWarmUpContract(ServerHarness):
    def create(self) -> WaitsForItsWarmUp:
        return WaitsForItsWarmUp()


class SpinsUntilReadyContract(ServerHarness):
    def create(self) -> SpinsUntilReady:
        return SpinsUntilReady()


class ExpectsTextContract(ServerHarness):
    def create(self) -> ExpectsText:
        return ExpectsText()


class YieldsUntilReadyContract(ServerHarness):
    def create(self) -> YieldsUntilReady:
        return YieldsUntilReady()


class WaitsForADeadWorkerContract(ServerHarness):
    def create(self) -> WaitsForADeadWorker:
        return WaitsForADeadWorker()


class LocksTwiceContract(ServerHarness):
    def create(self) -> LocksTwice:
        return LocksTwice()


class AddsUpItsPausesContract(ServerHarness):
    def create(self) -> AddsUpItsPauses:
        return AddsUpItsPauses()


SUBJECTS = [
    Broken(WaitsForItsWarmUpContract, ("HLT-006",), "_wait_until_warm"),
    Broken(SpinsUntilReadyContract, ("HLT-006",), "in _spin_until_ready"),
    Broken(ExpectsTextContract, ("HLT-006",), "_wait_for_pong"),
    Broken(YieldsUntilReadyContract, ("HLT-006",), "await asyncio.sleep(0)"),
    Broken(WaitsForADeadWorkerContract, ("HLT-006",), "_take_guard"),
    Broken(LocksTwiceContract, ("HLT-006",), "in _written waits for lock"),
    Broken(AddsUpItsPausesContract, ("HLT-006",), "it ended only after 6.6 s"),
]
