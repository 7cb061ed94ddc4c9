"""Orchestrators whose events do not tell what has happened: ORC-017."""

from typing import Any

from pytest_policy_contracts import ReloadOutcome
from tests.broken.entry import Broken

from .orchestrators import Orchestrator, OrchestratorHarness, Request


class NoEndForThoseWhoGaveUp(Orchestrator):
    """Publishes no end of a request that nobody waits for."""

    def _tell_end(self, request: Request, outcome: ReloadOutcome) -> None:
        if outcome.status != "cancelled":
            super()._tell_end(request, outcome)


class FailedTwice(Orchestrator):
    """Publishes a failure where it happens, and once more where it ends."""

    def _tell_end(self, request: Request, outcome: ReloadOutcome) -> None:
        super()._tell_end(request, outcome)
        if outcome.status == "failed":
            super()._tell_end(request, outcome)


class ANewCorrelationForEach(Orchestrator):
    """Draws a correlation id for each event."""

    def _event(self, kind: str, request: Request, data: dict[str, Any]) -> dict[str, Any]:
        event = super()._event(kind, request, data)
        return {**event, "correlationid": event["id"]}


class OneCorrelationForAll(Orchestrator):
    """Has one correlation id for everything that it does."""

    def _event(self, kind: str, request: Request, data: dict[str, Any]) -> dict[str, Any]:
        return {**super()._event(kind, request, data), "correlationid": "reload"}


class IdsOfRequests(Orchestrator):
    """Takes the number of the request for the id of each of its events."""

    def _event(self, kind: str, request: Request, data: dict[str, Any]) -> dict[str, Any]:
        event = super()._event(kind, request, data)
        return {**event, "id": event["correlationid"]}


class NoVersion(Orchestrator):
    """Publishes what looks like an event, without the version of the specification."""

    def _event(self, kind: str, request: Request, data: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in super()._event(kind, request, data).items() if name != "specversion"}


class TheEndFirst(Orchestrator):
    """Publishes what has ended before what has begun, because it collects them on a stack."""

    def _tell_end(self, request: Request, outcome: ReloadOutcome) -> None:
        super()._tell_end(request, outcome)
        begun = self._begun.pop(request, None)
        if begun is not None:
            super()._tell("started", request, begun)

    def _tell(self, kind: str, request: Request, data: dict[str, Any]) -> None:
        if kind == "started":
            self.__dict__.setdefault("_begun", {})[request] = data
        else:
            super()._tell(kind, request, data)


class NoEndForThoseWhoGaveUpContract(OrchestratorHarness):
    kind = NoEndForThoseWhoGaveUp


class FailedTwiceContract(OrchestratorHarness):
    kind = FailedTwice


class ANewCorrelationForEachContract(OrchestratorHarness):
    kind = ANewCorrelationForEach


class OneCorrelationForAllContract(OrchestratorHarness):
    kind = OneCorrelationForAll


class IdsOfRequestsContract(OrchestratorHarness):
    kind = IdsOfRequests


class NoVersionContract(OrchestratorHarness):
    kind = NoVersion


class TheEndFirstContract(OrchestratorHarness):
    kind = TheEndFirst


SUBJECTS = [
    Broken(NoEndForThoseWhoGaveUpContract, ("ORC-017",), "exactly one of completed and failed"),
    Broken(FailedTwiceContract, ("ORC-017",), "config.reload.failed, config.reload.failed"),
    Broken(ANewCorrelationForEachContract, ("ORC-017",), "config.reload.started"),
    Broken(OneCorrelationForAllContract, ("ORC-017",), "for correlationid 'reload'"),
    Broken(IdsOfRequestsContract, ("ORC-017",), "an id of its own for each event"),
    Broken(NoVersionContract, ("ORC-017",), "specversion is none"),
    Broken(TheEndFirstContract, ("ORC-017",), "config.reload.completed, config.reload.started"),
]
