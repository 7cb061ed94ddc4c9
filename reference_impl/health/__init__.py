"""Makes one answer of many reports, at once and from a short memory."""

from reference_impl.health.adapters import CompositeProvider, SimpleProvider, StaticProvider
from reference_impl.health.service import HealthService, HealthServiceClosedError

__all__ = ["CompositeProvider", "HealthService", "HealthServiceClosedError", "SimpleProvider", "StaticProvider"]
