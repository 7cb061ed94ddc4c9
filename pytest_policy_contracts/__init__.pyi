from pytest_policy_contracts.contracts import AggregatedHealth as AggregatedHealth
from pytest_policy_contracts.contracts import AggregatorConfig as AggregatorConfig
from pytest_policy_contracts.contracts import CircuitOpenError as CircuitOpenError
from pytest_policy_contracts.contracts import ConfigChange as ConfigChange
from pytest_policy_contracts.contracts import ConfigDiff as ConfigDiff
from pytest_policy_contracts.contracts import GuardConfig as GuardConfig
from pytest_policy_contracts.contracts import GuardMode as GuardMode
from pytest_policy_contracts.contracts import HealthAggregator as HealthAggregator
from pytest_policy_contracts.contracts import HealthProvider as HealthProvider
from pytest_policy_contracts.contracts import HealthReport as HealthReport
from pytest_policy_contracts.contracts import HealthStatus as HealthStatus
from pytest_policy_contracts.contracts import OrchestratorConfig as OrchestratorConfig
from pytest_policy_contracts.contracts import Reloadable as Reloadable
from pytest_policy_contracts.contracts import ReloadOrchestrator as ReloadOrchestrator
from pytest_policy_contracts.contracts import ReloadOutcome as ReloadOutcome
from pytest_policy_contracts.contracts import ReloadQueueFullError as ReloadQueueFullError
from pytest_policy_contracts.contracts import ReloadStatus as ReloadStatus
from pytest_policy_contracts.contracts import ReloadStoppedError as ReloadStoppedError
from pytest_policy_contracts.contracts import ReloadTrigger as ReloadTrigger
from pytest_policy_contracts.contracts import RollbackStatus as RollbackStatus
from pytest_policy_contracts.contracts import Severity as Severity
from pytest_policy_contracts.contracts import SuiteError as SuiteError
from pytest_policy_contracts.contracts import TemporaryError as TemporaryError
from pytest_policy_contracts.contracts import TenantContextMissingError as TenantContextMissingError
from pytest_policy_contracts.contracts import TenantGuard as TenantGuard
from pytest_policy_contracts.contracts import TenantIsolationError as TenantIsolationError
from pytest_policy_contracts.contracts import TenantViolation as TenantViolation
from pytest_policy_contracts.contracts import ViolationKind as ViolationKind
from pytest_policy_contracts.harness import HealthAggregatorHarness as HealthAggregatorHarness
from pytest_policy_contracts.harness import HealthProviderHarness as HealthProviderHarness
from pytest_policy_contracts.harness import KnownDeviation as KnownDeviation
from pytest_policy_contracts.harness import ReloadableHarness as ReloadableHarness
from pytest_policy_contracts.harness import ReloadOrchestratorHarness as ReloadOrchestratorHarness
from pytest_policy_contracts.harness import TenantGuardHarness as TenantGuardHarness
from pytest_policy_contracts.report import ContractReport as ContractReport
from pytest_policy_contracts.verification import ContractViolation as ContractViolation
from pytest_policy_contracts.verify import verify as verify

__all__ = [
    "AggregatedHealth",
    "AggregatorConfig",
    "CircuitOpenError",
    "ConfigChange",
    "ConfigDiff",
    "ContractReport",
    "ContractViolation",
    "GuardConfig",
    "GuardMode",
    "HealthAggregator",
    "HealthAggregatorHarness",
    "HealthProvider",
    "HealthProviderHarness",
    "HealthReport",
    "HealthStatus",
    "KnownDeviation",
    "OrchestratorConfig",
    "ReloadOrchestrator",
    "ReloadOrchestratorHarness",
    "ReloadOutcome",
    "ReloadQueueFullError",
    "ReloadStatus",
    "ReloadStoppedError",
    "ReloadTrigger",
    "Reloadable",
    "ReloadableHarness",
    "RollbackStatus",
    "Severity",
    "SuiteError",
    "TemporaryError",
    "TenantContextMissingError",
    "TenantGuard",
    "TenantGuardHarness",
    "TenantIsolationError",
    "TenantViolation",
    "ViolationKind",
    "verify",
]
