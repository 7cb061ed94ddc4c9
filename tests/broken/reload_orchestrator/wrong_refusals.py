"""Orchestrators that refuse late, not at all, or with an error that says nothing: ORC-012."""

from typing import Any

from pytest_policy_contracts import CircuitOpenError, ConfigDiff, ReloadOutcome
from tests.broken.entry import Broken

from .orchestrators import Orchestrator, OrchestratorHarness


class RefusesWhoAwaits(Orchestrator):
    """Refuses in a coroutine, so that only whoever awaits it hears of it."""

    async def request_reload(self, diff: ConfigDiff, *, trigger: object) -> Any:
        answer: Any = super().request_reload(diff, trigger=trigger)
        return await answer


class OneErrorForEverything(Orchestrator):
    """Has one error for whatever keeps it from serving."""

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> Any:
        try:
            return super().request_reload(diff, trigger=trigger)
        except CircuitOpenError:
            raise
        except RuntimeError as error:
            raise RuntimeError("the orchestrator is not available") from error


class RoomForEverybody(Orchestrator):
    """Takes as many requests as come."""

    def _refuse_if_full(self) -> None:
        return None


class AsksTheCircuitAtTheDoor(Orchestrator):
    """Lets nobody in while the circuit is open, and serves whoever is in already (R7)."""

    def _send_away(self) -> None:
        return None


class SendsThemAwayWithoutAWord(Orchestrator):
    """Fails the requests that wait when the circuit opens, and does not say why."""

    def _send_away(self) -> None:
        while self._queue:
            self._answer(self._queue.popleft(), self._outcome("failed"))


class TakesRequestsForEver(Orchestrator):
    """Takes requests after it was stopped, and answers each that it was stopped."""

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> Any:
        if not self._stopped:
            return super().request_reload(diff, trigger=trigger)
        return self._stopped_outcome()

    async def _stopped_outcome(self) -> ReloadOutcome:
        return self._outcome("stopped", error=self._stopped_error())


class RefusesWhoAwaitsContract(OrchestratorHarness):
    kind = RefusesWhoAwaits


class OneErrorForEverythingContract(OrchestratorHarness):
    kind = OneErrorForEverything


class RoomForEverybodyContract(OrchestratorHarness):
    kind = RoomForEverybody


class AsksTheCircuitAtTheDoorContract(OrchestratorHarness):
    kind = AsksTheCircuitAtTheDoor


class SendsThemAwayWithoutAWordContract(OrchestratorHarness):
    kind = SendsThemAwayWithoutAWord


class TakesRequestsForEverContract(OrchestratorHarness):
    kind = TakesRequestsForEver


SUBJECTS = [
    Broken(RefusesWhoAwaitsContract, ("ORC-012",), "the call took the request"),
    Broken(OneErrorForEverythingContract, ("ORC-012",), "the orchestrator is not available"),
    Broken(RoomForEverybodyContract, ("ORC-012",), "the call took the request"),
    Broken(AsksTheCircuitAtTheDoorContract, ("ORC-012",), "status completed"),
    Broken(SendsThemAwayWithoutAWordContract, ("ORC-012",), "request 4 has failed with a circuitopenerror"),
    Broken(TakesRequestsForEverContract, ("ORC-012",), "the call raises a reloadstoppederror"),
]
