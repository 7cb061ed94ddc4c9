"""Orchestrators that wait for a module that does not listen, or do not keep it apart: ORC-009."""

import asyncio
from typing import Any

from tests.broken.entry import Broken

from .orchestrators import Abandoned, Books, Orchestrator, OrchestratorHarness, Request


class WaitsForTheDeaf(Orchestrator):
    """Cancels a module that takes too long, and waits until it has ended (R8)."""

    async def _cut_off(self, task: "asyncio.Task[Any]") -> None:
        task.cancel()
        await asyncio.wait({task})


class NoHardFeelings(Orchestrator):
    """Abandons a module, and calls it again in the next request."""

    def _note_failure(self, request: Request, books: Books, name: str, error: BaseException) -> None:
        super()._note_failure(request, books, name, error)
        self._quarantine.discard(name)


class NoGrace(Orchestrator):
    """Abandons a module that has not ended at the moment of its cancellation."""

    async def _cut_off(self, task: "asyncio.Task[Any]") -> None:
        task.cancel()
        await asyncio.wait({task}, timeout=0.1)
        if not task.done():
            raise Abandoned("it ignored its cancellation")


class OnceTakenAlwaysTaken(Orchestrator):
    """Keeps the name of a module that it will never call again."""

    def register(self, name: str, module: Any) -> None:
        if name in self._modules:
            raise ValueError(f"the name {name!r} is taken")
        super().register(name, module)


class SaysNothingOfIt(Orchestrator):
    """Quarantines a module without a word."""

    def _note_failure(self, request: Request, books: Books, name: str, error: BaseException) -> None:
        super()._note_failure(request, books, name, error)
        books.quarantined.clear()


class TellsOfItAgain(Orchestrator):
    """Publishes that the reload has failed once more, when the abandoned module has ended."""

    async def _serve(self, request: Request) -> None:
        self._latest = request
        await super()._serve(request)

    async def _cut_off(self, task: "asyncio.Task[Any]") -> None:
        request = self._latest
        try:
            await super()._cut_off(task)
        except Abandoned:
            task.add_done_callback(lambda ended: self._tell("failed", request, {"error": str(ended.result())}))
            raise


class WaitsForTheDeafContract(OrchestratorHarness):
    kind = WaitsForTheDeaf


class NoHardFeelingsContract(OrchestratorHarness):
    kind = NoHardFeelings


class NoGraceContract(OrchestratorHarness):
    kind = NoGrace


class OnceTakenAlwaysTakenContract(OrchestratorHarness):
    kind = OnceTakenAlwaysTaken


class SaysNothingOfItContract(OrchestratorHarness):
    kind = SaysNothingOfIt


class TellsOfItAgainContract(OrchestratorHarness):
    kind = TellsOfItAgain


SUBJECTS = [
    Broken(WaitsForTheDeafContract, ("ORC-009",), "ended after 36"),
    Broken(NoHardFeelingsContract, ("ORC-009",), "routes"),
    Broken(NoGraceContract, ("ORC-009",), "given up after 15 s, its timeout and the grace"),
    Broken(OnceTakenAlwaysTakenContract, ("ORC-009",), "the name 'routes' is taken"),
    Broken(SaysNothingOfItContract, ("ORC-009",), "quarantined names routes"),
    Broken(TellsOfItAgainContract, ("ORC-009",), "config.reload.failed"),
]
