"""Orchestrators that leave modules out, or reload them in another way each time: ORC-001."""

import random
from collections.abc import Iterable
from typing import Any

from pytest_policy_contracts import ConfigChange, ReloadOutcome
from tests.broken.entry import Broken

from .orchestrators import Orchestrator, OrchestratorHarness, Request


class LooksAtTheFirstWordOnly(Orchestrator):
    """Finds the module of a change by the first word of its path, so that `cache.pool` has none."""

    def _changes_for(self, name: str, changes: Iterable[ConfigChange]) -> list[ConfigChange]:
        return [one for one in super()._changes_for(name, changes) if one.path.split(".")[0] == name]


class ModulesInAnyOrder(Orchestrator):
    """Goes through its modules as a map in Go is gone through: in another order each time."""

    def _members(self) -> Iterable[tuple[str, Any]]:
        members = list(self._modules.items())
        random.shuffle(members)
        return members


class ChangesInAnyOrder(Orchestrator):
    """Keeps the changes in a map, whose order is that of nothing."""

    def _changes_for(self, name: str, changes: Iterable[ConfigChange]) -> list[ConfigChange]:
        return sorted(super()._changes_for(name, changes), key=lambda change: change.path[::-1])


class ExpectsAnAwaitable(Orchestrator):
    """Leaves out modules whose reload is no coroutine function."""

    def _members(self) -> Iterable[tuple[str, Any]]:
        import inspect

        return [(name, one) for name, one in self._modules.items() if inspect.iscoroutinefunction(one.reload)]


class KeepsNoBooks(Orchestrator):
    """Has nothing to say about which modules were reloaded, as long as all went well."""

    def _outcome(self, status: str, books: Any = None, error: BaseException | None = None) -> ReloadOutcome:
        return ReloadOutcome(status) if status == "completed" else super()._outcome(status, books, error)


class LooksAtTheFirstWordOnlyContract(OrchestratorHarness):
    kind = LooksAtTheFirstWordOnly


class ModulesInAnyOrderContract(OrchestratorHarness):
    kind = ModulesInAnyOrder


class ChangesInAnyOrderContract(OrchestratorHarness):
    kind = ChangesInAnyOrder


class ExpectsAnAwaitableContract(OrchestratorHarness):
    kind = ExpectsAnAwaitable


class KeepsNoBooksContract(OrchestratorHarness):
    kind = KeepsNoBooks


SUBJECTS = [
    Broken(KeepsNoBooksContract, ("ORC-001",), "applied names limits, cache, routes"),
    Broken(LooksAtTheFirstWordOnlyContract, ("ORC-001",), "cache.pool got nothing"),
    Broken(ModulesInAnyOrderContract, ("ORC-001",), "reloaded in the order"),
    Broken(ChangesInAnyOrderContract, ("ORC-001",), "limits got limits.mode, limits.ttl, limits"),
    Broken(ExpectsAnAwaitableContract, ("ORC-001",), "cache got nothing"),
]
