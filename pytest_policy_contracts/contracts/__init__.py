"""What is promised: protocols, value types and errors that an adopter's code may import.

Rules: standard library only, and nothing else of the project; no clock, no randomness, no event
loop, no input or output. Importing this package is safe and cheap in production code. It must not
know how a promise is tested.
"""

from pytest_policy_contracts.contracts.aggregation import (
    AggregatedHealth,
    AggregatorConfig,
    HealthAggregator,
    TemporaryError,
)
from pytest_policy_contracts.contracts.changes import REDACTED, ChangeKind, ConfigChange, ConfigDiff
from pytest_policy_contracts.contracts.errors import SuiteError, UsageError
from pytest_policy_contracts.contracts.health import HealthProvider, HealthReport, HealthStatus
from pytest_policy_contracts.contracts.orchestration import (
    GRACE,
    CircuitOpenError,
    OrchestratorConfig,
    ReloadOrchestrator,
    ReloadOutcome,
    ReloadQueueFullError,
    ReloadStatus,
    ReloadStoppedError,
    ReloadTrigger,
    RollbackStatus,
)
from pytest_policy_contracts.contracts.reloadable import Reloadable
from pytest_policy_contracts.contracts.tenants import (
    GuardConfig,
    GuardMode,
    Publish,
    Severity,
    TenantContextMissingError,
    TenantGuard,
    TenantIsolationError,
    TenantViolation,
    ViolationKind,
)

__all__ = [
    "GRACE",
    "REDACTED",
    "AggregatedHealth",
    "AggregatorConfig",
    "ChangeKind",
    "CircuitOpenError",
    "ConfigChange",
    "ConfigDiff",
    "GuardConfig",
    "GuardMode",
    "HealthAggregator",
    "HealthProvider",
    "HealthReport",
    "HealthStatus",
    "OrchestratorConfig",
    "Publish",
    "ReloadOrchestrator",
    "ReloadOutcome",
    "ReloadQueueFullError",
    "ReloadStatus",
    "ReloadStoppedError",
    "ReloadTrigger",
    "Reloadable",
    "RollbackStatus",
    "Severity",
    "SuiteError",
    "TemporaryError",
    "TenantContextMissingError",
    "TenantGuard",
    "TenantIsolationError",
    "TenantViolation",
    "UsageError",
    "ViolationKind",
]
