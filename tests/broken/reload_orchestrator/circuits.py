"""Orchestrators whose circuit opens too early or too late, or for the wrong time: ORC-014."""

from tests.broken.entry import Broken

from .orchestrators import Circuit, Orchestrator, OrchestratorHarness, Request


class OneTooMany(Orchestrator):
    """Compares with above where it should be from."""

    class circuit_type(Circuit):
        def failed(self, probe: bool) -> bool:
            self.failures += 1
            if not probe and self.failures <= self.threshold:
                return False
            self.failures -= 1
            return super().failed(True)


class CountsFromTheFirstFailure(Orchestrator):
    """Takes the number of failures for the exponent, so that the first period is never the base (R6)."""

    class circuit_type(Circuit):
        def period(self) -> float:
            return min(self.base * 2.0 ** (self.failures - 1), self.cap)


class NoCap(Orchestrator):
    """Doubles the period for ever."""

    class circuit_type(Circuit):
        def period(self) -> float:
            return self.base * 2.0**self.openings


class NothingIsSuccess(Orchestrator):
    """Counts a request without changes as a success."""

    def _count(self, request: Request, status: str) -> bool:
        return super()._count(request, "completed" if status == "noop" and not request.probe else status)


class GivingUpIsSuccess(Orchestrator):
    """Forgets the failures when a caller gives up: it did not fail."""

    def _count(self, request: Request, status: str) -> bool:
        return super()._count(request, "completed" if status == "cancelled" and not request.probe else status)


class OnceFailedAlwaysFailed(Orchestrator):
    """Counts all failures, whatever was completed in between."""

    class circuit_type(Circuit):
        def succeeded(self) -> None:
            if self.until is not None:
                super().succeeded()


class RemembersTheLongPeriod(Orchestrator):
    """Closes the circuit after a probe, and opens it for the last period again."""

    class circuit_type(Circuit):
        def succeeded(self) -> None:
            self.failures = 0
            self.until, self.probing = None, False


class OneTooManyContract(OrchestratorHarness):
    kind = OneTooMany


class CountsFromTheFirstFailureContract(OrchestratorHarness):
    kind = CountsFromTheFirstFailure


class NoCapContract(OrchestratorHarness):
    kind = NoCap


class NothingIsSuccessContract(OrchestratorHarness):
    kind = NothingIsSuccess


class GivingUpIsSuccessContract(OrchestratorHarness):
    kind = GivingUpIsSuccess


class OnceFailedAlwaysFailedContract(OrchestratorHarness):
    kind = OnceFailedAlwaysFailed


class RemembersTheLongPeriodContract(OrchestratorHarness):
    kind = RemembersTheLongPeriod


SUBJECTS = [
    Broken(OneTooManyContract, ("ORC-014",), "refused because the circuit is open"),
    Broken(CountsFromTheFirstFailureContract, ("ORC-014",), "open period 1 of 2 s, 2.1 s after it began"),
    Broken(NoCapContract, ("ORC-014",), "open period 7 of 120 s, 120.1 s after it began"),
    Broken(NothingIsSuccessContract, ("ORC-014",), "after failed, failed, noop, failed"),
    Broken(GivingUpIsSuccessContract, ("ORC-014",), "after failed, failed, cancelled, failed"),
    Broken(
        OnceFailedAlwaysFailedContract, ("ORC-014",), "request 5 is accepted, after failed, failed, completed, failed"
    ),
    Broken(RemembersTheLongPeriodContract, ("ORC-014",), "open period 1 of 2 s, 2.1 s after it began"),
]
