"""The names that an adopter imports from the package: what Python finds and what a type checker finds are the same."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_policy_contracts as package
from pytest_policy_contracts import contracts, harness

STUB = ast.parse(Path(package.__file__).with_suffix(".pyi").read_text("utf-8"))

HEALTH = ("HealthProvider", "HealthReport", "HealthStatus")
TENANTS = (
    "GuardConfig", "GuardMode", "Severity", "TenantContextMissingError", "TenantGuard", "TenantIsolationError",
    "TenantViolation", "ViolationKind",
)  # fmt: skip
ORCHESTRATION = (
    "CircuitOpenError", "ConfigDiff", "OrchestratorConfig", "ReloadOrchestrator", "ReloadOutcome", "ReloadQueueFullError",
    "ReloadStatus", "ReloadStoppedError", "ReloadTrigger", "RollbackStatus",
)  # fmt: skip
HARNESSES = (
    "HealthAggregatorHarness", "HealthProviderHarness", "ReloadOrchestratorHarness", "ReloadableHarness",
    "TenantGuardHarness",
)  # fmt: skip


def imported_by_the_stub() -> set[tuple[str, str]]:
    """The names that the stub takes from a package of ours, and from which."""
    return {
        (alias.name, node.module.rpartition(".")[2])
        for node in ast.walk(STUB)
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
        if alias.asname == alias.name  # or a type checker takes it for private
    }


def listed_in_the_stub() -> list[str]:
    """The `__all__` of the stub."""
    (found,) = [node.value for node in STUB.body if isinstance(node, ast.Assign)]
    listed: list[str] = ast.literal_eval(found)
    return listed


@pytest.mark.parametrize("name", [*HEALTH, *TENANTS, *ORCHESTRATION])
def test_values_of_each_contract_are_public(name: str) -> None:
    """What an implementer needs of a contract is one import from the package, and the object of `contracts`."""
    assert name in package.__all__
    assert getattr(package, name) is getattr(contracts, name)


@pytest.mark.parametrize("name", HARNESSES)
def test_the_harness_of_each_contract_is_public(name: str) -> None:
    """What is derived from is one import from the package, and the object of `harness`."""
    assert name in package.__all__
    assert getattr(package, name) is getattr(harness, name)


def test_every_public_name_can_be_had() -> None:
    """Each name of `__all__` and of `dir` leads to something, and an unknown one to an error that names it."""
    assert all(getattr(package, name) is not None for name in package.__all__)
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no attribute 'HealthGuard'"):
        package.HealthGuard  # type: ignore[attr-defined]  # noqa: B018  # reading it is the test


def test_a_type_checker_sees_the_same_names() -> None:
    """The stub lists and exports what the package has, each from the same home."""
    assert sorted(listed_in_the_stub()) == sorted(package.__all__)
    assert dict(imported_by_the_stub()) == package._HOME


def test_a_value_of_one_contract_does_not_load_the_suite() -> None:
    """Production code that imports values pays for `contracts`, and for nothing of the suite around it."""
    script = (
        "import sys\nfrom pytest_policy_contracts import HealthReport, TenantViolation\n"
        "print(sorted({name.split('.')[1] for name in sys.modules if name.startswith('pytest_policy_contracts.')}))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("['contracts']\n", "")
