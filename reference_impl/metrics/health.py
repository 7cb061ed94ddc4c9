"""What an aggregate health service counts."""

from threading import Lock

from prometheus_client import CollectorRegistry, Histogram

from pytest_policy_contracts.contracts import HealthStatus
from reference_impl.metrics.labels import Bounded, Closed
from reference_impl.metrics.state_set import StateSet

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MOST_PROVIDERS = 100


class PrometheusHealthMetrics:
    """`ports.HealthMetrics`; safe from any thread.

    Names of providers come from code, but not only from ours: `max_providers` of them have series of their own at a time.
    The rest are `other`, with the status of whichever was checked last.
    """

    def __init__(self, registry: CollectorRegistry, *, max_providers: int = MOST_PROVIDERS) -> None:
        statuses = Closed(HealthStatus)
        self._providers = Bounded(max_providers)
        self._check_seconds = Histogram(
            "health_check_duration_seconds",
            "How long a provider took to answer.",
            ["provider"],
            buckets=SECONDS,
            registry=registry,
        )
        self._status = StateSet(
            "health_status", "How a provider is.", statuses, registry, labels=["provider"], state="status"
        )
        self._seconds = Histogram(
            "health_evaluation_duration_seconds", "How long an evaluation took.", buckets=SECONDS, registry=registry
        )
        self._overall = StateSet(
            "health_overall_status", "How everything is.", statuses, registry, labels=["aspect"], state="status"
        )
        self._overall.set(HealthStatus.UNKNOWN, "health")
        self._overall.set(HealthStatus.UNKNOWN, "readiness")
        self._lock = Lock()

    def provider_checked(self, provider: str, status: str, seconds: float) -> None:
        """Say what one provider's worst status is, and how long the answer took."""
        with self._lock:
            name = self._providers.take(provider)
            self._check_seconds.labels(name).observe(max(0.0, seconds))
            self._status.set(status, name)

    def provider_removed(self, provider: str) -> None:
        """Forget a provider and its series, and leave its place to another one."""
        with self._lock:
            if self._providers.free(provider):
                self._check_seconds.remove(provider)
                self._status.forget(provider)

    def evaluated(self, health: str, readiness: str, seconds: float) -> None:
        """Count an evaluation, and say what it found."""
        self._seconds.observe(max(0.0, seconds))
        self._overall.set(health, "health")
        self._overall.set(readiness, "readiness")
