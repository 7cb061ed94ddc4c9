"""Orchestrators that serve several requests at once, or the later one first: ORC-010."""

import asyncio
from typing import Any

from pytest_policy_contracts import ConfigDiff, ReloadOutcome
from tests.broken.entry import Broken

from .orchestrators import Books, Orchestrator, OrchestratorHarness, Request


class ATaskForEachRequest(Orchestrator):
    """Serves each request in a task of its own, so that none has to wait."""

    async def _serve(self, request: Request) -> None:
        task = asyncio.create_task(super()._serve(request))
        await asyncio.wait({task}, timeout=0.75)


class LastInFirstOut(Orchestrator):
    """Takes the newest request first, because it has the newest settings."""

    async def _serve(self, request: Request) -> None:
        self._queue.appendleft(request)
        await super()._serve(self._queue.pop())


class RollsBackInTheBackground(Orchestrator):
    """Goes on with the next request while the last one is still being rolled back."""

    async def _serve(self, request: Request) -> None:
        self._failed = asyncio.Event()
        task = asyncio.create_task(super()._serve(request))
        failed = asyncio.create_task(self._failed.wait())
        await asyncio.wait({task, failed}, return_when="FIRST_COMPLETED")
        failed.cancel()

    def _note_failure(self, request: Request, books: Books, name: str, error: BaseException) -> None:
        super()._note_failure(request, books, name, error)
        if not request.given_up.done() and len(self._modules) < 3:
            self._failed.set()


class APlaceForWhoAwaits(Orchestrator):
    """Takes its place in the queue when the answer is awaited, and not before."""

    def _enqueue(self, request: Request) -> None:
        self._unplaced = request

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> Any:
        answer = super().request_reload(diff, trigger=trigger)
        return self._wait(answer, self._unplaced)

    async def _wait(self, answer: "asyncio.Future[ReloadOutcome]", request: Request) -> ReloadOutcome:
        super()._enqueue(request)
        return await answer


class TwoWorkers(Orchestrator):
    """Has two workers, so that a slow reload does not hold up the others."""

    async def start(self) -> None:
        if self._worker is None and not self._stopped:
            workers = [asyncio.create_task(self._work()) for _ in range(2)]
            self._worker = asyncio.create_task(asyncio.wait(workers))


class ATaskForEachRequestContract(OrchestratorHarness):
    kind = ATaskForEachRequest


class LastInFirstOutContract(OrchestratorHarness):
    kind = LastInFirstOut


class RollsBackInTheBackgroundContract(OrchestratorHarness):
    kind = RollsBackInTheBackground


class APlaceForWhoAwaitsContract(OrchestratorHarness):
    kind = APlaceForWhoAwaits


class TwoWorkersContract(OrchestratorHarness):
    kind = TwoWorkers


SUBJECTS = [
    Broken(ATaskForEachRequestContract, ("ORC-010",), "one reload at a time"),
    Broken(LastInFirstOutContract, ("ORC-010",), "served in the order of the calls"),
    Broken(RollsBackInTheBackgroundContract, ("ORC-010",), "one reload at a time"),
    Broken(APlaceForWhoAwaitsContract, ("ORC-010",), "served in the order of the calls"),
    Broken(TwoWorkersContract, ("ORC-010",), "one reload at a time"),
]
