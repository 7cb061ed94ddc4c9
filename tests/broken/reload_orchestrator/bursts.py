"""Orchestrators that are right while little happens, and not under load: ORC-022."""

from collections import Counter
from typing import Any

from tests.broken.entry import Broken

from .orchestrators import Books, Orchestrator, OrchestratorHarness, Request

MANY = 20


class NoRollbackUnderLoad(Orchestrator):
    """Rolls nothing back while many wait, because the next one will overwrite it anyway."""

    async def _roll_back(self, request: Request, books: Books) -> None:
        if len(self._queue) < MANY:
            await super()._roll_back(request, books)


class NewestOnlyUnderLoad(Orchestrator):
    """Serves only the newest of those who wait when they are many, and tells the others that theirs was completed."""

    async def _serve(self, request: Request) -> None:
        if len(self._queue) >= MANY and request.diff.has_changes:
            self._answer(request, self._outcome("completed"))
            return
        await super()._serve(request)


class NoAfterManyNoes(Orchestrator):
    """Asks a module no more that has said no many times."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._noes: Counter[str] = Counter()

    def _can_reload(self, name: str, module: Any) -> bool:
        answer = self._noes[name] < MANY and super()._can_reload(name, module)
        self._noes[name] += not answer and name not in self._quarantine
        return answer


class NoRollbackUnderLoadContract(OrchestratorHarness):
    kind = NoRollbackUnderLoad


class NewestOnlyUnderLoadContract(OrchestratorHarness):
    kind = NewestOnlyUnderLoad


class NoAfterManyNoesContract(OrchestratorHarness):
    kind = NoAfterManyNoes


SUBJECTS = [
    Broken(NoRollbackUnderLoadContract, ("ORC-022",), "what was to be rolled back"),
    Broken(NewestOnlyUnderLoadContract, ("ORC-022",), "is failed | status completed"),
    Broken(NoAfterManyNoesContract, ("ORC-022",), "skipped ['cache']"),
]
