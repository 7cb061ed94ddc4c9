"""Orchestrators that are disturbed by modules which come while they work: ORC-020."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.broken.entry import Broken

from .orchestrators import Books, Orchestrator, OrchestratorHarness, Request


class GoesThroughWhatOthersChange(Orchestrator):
    """Goes through its modules while others may be added, and fails where that is noticed."""

    async def _forward(self, request: Request, books: Books) -> str:
        try:
            return await super()._forward(request, books)
        except RuntimeError as error:
            books.error = error
            return "failed"

    def _members(self) -> Iterable[tuple[str, Any]]:
        return self._modules.items()


class TakesInWhoeverComes(Orchestrator):
    """Goes on to modules that came while it was under way."""

    def _members(self) -> Iterator[tuple[str, Any]]:
        done: set[str] = set()
        while len(done) < len(self._modules):
            name = next(name for name in self._modules if name not in done)
            done.add(name)
            yield name, self._modules[name]


class TheLastOneCounts(Orchestrator):
    """Puts a module in the place of another one of that name."""

    def register(self, name: str, module: Any) -> None:
        self._quarantine.discard(name)
        self._modules[name] = module


class NotWhileItWorks(Orchestrator):
    """Takes no modules while a reload runs."""

    def register(self, name: str, module: Any) -> None:
        if self._current is not None:
            raise RuntimeError("a reload is running")
        super().register(name, module)


class GoesThroughWhatOthersChangeContract(OrchestratorHarness):
    kind = GoesThroughWhatOthersChange


class TakesInWhoeverComesContract(OrchestratorHarness):
    kind = TakesInWhoeverComes


class TheLastOneCountsContract(OrchestratorHarness):
    kind = TheLastOneCounts


class NotWhileItWorksContract(OrchestratorHarness):
    kind = NotWhileItWorks


SUBJECTS = [
    Broken(GoesThroughWhatOthersChangeContract, ("ORC-020",), "dictionary changed size during iteration"),
    Broken(TakesInWhoeverComesContract, ("ORC-020",), "late was called in the one that ran"),
    Broken(TheLastOneCountsContract, ("ORC-020",), "2 of 2 refused with valueerror"),
    Broken(NotWhileItWorksContract, ("ORC-020",), "a reload is running"),
]
