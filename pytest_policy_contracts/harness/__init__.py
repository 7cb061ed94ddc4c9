"""What an adopter writes: a harness class that makes subjects and says what they can be asked.

Rules: one base class per contract, one module per class; a capability is declared by overriding its
method. Importing this package costs next to nothing, because every test run of an adopter pays for
it: no event loop, no parser, no pytest. Loading by name (`loading`), tables of deviations
(`deviation_tables`) and settings (`settings`) are imported by those who need them. It must not run
a subject.
"""

from pytest_policy_contracts.harness.capabilities import capabilities, supported_capabilities
from pytest_policy_contracts.harness.deviations import KnownDeviation
from pytest_policy_contracts.harness.harness import Harness
from pytest_policy_contracts.harness.health_aggregator import HealthAggregatorHarness
from pytest_policy_contracts.harness.health_provider import HealthProviderHarness
from pytest_policy_contracts.harness.problems import HarnessError
from pytest_policy_contracts.harness.reload_orchestrator import ReloadOrchestratorHarness
from pytest_policy_contracts.harness.reloadable import ReloadableHarness
from pytest_policy_contracts.harness.tenant_guard import TenantGuardHarness

__all__ = [
    "Harness",
    "HarnessError",
    "HealthAggregatorHarness",
    "HealthProviderHarness",
    "KnownDeviation",
    "ReloadOrchestratorHarness",
    "ReloadableHarness",
    "TenantGuardHarness",
    "capabilities",
    "supported_capabilities",
]
