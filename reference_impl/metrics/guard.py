"""What a tenant guard counts."""

from prometheus_client import CollectorRegistry, Counter

from pytest_policy_contracts.contracts import GuardMode, ViolationKind
from reference_impl.metrics.labels import Closed

ACTIONS = {GuardMode.STRICT: "denied", GuardMode.LENIENT: "allowed"}
"""What each mode does; a disabled guard counts nothing."""


class PrometheusGuardMetrics:
    """`ports.GuardMetrics`: safe from any thread, and quick, because it is asked about every denial."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._kinds = Closed(ViolationKind)
        self._modes = Closed(GuardMode)
        self._actions = Closed(ACTIONS.values())
        self._violations = Counter(
            "tenant_violations",
            "Accesses across the border between tenants.",
            ["type", "mode", "action"],
            registry=registry,
        )
        self._dropped = Counter(
            "tenant_violations_dropped", "Violations that made room for newer ones.", registry=registry
        )
        self._used = Counter("tenant_whitelist_used", "Accesses that the whitelist excused.", registry=registry)
        self._series = {
            (kind, str(mode), action): self._violations.labels(kind, str(mode), action)
            for kind in self._kinds.values
            for mode, action in ACTIONS.items()
        }

    def violation(self, kind: str, mode: str, action: str) -> None:
        """Count a violation."""
        series = self._series.get((kind, mode, action))
        if series is None:
            names = self._kinds.value(kind), self._modes.value(mode), self._actions.value(action)
            series = self._violations.labels(*names)
        series.inc()

    def dropped(self) -> None:
        """Count a record that made room for a newer one."""
        self._dropped.inc()

    def whitelist_used(self) -> None:
        """Count an access that the whitelist excused."""
        self._used.inc()
