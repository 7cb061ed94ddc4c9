"""Orchestrators that leave some modules with the new settings when one has failed: ORC-004."""

from typing import Any

from tests.broken.entry import Broken

from .orchestrators import Books, Orchestrator, OrchestratorHarness, Request


class ForgetsWhoFailed(Orchestrator):
    """Rolls back those that were applied; the one that failed was not, so it thinks (R3)."""

    def _to_roll_back(self, books: Books) -> list[str]:
        return [name for name in super()._to_roll_back(books) if name not in books.failed]


class FirstInFirstOut(Orchestrator):
    """Rolls back in the order in which it has applied."""

    def _to_roll_back(self, books: Books) -> list[str]:
        return [*books.failed, *books.applied]


class OneShort(Orchestrator):
    """Counts down from the last to the second."""

    def _to_roll_back(self, books: Books) -> list[str]:
        return [*books.failed, *(books.applied[number] for number in range(len(books.applied) - 1, 0, -1))]


class LogsAndGoesHome(Orchestrator):
    """Has a failure logged, and leaves the rest to whoever reads the log (R1)."""

    def _to_roll_back(self, books: Books) -> list[str]:
        return []


class GoesOnAfterAFailure(Orchestrator):
    """Reloads the modules behind the one that failed, too, and rolls back those before it."""

    async def _forward(self, request: Request, books: Books) -> str:
        status = await super()._forward(request, books)
        if status == "failed":
            rest = list(self._modules)[list(self._modules).index(books.failed[0]) + 1 :]
            for name in rest:
                changes = self._changes_for(name, request.diff.changes)
                if changes and self._can_reload(name, self._modules[name]):
                    await self._apply(request, self._modules[name], changes)
        return status


class ForgetsWhoFailedContract(OrchestratorHarness):
    kind = ForgetsWhoFailed


class FirstInFirstOutContract(OrchestratorHarness):
    kind = FirstInFirstOut


class OneShortContract(OrchestratorHarness):
    kind = OneShort


class LogsAndGoesHomeContract(OrchestratorHarness):
    kind = LogsAndGoesHome


class GoesOnAfterAFailureContract(OrchestratorHarness):
    kind = GoesOnAfterAFailure


SUBJECTS: list[Any] = [
    Broken(ForgetsWhoFailedContract, ("ORC-004",), "audit is asked to restore itself, or listed as dirty"),
    Broken(FirstInFirstOutContract, ("ORC-004",), "rolled back: limits, cache, routes"),
    Broken(OneShortContract, ("ORC-004",), "rolled back: routes, cache"),
    Broken(LogsAndGoesHomeContract, ("ORC-004",), "rolled back: none"),
    Broken(GoesOnAfterAFailureContract, ("ORC-004",), "audit has {"),
]
