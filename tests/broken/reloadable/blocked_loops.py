"""Asynchronous reloads that stop the loop they run on: RLD-017."""

import asyncio
import time

from tests.broken.entry import Broken

from .settings import AsyncSettings, SettingsHarness, Values


class FlushesWithSleep(AsyncSettings):
    """Waits for its old connections with the sleep of threads."""

    async def _prepare(self, draft: Values) -> None:
        await asyncio.sleep(0.1)
        self._flush_connections()

    def _flush_connections(self) -> None:
        time.sleep(0.25)


class NapsThatAddUp(AsyncSettings):
    """Takes three naps of 40 ms without letting anybody else run in between."""

    async def _prepare(self, draft: Values) -> None:
        await asyncio.sleep(0.1)
        for _ in range(3):
            self._warm_up()

    def _warm_up(self) -> None:
        time.sleep(0.04)


class BacksOffOnTheLoop(AsyncSettings):
    """Backs off for exactly the 100 ms that are too many."""

    async def _prepare(self, draft: Values) -> None:
        for attempt in range(2):
            if attempt:
                self._back_off()
            await asyncio.sleep(0.1)

    def _back_off(self) -> None:
        time.sleep(0.1)


class FlushesWithSleepContract(SettingsHarness):
    def create(self) -> FlushesWithSleep:
        return FlushesWithSleep()


class NapsThatAddUpContract(SettingsHarness):
    def create(self) -> NapsThatAddUp:
        return NapsThatAddUp()


class BacksOffOnTheLoopContract(SettingsHarness):
    def create(self) -> BacksOffOnTheLoop:
        return BacksOffOnTheLoop()


SUBJECTS = [
    Broken(FlushesWithSleepContract, ("RLD-017",), "_flush_connections"),
    Broken(NapsThatAddUpContract, ("RLD-017",), "_warm_up"),
    Broken(BacksOffOnTheLoopContract, ("RLD-017",), "_back_off"),
]
