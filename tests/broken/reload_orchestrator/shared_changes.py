"""Orchestrators that hand the same values to everybody, or make others of them: ORC-021."""

from collections.abc import Iterable
from typing import Any

from pytest_policy_contracts import ConfigChange, ConfigDiff
from tests.broken.entry import Broken

from .orchestrators import Orchestrator, OrchestratorHarness, Request


class OneListForAll(Orchestrator):
    """Hands the same changes to every module (R12)."""

    def _changes_for(self, name: str, changes: Iterable[ConfigChange]) -> list[ConfigChange]:
        return [one for one in changes if one.path == name or one.path.startswith(f"{name}.")]


class TextsForTheRollback(Orchestrator):
    """Notes old values as texts (R12)."""

    def _inverse(self, diff: ConfigDiff) -> ConfigDiff:
        return ConfigDiff.of(
            one
            if one.new is None or isinstance(one.new, str)
            else ConfigChange(one.path, one.kind, one.old, str(one.new))
            for one in diff.inverse().changes
        )


class NothingIsAValue(Orchestrator):
    """Rolls a new setting back to nothing instead of removing it (R12)."""

    def _inverse(self, diff: ConfigDiff) -> ConfigDiff:
        return ConfigDiff.of(
            ConfigChange.modified(one.path, one.old, None) if one.kind == "removed" else one
            for one in diff.inverse().changes
        )


class EqualIsTheSame(Orchestrator):
    """Leaves out changes between values that are equal, such as 1 and True."""

    def _own(self, diff: ConfigDiff) -> ConfigDiff:
        own = super()._own(diff)
        return ConfigDiff.of(one for one in own.changes if one.kind != "modified" or one.old != one.new)


class UndoesWhatTheyMadeOfIt(Orchestrator):
    """Keeps the list that it has handed over for the rollback."""

    async def _apply(self, request: Request, module: Any, changes: list[ConfigChange]) -> None:
        self.__dict__.setdefault("_handed", {})[id(module)] = list(changes)
        await super()._apply(request, module, changes)

    async def _undo(self, request: Request, name: str) -> None:
        module = self._modules[name]
        handed = self.__dict__.get("_handed", {}).get(id(module), [])
        await self._call(module, list(ConfigDiff.of(handed).inverse().changes), self._timeout_of(module))


class OneListForAllContract(OrchestratorHarness):
    kind = OneListForAll


class TextsForTheRollbackContract(OrchestratorHarness):
    kind = TextsForTheRollback


class NothingIsAValueContract(OrchestratorHarness):
    kind = NothingIsAValue


class EqualIsTheSameContract(OrchestratorHarness):
    kind = EqualIsTheSame


class UndoesWhatTheyMadeOfItContract(OrchestratorHarness):
    kind = UndoesWhatTheyMadeOfIt


SUBJECTS = [
    Broken(OneListForAllContract, ("ORC-021",), "altered by the suite afterwards"),
    Broken(TextsForTheRollbackContract, ("ORC-021",), "\"['a', {'port': 1}]\""),
    Broken(NothingIsAValueContract, ("ORC-021",), "'cache.pool.shards.zones': none"),
    Broken(EqualIsTheSameContract, ("ORC-021",), "'limits.changed-0': 1,"),
    Broken(UndoesWhatTheyMadeOfItContract, ("ORC-021",), "altered by the suite afterwards"),
]
