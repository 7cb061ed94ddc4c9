"""Orchestrators that let everybody or nobody through when the open period has ended: ORC-015."""

from tests.broken.entry import Broken

from .orchestrators import Circuit, Orchestrator, OrchestratorHarness, Request


class TheDoorIsOpen(Orchestrator):
    """Closes the circuit when the period has ended, for everybody who waits (R5)."""

    class circuit_type(Circuit):
        def admit(self) -> bool:
            if self.until is not None and self.now() >= self.until:
                self.until = None
                self.failures = self.threshold - 1
            return super().admit()


class OneProbeAtATime(Orchestrator):
    """Notes that a probe is under way when it is served, and until then lets others through as probes, too."""

    class circuit_type(Circuit):
        def admit(self) -> bool:
            was_probing = self.probing
            is_probe = super().admit()
            self.probing = was_probing
            return is_probe

    async def _serve(self, request: Request) -> None:
        self._circuit.probing = request.probe
        await super()._serve(request)


class WhoGivesUpTakesThePlaceAlong(Orchestrator):
    """Keeps the place of a probe whose caller has given up."""

    def _count(self, request: Request, status: str) -> bool:
        return status != "cancelled" and super()._count(request, status)


class NothingTakesThePlaceAlong(Orchestrator):
    """Keeps the place of a probe that had no changes."""

    def _count(self, request: Request, status: str) -> bool:
        return status != "noop" and super()._count(request, status)


class OneSuccessIsNotEnough(Orchestrator):
    """Stays half open after a probe that succeeded: one does not prove anything."""

    class circuit_type(Circuit):
        proofs = 0

        def succeeded(self) -> None:
            self.proofs += self.until is not None
            if self.until is None or self.proofs > 1:
                super().succeeded()


class ABurstOfProbes(Orchestrator):
    """Lets as many probes through as may fail."""

    class circuit_type(Circuit):
        probes = 0

        def admit(self) -> bool:
            if self.until is None or self.now() < self.until:
                self.probes = 0
                return super().admit()
            self.probes += 1
            self.probing = self.probes > 2
            return super().admit()


class TheDoorIsOpenContract(OrchestratorHarness):
    kind = TheDoorIsOpen


class OneProbeAtATimeContract(OrchestratorHarness):
    kind = OneProbeAtATime


class WhoGivesUpTakesThePlaceAlongContract(OrchestratorHarness):
    kind = WhoGivesUpTakesThePlaceAlong


class NothingTakesThePlaceAlongContract(OrchestratorHarness):
    kind = NothingTakesThePlaceAlong


class OneSuccessIsNotEnoughContract(OrchestratorHarness):
    kind = OneSuccessIsNotEnough


class ABurstOfProbesContract(OrchestratorHarness):
    kind = ABurstOfProbes


SUBJECTS = [
    Broken(TheDoorIsOpenContract, ("ORC-015",), "while the probe was under way"),
    Broken(OneProbeAtATimeContract, ("ORC-015",), "while the probe was under way"),
    Broken(WhoGivesUpTakesThePlaceAlongContract, ("ORC-015",), "the first to arrive is let through"),
    Broken(NothingTakesThePlaceAlongContract, ("ORC-015",), "the first to arrive is let through"),
    Broken(OneSuccessIsNotEnoughContract, ("ORC-015",), "after the probe had succeeded"),
    Broken(ABurstOfProbesContract, ("ORC-015",), "while the probe was under way"),
]
