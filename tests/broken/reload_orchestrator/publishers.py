"""Orchestrators whose reloads depend on their publisher: ORC-018."""

import asyncio
import inspect
from typing import Any

from pytest_policy_contracts import ReloadOutcome
from tests.broken.entry import Broken

from .orchestrators import Books, Orchestrator, OrchestratorHarness, Request


class NoEventNoReload(Orchestrator):
    """Does not change what it could not announce."""

    async def _forward(self, request: Request, books: Books) -> str:
        try:
            answer = self._publish(self._event("audit", request, {}))
            if inspect.isawaitable(answer):
                await answer
        except Exception as error:
            books.error = error
            return "failed"
        return await super()._forward(request, books)


class PublishingTakesItsTime(Orchestrator):
    """Publishes within the time that a reload may take, and fails a reload that takes longer."""

    async def _reload(self, request: Request) -> ReloadOutcome:
        try:
            async with asyncio.timeout(30):
                await self._announce(request)
        except TimeoutError as late:
            return self._outcome("failed", error=late)
        return await super()._reload(request)

    async def _announce(self, request: Request) -> None:
        try:
            answer = self._publish(self._event("audit", request, {}))
            if inspect.isawaitable(answer):
                await answer
        except Exception:
            self._log("an event could not be published")


class UntoldIsUndone(Orchestrator):
    """Rolls back what it could not publish as completed."""

    async def _reload(self, request: Request) -> ReloadOutcome:
        books = Books()
        status = await self._forward(request, books)
        try:
            answer: Any = self._publish(self._event("audit", request, {}))
            if inspect.isawaitable(answer):
                await answer
        except Exception as error:
            books.error = books.error or error
            status = "failed"
        if status != "completed":
            await self._roll_back(request, books)
        return self._outcome(status, books)


class NoEventNoReloadContract(OrchestratorHarness):
    kind = NoEventNoReload


class PublishingTakesItsTimeContract(OrchestratorHarness):
    kind = PublishingTakesItsTime


class UntoldIsUndoneContract(OrchestratorHarness):
    kind = UntoldIsUndone


SUBJECTS = [
    Broken(NoEventNoReloadContract, ("ORC-018",), "request 1 ends as completed"),
    Broken(PublishingTakesItsTimeContract, ("ORC-018",), "request 1 ends as completed"),
    Broken(UntoldIsUndoneContract, ("ORC-018",), "request 1 ends as completed"),
]
