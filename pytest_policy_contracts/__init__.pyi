from pytest_policy_contracts.contracts import ConfigChange as ConfigChange
from pytest_policy_contracts.contracts import ConfigDiff as ConfigDiff
from pytest_policy_contracts.contracts import Reloadable as Reloadable
from pytest_policy_contracts.contracts import SuiteError as SuiteError
from pytest_policy_contracts.harness import KnownDeviation as KnownDeviation
from pytest_policy_contracts.harness import ReloadableHarness as ReloadableHarness
from pytest_policy_contracts.report import ContractReport as ContractReport
from pytest_policy_contracts.verification import ContractViolation as ContractViolation
from pytest_policy_contracts.verify import verify as verify

__all__ = [
    "ConfigChange",
    "ConfigDiff",
    "ContractReport",
    "ContractViolation",
    "KnownDeviation",
    "Reloadable",
    "ReloadableHarness",
    "SuiteError",
    "verify",
]
