"""How an orchestrator is, as reports of its health."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pytest_policy_contracts.contracts import HealthReport, HealthStatus
from reference_impl.orchestrator.breaker import CircuitState

_CIRCUIT = {
    CircuitState.CLOSED: HealthStatus.HEALTHY,
    CircuitState.HALF_OPEN: HealthStatus.DEGRADED,
    CircuitState.OPEN: HealthStatus.DEGRADED,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """What there is to report."""

    circuit: CircuitState
    inconsistent: Collection[str]
    """Modules of which nobody knows which settings they have [ORC-006]."""
    quarantined: Collection[str]


def reports_of(condition: Condition, at: datetime) -> list[HealthReport]:
    """Return one report for the circuit and one for the modules.

    An open circuit is degraded: what runs goes on with the settings it has. Modules that are inconsistent are unhealthy.
    """
    circuit = HealthReport(
        "orchestrator", "circuit", _CIRCUIT[condition.circuit], f"the circuit is {condition.circuit}", at, at
    )
    return [circuit, _modules(condition, at)]


def _modules(condition: Condition, at: datetime) -> HealthReport:
    inconsistent, quarantined = sorted(condition.inconsistent), sorted(condition.quarantined)
    status, message = HealthStatus.HEALTHY, "every module has the settings it should have"
    if quarantined:
        status, message = HealthStatus.DEGRADED, f"quarantined: {', '.join(quarantined)}"
    if inconsistent:
        status, message = HealthStatus.UNHEALTHY, f"inconsistent: {', '.join(inconsistent)}"
    details = {"inconsistent": inconsistent, "quarantined": quarantined}
    return HealthReport("orchestrator", "modules", status, message, at, at, details=details)
