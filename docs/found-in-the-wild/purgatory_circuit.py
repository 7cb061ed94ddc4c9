"""purgatory's `AsyncCircuitBreaker`, held to the clauses of ReloadOrchestrator about the circuit."""

import asyncio
from typing import Any

from guarded_orchestrator import Call, GuardedOrchestrator
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import Context, OpenedState

from pytest_policy_contracts import OrchestratorConfig, ReloadOrchestratorHarness


class DoublingPeriod:
    """Doubles how long the circuit stays open after each probe that failed."""

    def __init__(self, circuit: Context, config: OrchestratorConfig) -> None:
        self._circuit = circuit
        self._config = config
        self._state = circuit.state

    def __call__(self, name: str, kind: str, event: Any) -> None:
        if kind != "state_changed":
            return
        before, self._state = self._state, event.state
        if event.state == "closed":
            self._circuit.ttl = self._config.backoff_base.total_seconds()
        elif before == "half-opened":
            self._circuit.ttl = min(2 * self._circuit.ttl, self._config.backoff_cap.total_seconds())


async def guarded(config: OrchestratorConfig, exclude: list[type[BaseException]]) -> GuardedOrchestrator:
    """Make an orchestrator with a breaker in memory, and a listener that doubles the period."""
    breakers = AsyncCircuitBreakerFactory(config.failure_threshold, config.backoff_base.total_seconds(), exclude)
    breaker = await breakers.get_breaker("reloads")
    breakers.add_listener(DoublingPeriod(breaker.context, config))

    async def through(call: Call) -> None:
        async with breaker:
            await call()

    return GuardedOrchestrator(config, through, OpenedState)


class DefaultsContract(ReloadOrchestratorHarness):
    """Every exception counts, as it is where nothing is excluded."""

    async def create(self, config: OrchestratorConfig, publish: object) -> GuardedOrchestrator:
        return await guarded(config, exclude=[])


class ExcludedContract(ReloadOrchestratorHarness):
    """The same with the cancellation excluded."""

    async def create(self, config: OrchestratorConfig, publish: object) -> GuardedOrchestrator:
        return await guarded(config, exclude=[asyncio.CancelledError])
