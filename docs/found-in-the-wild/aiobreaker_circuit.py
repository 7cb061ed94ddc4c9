"""aiobreaker's `CircuitBreaker`, held to the clauses of ReloadOrchestrator about the circuit."""

from typing import Any

from aiobreaker import CircuitBreaker, CircuitBreakerError, CircuitBreakerListener
from aiobreaker.state import CircuitBreakerState
from guarded_orchestrator import GuardedOrchestrator

from pytest_policy_contracts import OrchestratorConfig, ReloadOrchestratorHarness


class DoublingPeriod(CircuitBreakerListener):
    """Doubles how long the circuit stays open after each trial call that failed."""

    def __init__(self, config: OrchestratorConfig) -> None:
        self._config = config

    def state_change(self, breaker: CircuitBreaker, old: Any, new: Any) -> None:
        if new.state is CircuitBreakerState.CLOSED:
            breaker.timeout_duration = self._config.backoff_base
        elif old.state is CircuitBreakerState.HALF_OPEN:
            breaker.timeout_duration = min(2 * breaker.timeout_duration, self._config.backoff_cap)


class DefaultsContract(ReloadOrchestratorHarness):
    """Threshold and period are set, and nothing else."""

    def create(self, config: OrchestratorConfig, publish: object) -> GuardedOrchestrator:
        breaker = CircuitBreaker(config.failure_threshold, config.backoff_base)
        return GuardedOrchestrator(config, breaker.call_async, CircuitBreakerError)


class DoublingContract(ReloadOrchestratorHarness):
    """The same with a listener that doubles the period."""

    def create(self, config: OrchestratorConfig, publish: object) -> GuardedOrchestrator:
        breaker = CircuitBreaker(config.failure_threshold, config.backoff_base, listeners=[DoublingPeriod(config)])
        return GuardedOrchestrator(config, breaker.call_async, CircuitBreakerError)
