"""Orchestrators that show what is marked as sensitive: ORC-019."""

from typing import Any

from pytest_policy_contracts import ConfigDiff, ReloadOutcome
from tests.broken.entry import Broken

from .orchestrators import ModuleFailed, Orchestrator, OrchestratorHarness, Request


class QuotesTheModule(Orchestrator):
    """Passes on what a module says about its failure (R13)."""

    def _redacted(self, text: str, diff: ConfigDiff) -> str:
        return text


class PublishesTheChanges(Orchestrator):
    """Has the changes in the event that tells of the beginning."""

    async def _result(self, request: Request) -> ReloadOutcome:
        outcome = await super()._result(request)
        self._tell("applied", request, {change.path: (change.old, change.new) for change in request.diff.changes})
        return outcome


class LogsTheChanges(Orchestrator):
    """Logs each change with its values, at a level that nobody looks at."""

    async def _reload(self, request: Request) -> ReloadOutcome:
        for change in request.diff.changes:
            self._log("%s: %r becomes %r", change.path, change.old, change.new)
        return await super()._reload(request)


class KeepsTheCause(Orchestrator):
    """Redacts the text of an error, and keeps the error itself as its cause."""

    def _told(self, name: str, error: BaseException, diff: ConfigDiff) -> BaseException:
        told = super()._told(name, error, diff)
        told.__cause__ = error
        return told


class QuotesTheModuleContract(OrchestratorHarness):
    kind = QuotesTheModule


class PublishesTheChangesContract(OrchestratorHarness):
    kind = PublishesTheChanges


class LogsTheChangesContract(OrchestratorHarness):
    kind = LogsTheChanges


class KeepsTheCauseContract(OrchestratorHarness):
    kind = KeepsTheCause


SUBJECTS = [
    Broken(QuotesTheModuleContract, ("ORC-019",), "a secret in a log record"),
    Broken(PublishesTheChangesContract, ("ORC-019",), "a secret in an event config.reload.applied"),
    Broken(LogsTheChangesContract, ("ORC-019",), "becomes"),
    Broken(KeepsTheCauseContract, ("ORC-019",), "in the outcome"),
]
