"""Executable contracts for modules that reload, report health and keep tenants apart.

Public names are loaded on first use, so that an installed but unused plugin costs nothing.
"""

from importlib import import_module

_HOME = {
    "ConfigChange": "contracts",
    "ConfigDiff": "contracts",
    "Reloadable": "contracts",
    "KnownDeviation": "harness",
    "ReloadableHarness": "harness",
    "ContractViolation": "verification",
    "SuiteError": "contracts",
    "ContractReport": "report",
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
