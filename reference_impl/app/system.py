"""A system of orchestrator, health service and tenant guard, with one outbox for their events and one set of metrics.

guard ──┐
health ─┼─▶ Outbox ─▶ TaskDelivery ─▶ publish
orchestrator ─┘   └─▶ Metrics          (the orchestrator is also a provider of the health service)
"""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from pytest_policy_contracts.contracts import AggregatorConfig, GuardConfig, OrchestratorConfig
from reference_impl.events import Outbox, TaskDelivery
from reference_impl.guard import TenantGuard
from reference_impl.health import HealthService
from reference_impl.metrics import Metrics
from reference_impl.orchestrator import Orchestrator
from reference_impl.ports import Publish


@dataclass(frozen=True, slots=True)
class SystemConfig:
    """How the parts are set up; `source` names this system in its events, as a URI reference."""

    source: str
    orchestrator: OrchestratorConfig = field(default_factory=OrchestratorConfig)
    health: AggregatorConfig = field(default_factory=AggregatorConfig)
    guard: GuardConfig = field(default_factory=GuardConfig)


class PolicySystem:
    """The parts, wired; use it as `async with PolicySystem(config, publish) as system: …`.

    It is closed in the order in which nothing is lost: who makes events first, who delivers them last.
    """

    def __init__(self, config: SystemConfig, publish: Publish) -> None:
        self.outbox = Outbox(config.source)
        self.metrics = Metrics()
        self._delivery = TaskDelivery(self.outbox, publish)
        self.orchestrator = Orchestrator(config.orchestrator, events=self.outbox, metrics=self.metrics.reload)
        self.health = HealthService(config.health, events=self.outbox, metrics=self.metrics.health)
        self.guard = TenantGuard(config.guard, events=self.outbox, metrics=self.metrics.guard)
        self.health.add_provider("orchestrator", self.orchestrator)

    async def __aenter__(self) -> Self:
        self._delivery.start()
        await self.orchestrator.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.orchestrator.stop()
        await self.health.close()
        await self._delivery.close()
