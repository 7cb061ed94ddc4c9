"""Orchestrators that a panicking module takes down, or deceives: ORC-007."""

import asyncio
from collections.abc import Iterable
from typing import Any

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .orchestrators import Books, Orchestrator, OrchestratorHarness, Request


class DiesWithTheModule(Orchestrator):
    """Catches errors; anything else that a module raises ends the one task that serves (R1)."""

    caught = (Exception, asyncio.CancelledError)


class NotMyError(Orchestrator):
    """Looks for errors of the kind that it knows; a call without one of those has succeeded."""

    async def _guarded(self, module: Any, changes: list[ConfigChange]) -> BaseException | None:
        error = await super()._guarded(module, changes)
        return error if isinstance(error, (Exception, asyncio.CancelledError)) else None


class PanicsAreNotCounted(Orchestrator):
    """Ends a request that has met a panic without a word to the circuit (R1)."""

    def _count(self, request: Request, status: str) -> bool:
        return False if self._panicked else super()._count(request, status)

    _panicked = False

    async def _forward(self, request: Request, books: Books) -> str:
        status = await super()._forward(request, books)
        self._panicked = "Panic" in str(books.error)
        return status


class TakesItForItsOwnCancellation(Orchestrator):
    """Believes that it is being cancelled when a module raises `CancelledError`, and ends."""

    async def _forward(self, request: Request, books: Books) -> str:
        status = await super()._forward(request, books)
        if status == "failed" and "CancelledError" in str(books.error):
            raise asyncio.CancelledError
        return status


class AsksAllOfThemFirst(Orchestrator):
    """Asks every module whether it can be reloaded before the block that catches everything (R1)."""

    def _members(self) -> Iterable[tuple[str, Any]]:
        members = list(super()._members())
        self._answers = {name: self._answer_of(name, module) for name, module in members}
        return members

    def _answer_of(self, name: str, module: Any) -> bool | Exception:
        try:
            return super()._can_reload(name, module)
        except Exception as error:
            return error

    def _can_reload(self, name: str, module: Any) -> bool:
        answer = self._answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer


class DiesWithTheModuleContract(OrchestratorHarness):
    kind = DiesWithTheModule


class NotMyErrorContract(OrchestratorHarness):
    kind = NotMyError


class PanicsAreNotCountedContract(OrchestratorHarness):
    kind = PanicsAreNotCounted


class TakesItForItsOwnCancellationContract(OrchestratorHarness):
    kind = TakesItForItsOwnCancellation


class AsksAllOfThemFirstContract(OrchestratorHarness):
    kind = AsksAllOfThemFirst


SUBJECTS = [
    Broken(DiesWithTheModuleContract, ("ORC-007",), "no outcome within"),
    Broken(NotMyErrorContract, ("ORC-007",), "status completed"),
    Broken(PanicsAreNotCountedContract, ("ORC-007",), "refused because the circuit is open"),
    Broken(TakesItForItsOwnCancellationContract, ("ORC-007",), "no outcome within"),
    Broken(AsksAllOfThemFirstContract, ("ORC-007",), "in can_reload"),
]
