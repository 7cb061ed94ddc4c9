"""The table `[tool.policy-contracts]` of an adopter's `pyproject.toml`.

    [tool.policy-contracts]
    harnesses = ["myapp.contracts:CacheContract"]
    schedules = 500                    # runs of each ∿ scenario
    seed = 7
    level = "should"                   # or "must"
    timeout-factor = 2.0               # stretches the real-time guards on slow machines

Rules: what is not set stays `None`, so that an option on the command line can tell "unset" from
"set to the default". An unknown key and a value of the wrong type are errors. It must not know the
defaults.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, TypeGuard

from pytest_policy_contracts.contracts.errors import UsageError
from pytest_policy_contracts.contracts.near_matches import did_you_mean
from pytest_policy_contracts.harness.deviation_tables import (
    DeviationTable,
    parse_deviations,
    read_toml,
)

TABLE = "tool.policy-contracts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the adopter's project sets; `None` means not set."""

    harnesses: tuple[str, ...] = ()
    deviations: DeviationTable = field(default_factory=DeviationTable)
    schedules: int | None = None
    seed: int | None = None
    level: str | None = None
    timeout_factor: float | None = None


def read_settings(root: Path) -> Settings:
    """Read `pyproject.toml` in `root`; none is no settings, a malformed one `UsageError`."""
    file = root / "pyproject.toml"
    if not file.is_file():
        return Settings()
    tools = read_toml(file).get("tool", {})
    if not isinstance(tools, dict):
        raise _wrong(file.name, "tool", tools, "a table")
    return parse_settings(tools.get("policy-contracts", {}), f"{file.name} [{TABLE}]")


def parse_settings(table: object, where: str) -> Settings:
    """Read the table; `where` opens every message."""
    if not isinstance(table, dict):
        raise _wrong(where, "policy-contracts", table, "a table")
    for key in table:
        if key not in _READERS:
            raise UsageError(f"{where} has an unknown key {key!r}. {did_you_mean(key, _READERS)}")
    return Settings(**{key.replace("-", "_"): _READERS[key](value, where) for key, value in table.items()})


def _harnesses(value: object, where: str) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value):
        return tuple(value)
    raise _wrong(where, "harnesses", value, 'a list such as ["myapp.contracts:CacheContract"]')


def _deviations(value: object, where: str) -> DeviationTable:
    if not isinstance(value, Mapping):
        raise _wrong(where, "deviations", value, 'tables such as [….deviations.CacheContract."RLD-007"]')
    return parse_deviations(value, where.replace("]", ".deviations]"))


def _schedules(value: object, where: str) -> int:
    if _is_int(value) and value >= 0:
        return value
    raise _wrong(where, "schedules", value, "a whole number from 0")


def _seed(value: object, where: str) -> int:
    if _is_int(value) and value >= 0:
        return value
    raise _wrong(where, "seed", value, "a whole number from 0")


def _level(value: object, where: str) -> str:
    if isinstance(value, str) and value in ("must", "should"):
        return value
    raise _wrong(where, "level", value, '"must" or "should"')


def _timeout_factor(value: object, where: str) -> float:
    if (_is_int(value) or isinstance(value, float)) and value > 0 and isfinite(value):
        return float(value)
    raise _wrong(where, "timeout-factor", value, "a number above 0")


_READERS: Mapping[str, Callable[[object, str], Any]] = {
    "harnesses": _harnesses,
    "deviations": _deviations,
    "schedules": _schedules,
    "seed": _seed,
    "level": _level,
    "timeout-factor": _timeout_factor,
}


def _is_int(value: object) -> TypeGuard[int]:
    # TOML's true is an int to isinstance.
    return isinstance(value, int) and not isinstance(value, bool)


def _wrong(where: str, key: str, value: object, wanted: str) -> UsageError:
    return UsageError(f"{where} has {key} = {value!r}. Write {wanted}.")
