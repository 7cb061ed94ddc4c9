"""Every type of event that there is, with the fields that its data has.

The list is closed: whoever listens can write down what to do with each type, and a typing error in a type is found. A
field may be added to a type; one that is taken away or gets another meaning needs a new type.
"""

from collections.abc import Mapping

_OUTCOME = {"applied", "failed", "skipped", "rolled_back", "dirty", "quarantined", "rollback", "status", "trigger"}
_HEALTH = {"health", "readiness", "generated_at"}
_ACCESS = {"kind", "severity", "tenant_id", "target_id", "timestamp", "details"}

EVENT_TYPES: Mapping[str, frozenset[str]] = {
    "config.reload.started": frozenset({"trigger", "settings", "modules"}),
    "config.reload.completed": frozenset(_OUTCOME),
    "config.reload.failed": frozenset(_OUTCOME),
    "config.reload.noop": frozenset({"trigger"}),
    "health.evaluated": frozenset({*_HEALTH, "reports", "duration_seconds"}),
    "health.status.changed": frozenset({*_HEALTH, "previous_health", "previous_readiness"}),
    "tenant.violation.recorded": frozenset({*_ACCESS, "mode", "action"}),
}


def missing_fields(kind: str, data: Mapping[str, object]) -> list[str]:
    """Return which fields of its type an event lacks, in alphabetical order."""
    return sorted(EVENT_TYPES[kind].difference(data))
