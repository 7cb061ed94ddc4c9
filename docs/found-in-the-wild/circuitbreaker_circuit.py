"""circuitbreaker's `CircuitBreaker`, held to the clauses of ReloadOrchestrator about the circuit."""

from circuitbreaker import CircuitBreaker, CircuitBreakerError
from guarded_orchestrator import Call, GuardedOrchestrator

from pytest_policy_contracts import OrchestratorConfig, ReloadOrchestratorHarness


class BreakerContract(ReloadOrchestratorHarness):
    """Threshold and period are set, and nothing else."""

    def create(self, config: OrchestratorConfig, publish: object) -> GuardedOrchestrator:
        breaker = CircuitBreaker(config.failure_threshold, config.backoff_base.total_seconds())

        @breaker
        async def through(call: Call) -> None:
            await call()

        return GuardedOrchestrator(config, through, CircuitBreakerError)
