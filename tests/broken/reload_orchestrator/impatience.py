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


class DeadlinesAreFailures(Orchestrator):
    """Counts a reload as failed whose caller did not wait for its end."""

    def _count(self, request: Request, status: str) -> bool:
        if status == "cancelled" and request is self._served:
            self._impatient = getattr(self, "_impatient", 0) + 1
            if self._impatient > 4:
                return self._circuit.failed(True)
        return super()._count(request, status)

    async def _serve(self, request: Request) -> None:
        self._served = request
        await super()._serve(request)


class GivingUpIsFailureContract(OrchestratorHarness):
    kind = GivingUpIsFailure


class WhoLeavesTheQueueHasFailedContract(OrchestratorHarness):
    kind = WhoLeavesTheQueueHasFailed


class DeadlinesAreFailuresContract(OrchestratorHarness):
    kind = DeadlinesAreFailures


SUBJECTS = [
    Broken(GivingUpIsFailureContract, ("ORC-016",), "circuitopenerror"),
    Broken(WhoLeavesTheQueueHasFailedContract, ("ORC-016",), "circuitopenerror"),
    Broken(DeadlinesAreFailuresContract, ("ORC-016",), "circuitopenerror"),
]
