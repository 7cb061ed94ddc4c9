"""What an orchestrator counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pytest_policy_contracts.contracts import ReloadStatus, RollbackStatus
from reference_impl.metrics.labels import Closed
from reference_impl.metrics.state_set import StateSet

RESULTS = ("applied", "failed", "timeout", "skipped", "quarantined")
CIRCUIT_STATES = ("closed", "open", "half_open")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Up to the timeouts that a module has, and a rollback after them."""


class PrometheusReloadMetrics:
    """`ports.ReloadMetrics`; safe from any thread."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._statuses = Closed(ReloadStatus)
        self._results = Closed(RESULTS)
        self._outcomes = Closed(RollbackStatus)
        self._ended = Counter("policy_reload", "Reloads that ended.", ["status"], registry=registry)
        self._success = Counter("policy_reload_success", "Reloads that were completed.", registry=registry)
        self._failure = Counter("policy_reload_failure", "Reloads that failed.", registry=registry)
        self._seconds = Histogram(
            "policy_reload_duration_seconds", "How long a reload was served.", buckets=SECONDS, registry=registry
        )
        self._modules = Counter("policy_reload_modules", "Parts of modules in reloads.", ["result"], registry=registry)
        self._rollbacks = Counter("policy_rollback", "Rollbacks.", ["outcome"], registry=registry)
        self._depth = Gauge("policy_queue_depth", "Reloads that wait.", registry=registry)
        self._breaker = StateSet("policy_breaker_state", "How the circuit is.", Closed(CIRCUIT_STATES), registry)
        self._breaker.set("closed")
        for counter, values in (
            (self._ended, self._statuses),
            (self._modules, self._results),
            (self._rollbacks, self._outcomes),
        ):
            for value in values.values:
                counter.labels(value)

    def reload_ended(self, status: str, seconds: float) -> None:
        """Count a request that ended."""
        status = self._statuses.value(status)
        self._ended.labels(status).inc()
        self._seconds.observe(max(0.0, seconds))
        if status == ReloadStatus.COMPLETED:
            self._success.inc()
        elif status == ReloadStatus.FAILED:
            self._failure.inc()

    def module_ended(self, result: str) -> None:
        """Count one module's part."""
        self._modules.labels(self._results.value(result)).inc()

    def rolled_back(self, status: str) -> None:
        """Count a rollback."""
        self._rollbacks.labels(self._outcomes.value(status)).inc()

    def queue_holds(self, requests: int) -> None:
        """Say how many requests wait."""
        self._depth.set(requests)

    def circuit_is(self, state: str) -> None:
        """Say how the circuit is."""
        self._breaker.set(state)
