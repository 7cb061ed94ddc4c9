"""Orchestrators that count a caller who gives up as a failure of the system: ORC-016."""

from tests.broken.entry import Broken

from .orchestrators import Orchestrator, OrchestratorHarness, Request


class GivingUpIsFailure(Orchestrator):
    """Counts whatever was not completed as a failure (R7)."""

    def _count(self, request: Request, status: str) -> bool:
        if status == "cancelled" and not request.probe and request not in self._queue and self._circuit.until is None:
            return super()._count(request, "failed")
        return super()._count(request, status)


class WhoLeavesTheQueueHasFailed(Orchestrator):
    """Counts a caller who did not want to wait any longer as a reload that took too long (R7)."""

    def _gave_up(self, request: Request) -> None:
        if request in self._queue and not request.probe:
            self._left = getattr(self, "_left", 0) + 1
        super()._gave_up(request)

    def _count(self, request: Request, status: str) -> bool:
        opened = super()._count(request, status)
        if status == "completed":
            for _ in range(getattr(self, "_left", 0)):
                opened = self._circuit.failed(False) or opened
            self._left = 0
        return opened


class GivingUpIsFailureContract(OrchestratorHarness):
    kind = GivingUpIsFailure


class WhoLeavesTheQueueHasFailedContract(OrchestratorHarness):
    kind = WhoLeavesTheQueueHasFailed


SUBJECTS = [
    Broken(GivingUpIsFailureContract, ("ORC-016",), "circuitopenerror"),
    Broken(WhoLeavesTheQueueHasFailedContract, ("ORC-016",), "circuitopenerror"),
]
