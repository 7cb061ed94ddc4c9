"""One tree of errors: whoever wants to catch what this package refuses catches `PolicyError`.

    PolicyError
      ConfigurationError        settings that cannot work, found before anything runs (a ValueError)
        DuplicateNameError      the name is taken
        DependencyCycleError    modules wait for each other in a circle
      UnknownNameError          nobody has that name (a KeyError)
      OrchestratorStoppedError  a reload asked of an orchestrator that is stopped
      QueueFullError            a reload asked while as many wait as may wait
      CircuitBreakerOpenError   a reload asked while the circuit is open
      ModuleTimeoutError        a module took longer than it may (a TimeoutError)
      AccessDeniedError         an access that would cross the border between tenants
        TenantMissingError      … of which nobody knows whose it is

Where a contract documents an error, ours derives from it, so that code written against the contract catches it.
"""

from pytest_policy_contracts.contracts import (
    CircuitOpenError,
    ReloadQueueFullError,
    ReloadStoppedError,
    TenantContextMissingError,
    TenantIsolationError,
)


class PolicyError(Exception):
    """The root of what this package raises."""


class ConfigurationError(PolicyError, ValueError):
    """Settings that cannot work."""


class DuplicateNameError(ConfigurationError):
    """The name is taken [ORC-020]."""


class DependencyCycleError(ConfigurationError):
    """Modules wait for each other in a circle."""


class UnknownNameError(PolicyError, KeyError):
    """Nobody has that name."""

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError shows its text in quotes


class OrchestratorStoppedError(PolicyError, ReloadStoppedError):
    """A reload was asked of an orchestrator that is stopped, or that stopped while the request waited [ORC-012, ORC-013]."""


class QueueFullError(PolicyError, ReloadQueueFullError):
    """A reload was asked while as many wait as may wait [ORC-012]."""


class CircuitBreakerOpenError(PolicyError, CircuitOpenError):
    """A reload was asked while the circuit is open [ORC-012]."""


class ModuleTimeoutError(PolicyError, TimeoutError):
    """A module took longer than it may [ORC-008]."""


class AccessDeniedError(PolicyError, TenantIsolationError):
    """An access would cross the border between tenants [TNT-002]."""


class TenantMissingError(AccessDeniedError, TenantContextMissingError):
    """An access of which nobody knows whose it is [TNT-008, TNT-018]."""
