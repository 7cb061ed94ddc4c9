"""An orchestrator that hands every module all changes, in alphabetical order of the modules."""

from typing import Any

from pytest_policy_contracts import OrchestratorConfig, ReloadOrchestratorHarness
from pytest_policy_contracts.contracts.tenants import Publish

from .deque_worker import DequeOrchestrator
from .values import Transaction


class Everything(Transaction):
    """Leaves it to the modules to know what concerns them."""

    hands_over_everything = True

    def __init__(self, modules: Any, *more: Any) -> None:
        super().__init__(dict(sorted(modules.items())), *more)


class EverythingOrchestrator(DequeOrchestrator):
    """Hands everything to everybody; whom a change does not concern ignores it."""

    transaction = Everything


class EverythingContract(ReloadOrchestratorHarness):
    async def create(self, config: OrchestratorConfig, publish: Publish) -> EverythingOrchestrator:
        return EverythingOrchestrator(config, publish)
