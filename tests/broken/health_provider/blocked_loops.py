"""Asynchronous checks that stop the loop they run on: HLT-015."""

import time
from collections.abc import Sequence

from pytest_policy_contracts import HealthReport
from tests.broken.entry import Broken

from .providers import AsyncHealth, AsyncServer, Finding, ServerHarness


class ReadsWithABlockingClient(AsyncHealth):
    """Asks for the statistics with a client that was made for threads."""

    async def health_check(self) -> Sequence[HealthReport]:
        reports = await super().health_check()
        self._read_statistics()
        return reports

    def _read_statistics(self) -> None:
        time.sleep(0.25)


class NapsThatAddUp(AsyncHealth):
    """Looks three files up, 40 ms each, without letting anybody else run in between."""

    async def _found(self, server: AsyncServer) -> Finding:
        finding = await super()._found(server)
        for _ in range(3):
            self._look_up()
        return finding

    def _look_up(self) -> None:
        time.sleep(0.04)


class SettlesOnTheLoop(AsyncHealth):
    """Lets the connection settle before it asks, for exactly the 100 ms that are too many."""

    async def _found(self, server: AsyncServer) -> Finding:
        self._settle()
        return await super()._found(server)

    def _settle(self) -> None:
        time.sleep(0.1)


class ReadsWithABlockingClientContract(ServerHarness):
    def create(self) -> ReadsWithABlockingClient:
        return ReadsWithABlockingClient()


class NapsThatAddUpContract(ServerHarness):
    def create(self) -> NapsThatAddUp:
        return NapsThatAddUp()


class SettlesOnTheLoopContract(ServerHarness):
    def create(self) -> SettlesOnTheLoop:
        return SettlesOnTheLoop()


SUBJECTS = [
    Broken(ReadsWithABlockingClientContract, ("HLT-015",), "_read_statistics"),
    Broken(NapsThatAddUpContract, ("HLT-015",), "a step of 0.12 s"),
    Broken(SettlesOnTheLoopContract, ("HLT-015",), "_settle"),
]
