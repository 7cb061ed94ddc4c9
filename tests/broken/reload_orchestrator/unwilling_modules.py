"""Orchestrators that do not do what a module says about itself: ORC-002; and that make much of no changes: ORC-003."""

from typing import Any

from pytest_policy_contracts import ReloadOutcome
from tests.broken.entry import Broken

from .orchestrators import Books, Orchestrator, OrchestratorHarness, Request


class AsksNobody(Orchestrator):
    """Reloads everything, whatever it says."""

    def _can_reload(self, name: str, module: Any) -> bool:
        return name not in self._quarantine


class NoMeansNever(Orchestrator):
    """Remembers a no for ever."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._refused: set[str] = set()

    def _can_reload(self, name: str, module: Any) -> bool:
        if not super()._can_reload(name, module):
            self._refused.add(name)
        return name not in self._refused


class SilenceMeansNo(Orchestrator):
    """Skips a module that raises instead of answering."""

    def _can_reload(self, name: str, module: Any) -> bool:
        try:
            return super()._can_reload(name, module)
        except Exception:
            return False


class TellsOfEveryBeginning(Orchestrator):
    """Publishes that it has started before it looks whether there is anything to do."""

    def _noop(self, request: Request) -> ReloadOutcome:
        self._tell("started", request, {})
        return super()._noop(request)


class ReloadsNothing(Orchestrator):
    """Goes through all modules with an empty list of changes."""

    async def _result(self, request: Request) -> ReloadOutcome:
        if not request.diff.has_changes:
            for name, module in self._members():
                if self._can_reload(name, module):
                    await self._call(module, [], self._timeout_of(module))
        return await super()._result(request)


class CompletesNothing(Orchestrator):
    """Has no word for a reload without changes, and calls it completed."""

    def _noop(self, request: Request) -> ReloadOutcome:
        self._tell("noop", request, {})
        return self._outcome("completed", Books())


class AsksNobodyContract(OrchestratorHarness):
    kind = AsksNobody


class NoMeansNeverContract(OrchestratorHarness):
    kind = NoMeansNever


class SilenceMeansNoContract(OrchestratorHarness):
    kind = SilenceMeansNo


class TellsOfEveryBeginningContract(OrchestratorHarness):
    kind = TellsOfEveryBeginning


class ReloadsNothingContract(OrchestratorHarness):
    kind = ReloadsNothing


class CompletesNothingContract(OrchestratorHarness):
    kind = CompletesNothing


SUBJECTS = [
    Broken(AsksNobodyContract, ("ORC-002",), "skipped names cache"),
    Broken(NoMeansNeverContract, ("ORC-002",), "cache has {"),
    Broken(SilenceMeansNoContract, ("ORC-002",), "status failed | status completed"),
    Broken(TellsOfEveryBeginningContract, ("ORC-003",), "config.reload.started, config.reload.noop"),
    Broken(ReloadsNothingContract, ("ORC-003",), "limits.can_reload(), limits.reload()"),
    Broken(CompletesNothingContract, ("ORC-003",), "status completed"),
]
