"""Orchestrators that do not stop, or start twice: ORC-013."""

import asyncio

from tests.broken.entry import Broken

from .orchestrators import Orchestrator, OrchestratorHarness


class StopsTakingOnly(Orchestrator):
    """Takes no more requests, and serves those that it has; nobody waits for that (R9)."""

    async def stop(self) -> None:
        if self._worker is None:
            return await super().stop()
        self._stopped = True
        self._wake.set()

    async def _work(self) -> None:
        while not self._stopped or self._queue:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._serve(self._queue.popleft())


class WaitsForWhatRuns(Orchestrator):
    """Waits for the reload that runs, however long that takes."""

    async def stop(self) -> None:
        self._stopped = True
        while self._queue:
            self._answer(self._queue.popleft(), self._outcome("stopped", error=self._stopped_error()))
        self._wake.set()
        if self._worker is not None:
            await asyncio.wait({self._worker})


class StopsOnce(Orchestrator):
    """Has nothing to stop any more when it is stopped again, and says so."""

    async def stop(self) -> None:
        if self._stopped:
            raise RuntimeError("the orchestrator is stopped already")
        await super().stop()


class StartsTwice(Orchestrator):
    """Starts another worker with each call of `start` (R11)."""

    async def start(self) -> None:
        self._worker = asyncio.create_task(self._work())


class StartsTwiceAtOnce(Orchestrator):
    """Looks whether it was started, waits for something, and starts."""

    async def start(self) -> None:
        if self._worker is None:
            await asyncio.sleep(0.1)
            self._worker = asyncio.create_task(self._work())


class StopsTakingOnlyContract(OrchestratorHarness):
    kind = StopsTakingOnly


class WaitsForWhatRunsContract(OrchestratorHarness):
    kind = WaitsForWhatRuns


class StopsOnceContract(OrchestratorHarness):
    kind = StopsOnce


class StartsTwiceContract(OrchestratorHarness):
    kind = StartsTwice


class StartsTwiceAtOnceContract(OrchestratorHarness):
    kind = StartsTwiceAtOnce


SUBJECTS = [
    Broken(StopsTakingOnlyContract, ("ORC-013",), "no module is being reloaded"),
    Broken(WaitsForWhatRunsContract, ("ORC-013",), "stop 1 returns within the grace"),
    Broken(StopsOnceContract, ("ORC-013",), "the orchestrator is stopped already"),
    Broken(StartsTwiceContract, ("ORC-013",), "one reload at a time"),
    Broken(StartsTwiceAtOnceContract, ("ORC-013",), "one reload at a time"),
]
