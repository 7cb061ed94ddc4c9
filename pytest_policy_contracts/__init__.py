"""Executable contracts for modules that reload, report health and keep tenants apart.

Public names are loaded on first use, so that an installed but unused plugin costs nothing.
"""

from importlib import import_module

_HOME = {
    "AggregatedHealth": "contracts",
    "AggregatorConfig": "contracts",
    "CircuitOpenError": "contracts",
    "ConfigChange": "contracts",
    "ConfigDiff": "contracts",
    "GuardConfig": "contracts",
    "GuardMode": "contracts",
    "HealthAggregator": "contracts",
    "HealthProvider": "contracts",
    "HealthReport": "contracts",
    "HealthStatus": "contracts",
    "OrchestratorConfig": "contracts",
    "ReloadOrchestrator": "contracts",
    "ReloadOutcome": "contracts",
    "ReloadQueueFullError": "contracts",
    "ReloadStatus": "contracts",
    "ReloadStoppedError": "contracts",
    "ReloadTrigger": "contracts",
    "Reloadable": "contracts",
    "RollbackStatus": "contracts",
    "Severity": "contracts",
    "SuiteError": "contracts",
    "TemporaryError": "contracts",
    "TenantContextMissingError": "contracts",
    "TenantGuard": "contracts",
    "TenantIsolationError": "contracts",
    "TenantViolation": "contracts",
    "ViolationKind": "contracts",
    "HealthAggregatorHarness": "harness",
    "HealthProviderHarness": "harness",
    "KnownDeviation": "harness",
    "ReloadOrchestratorHarness": "harness",
    "ReloadableHarness": "harness",
    "TenantGuardHarness": "harness",
    "ContractReport": "report",
    "ContractViolation": "verification",
    "verify": "verify",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
