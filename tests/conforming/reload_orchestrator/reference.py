"""The orchestrator of the reference implementation, with its outbox, as `reference_impl.app` wires it."""

from pytest_policy_contracts import OrchestratorConfig
from pytest_policy_contracts.contracts import Publish
from pytest_policy_contracts.harness import ReloadOrchestratorHarness
from reference_impl.events import Outbox, TaskDelivery
from reference_impl.orchestrator import Orchestrator


class ToldOrchestrator(Orchestrator):
    """One whose events are delivered."""

    def __init__(self, config: OrchestratorConfig, publish: Publish, *, coalesce: bool = False) -> None:
        outbox = Outbox("/reference")
        super().__init__(config, events=outbox, coalesce=coalesce)
        self.delivery = TaskDelivery(outbox, publish)
        self.delivery.start()


class ReferenceOrchestratorContract(ReloadOrchestratorHarness):
    def create(self, config: OrchestratorConfig, publish: Publish, /) -> ToldOrchestrator:
        return ToldOrchestrator(config, publish)

    async def dispose(self, subject: ToldOrchestrator, /) -> None:
        await subject.stop()
        await subject.delivery.close()


class CoalescingReferenceContract(ReferenceOrchestratorContract):
    """As adopters have it who want the latest settings only."""

    def create(self, config: OrchestratorConfig, publish: Publish, /) -> ToldOrchestrator:
        return ToldOrchestrator(config, publish, coalesce=True)
