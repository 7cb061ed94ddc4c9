"""Counts what the siblings report, for Prometheus.

    metrics = Metrics()
    guard = TenantGuard(config, metrics=metrics.guard)
    text = prometheus_client.generate_latest(metrics.registry)

Every series whose labels are known is there from the start, at zero, so that the first event is seen as an increase. No
label takes a value that is not in a closed set: what is not in it counts as `other`.
"""

from reference_impl.metrics.guard import PrometheusGuardMetrics
from reference_impl.metrics.health import PrometheusHealthMetrics
from reference_impl.metrics.metrics import Metrics
from reference_impl.metrics.reload import PrometheusReloadMetrics

__all__ = ["Metrics", "PrometheusGuardMetrics", "PrometheusHealthMetrics", "PrometheusReloadMetrics"]
