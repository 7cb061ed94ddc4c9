"""Orchestrators whose rollback does not survive the request: ORC-005."""

import asyncio
from typing import Any

from pytest_policy_contracts import ConfigDiff, ReloadOutcome
from tests.broken.entry import Broken

from .orchestrators import Books, Orchestrator, OrchestratorHarness, Request


class OneDeadlineForBoth(Orchestrator):
    """Rolls back within what is left of the time of the module that failed, which is nothing when that is why (R2)."""

    _left: float | None = None

    async def _forward(self, request: Request, books: Books) -> str:
        status = await super()._forward(request, books)
        self._left = 0.0 if "TimeoutError" in str(books.error) else None
        return status

    async def _undo(self, request: Request, name: str) -> None:
        if self._left is None:
            return await super()._undo(request, name)
        module = self._modules[name]
        await self._call(module, self._changes_for(name, self._inverse(request.diff).changes), self._left)


class CancelledMeansOver(Orchestrator):
    """Leaves a reload at once when its caller is gone, because nobody waits for it."""

    async def _roll_back(self, request: Request, books: Books) -> None:
        if not request.given_up.done() or request.given_up.result() != "cancelled":
            await super()._roll_back(request, books)


class StoppedMeansOver(Orchestrator):
    """Leaves a reload at once when it is stopped, to be quick."""

    async def _roll_back(self, request: Request, books: Books) -> None:
        if not self._stopped:
            await super()._roll_back(request, books)


class PassesEveryCancellationOn(Orchestrator):
    """Serves a request in a task that gets every cancellation of its caller, the second one while it rolls back (R2)."""

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> Any:
        answer = super().request_reload(diff, trigger=trigger)
        return self._wait(answer, self._queue[-1])

    async def _wait(self, answer: "asyncio.Future[ReloadOutcome]", request: Request) -> ReloadOutcome:
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            self._gave_up(request)
            try:
                if request is self._current:
                    await asyncio.shield(answer)
            except asyncio.CancelledError:
                request.rolling_back.cancel()
            raise

    async def _roll_back(self, request: Request, books: Books) -> None:
        request.rolling_back = asyncio.create_task(self._each_back(request, books))
        await asyncio.wait({request.rolling_back})

    async def _each_back(self, request: Request, books: Books) -> None:
        for name in self._to_roll_back(books):
            try:
                await self._undo(request, name)
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                self._note_failed_undo(request, books, name, error)
            else:
                books.rolled_back.append(name)


class TellsTheCallerInstead(Orchestrator):
    """Answers a cancelled caller with an outcome that says so."""

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> Any:
        answer = super().request_reload(diff, trigger=trigger)
        return self._wait(answer, self._queue[-1])

    async def _wait(self, answer: "asyncio.Future[ReloadOutcome]", request: Request) -> ReloadOutcome:
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            self._gave_up(request)
            if request is self._current:
                return await asyncio.shield(answer)
            return self._outcome("cancelled")


class NobodyIsLeftToTell(Orchestrator):
    """Publishes the end of a cancelled request without what was done about it."""

    def _tell_end(self, request: Request, outcome: ReloadOutcome) -> None:
        if outcome.status == "cancelled":
            self._tell("failed", request, {"error": "cancelled"})
        else:
            super()._tell_end(request, outcome)


class OneDeadlineForBothContract(OrchestratorHarness):
    kind = OneDeadlineForBoth


class CancelledMeansOverContract(OrchestratorHarness):
    kind = CancelledMeansOver


class StoppedMeansOverContract(OrchestratorHarness):
    kind = StoppedMeansOver


class PassesEveryCancellationOnContract(OrchestratorHarness):
    kind = PassesEveryCancellationOn


class TellsTheCallerInsteadContract(OrchestratorHarness):
    kind = TellsTheCallerInstead


class NobodyIsLeftToTellContract(OrchestratorHarness):
    kind = NobodyIsLeftToTell


SUBJECTS = [
    Broken(OneDeadlineForBothContract, ("ORC-005",), "after a reload that was not completed"),
    Broken(CancelledMeansOverContract, ("ORC-005",), "changed: limits; as before: cache, routes"),
    Broken(StoppedMeansOverContract, ("ORC-005",), "limits has {"),
    Broken(PassesEveryCancellationOnContract, ("ORC-005",), "limits has {"),
    Broken(TellsTheCallerInsteadContract, ("ORC-005",), "the answer ends with cancellederror"),
    Broken(NobodyIsLeftToTellContract, ("ORC-005",), "under 'rolled'"),
]
