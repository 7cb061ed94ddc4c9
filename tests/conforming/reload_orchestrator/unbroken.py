"""The orchestrator that the broken subjects deviate from, without a mistake."""

from tests.broken.reload_orchestrator.orchestrators import OrchestratorHarness


class UnbrokenContract(OrchestratorHarness):
    """Makes it as it is."""
