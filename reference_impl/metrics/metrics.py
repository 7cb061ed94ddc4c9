"""All metrics of one process in one registry."""

from prometheus_client import CollectorRegistry

from reference_impl.metrics.guard import PrometheusGuardMetrics
from reference_impl.metrics.health import PrometheusHealthMetrics
from reference_impl.metrics.reload import PrometheusReloadMetrics


class Metrics:
    """The ports of the siblings, over a `registry` of their own: two instances share nothing, and nothing is global."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reload = PrometheusReloadMetrics(self.registry)
        self.health = PrometheusHealthMetrics(self.registry)
        self.guard = PrometheusGuardMetrics(self.registry)
