"""An orchestrator that asks no module that has failed: it calls it dirty."""

import asyncio

from pytest_policy_contracts import OrchestratorConfig, ReloadOrchestratorHarness
from pytest_policy_contracts.contracts.tenants import Publish

from .deque_worker import DequeOrchestrator
from .values import Transaction


class Listing(Transaction):
    """Does not touch what has failed."""

    asks_the_failing_one = False


class ListingOrchestrator(DequeOrchestrator):
    """Leaves a module that has failed as it is, and says that it is dirty."""

    transaction = Listing


class ListingContract(ReloadOrchestratorHarness):
    def create(self, config: OrchestratorConfig, publish: Publish) -> ListingOrchestrator:
        return ListingOrchestrator(config, publish)

    async def dispose(self, subject: ListingOrchestrator) -> None:
        async with asyncio.timeout(3600):
            await subject.stop()
