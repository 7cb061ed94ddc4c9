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
        if not request.given_up.done():
            self._failed.set()


class APlaceForWhoAwaits(Orchestrator):
    """Takes its place in the queue when the answer is awaited, and not before."""

    def _enqueue(self, request: Request) -> None:
        self._unplaced = request

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> Any:
        answer = super().request_reload(diff, trigger=trigger)
        return self._wait(answer, self._unplaced)

    async def _wait(self, answer: "asyncio.Future[ReloadOutcome]", request: Request) -> ReloadOutcome:
        if self._stopped:
            return self._outcome("stopped", error=self._stopped_error())
        super()._enqueue(request)
        return await answer


class ATaskForEachRequestContract(OrchestratorHarness):
    kind = ATaskForEachRequest


class LastInFirstOutContract(OrchestratorHarness):
    kind = LastInFirstOut


class RollsBackInTheBackgroundContract(OrchestratorHarness):
    kind = RollsBackInTheBackground


class APlaceForWhoAwaitsContract(OrchestratorHarness):
    kind = APlaceForWhoAwaits


SUBJECTS = [
    Broken(ATaskForEachRequestContract, ("ORC-010",), "one reload at a time"),
    Broken(LastInFirstOutContract, ("ORC-010",), "served in the order of the calls"),
    Broken(RollsBackInTheBackgroundContract, ("ORC-010",), "one reload at a time"),
    Broken(APlaceForWhoAwaitsContract, ("ORC-010",), "served in the order of the calls"),
]
