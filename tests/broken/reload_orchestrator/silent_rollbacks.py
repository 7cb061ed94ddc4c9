"""Orchestrators whose rollback stops too early, or does not say how far it got: ORC-006."""

from typing import Any

from pytest_policy_contracts import ReloadOutcome
from tests.broken.entry import Broken

from .orchestrators import Books, Orchestrator, OrchestratorHarness, Request


class GivesUpAtTheFirst(Orchestrator):
    """Ends its rollback where a module cannot be rolled back, and calls the rest dirty."""

    async def _roll_back(self, request: Request, books: Books) -> None:
        left = self._to_roll_back(books)
        while left:
            try:
                await self._undo(request, left[0])
            except BaseException:
                books.dirty += left
                return
            books.rolled_back.append(left.pop(0))


class KeepsItToItself(Orchestrator):
    """Publishes that a reload has failed, and why, and not what came of the rollback (R4)."""

    def _tell_end(self, request: Request, outcome: ReloadOutcome) -> None:
        if outcome.status == "failed":
            names = ("failed", "quarantined")
            self._tell("failed", request, {name: getattr(outcome, name) for name in names})
        else:
            super()._tell_end(request, outcome)


class LogsTheDirty(Orchestrator):
    """Has what could not be rolled back in its log only (R4)."""

    def _note_failed_undo(self, request: Request, books: Books, name: str, error: BaseException) -> None:
        super()._note_failed_undo(request, books, name, error)
        books.dirty.remove(name)


class PanicsEndTheRollback(Orchestrator):
    """Goes on after errors, and not after what is none."""

    async def _roll_back(self, request: Request, books: Books) -> None:
        left = self._to_roll_back(books)
        for number, name in enumerate(left):
            try:
                await self._undo(request, name)
            except Exception as error:
                self._note_failed_undo(request, books, name, error)
            except BaseException:
                books.dirty += left[number:]
                return
            else:
                books.rolled_back.append(name)


class GivesUpAtTheFirstContract(OrchestratorHarness):
    kind = GivesUpAtTheFirst


class KeepsItToItselfContract(OrchestratorHarness):
    kind = KeepsItToItself


class LogsTheDirtyContract(OrchestratorHarness):
    kind = LogsTheDirty


class PanicsEndTheRollbackContract(OrchestratorHarness):
    kind = PanicsEndTheRollback


SUBJECTS = [
    Broken(GivesUpAtTheFirstContract, ("ORC-006",), "limits has {"),
    Broken(KeepsItToItselfContract, ("ORC-006",), "under 'rollback'"),
    Broken(LogsTheDirtyContract, ("ORC-006",), "rollback complete"),
    Broken(PanicsEndTheRollbackContract, ("ORC-006",), "limits has {"),
]
