"""Known deviations kept outside the harness class, in a TOML file or in `pyproject.toml`.

    [CacheContract.RLD-007]            the class's name, or "*" for every harness
    reason = "the pool is resized before the table is swapped"
    owner = "team-cache"
    expires = 2030-01-31
    message = "a mixture"

Rules: the same shape in both places (`[tool.policy-contracts.deviations.CacheContract.RLD-007]`); a
key that is not one of the four is an error. A named harness wins over "*", a later table over an
earlier one, and any table over the class attribute. Whether a clause of that id exists is for those
who know the contract.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_policy_contracts.contracts.errors import UsageError
from pytest_policy_contracts.contracts.near_matches import did_you_mean
from pytest_policy_contracts.harness.capabilities import class_of
from pytest_policy_contracts.harness.deviations import KnownDeviation
from pytest_policy_contracts.harness.problems import HarnessError

EVERY_HARNESS = "*"
_FIELDS = tuple(one.name for one in fields(KnownDeviation))
_EMPTY: Mapping[str, Mapping[str, KnownDeviation]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DeviationTable:
    """Harness name → clause id → deviation, as one source gives it."""

    source: str = ""
    entries: Mapping[str, Mapping[str, KnownDeviation]] = field(default_factory=lambda: _EMPTY)

    def of(self, harness_name: str) -> dict[str, KnownDeviation]:
        """Answer what holds for the harness of that name."""
        return {**self.entries.get(EVERY_HARNESS, {}), **self.entries.get(harness_name, {})}

    def unmatched(self, harness_names: Iterable[str]) -> tuple[str, ...]:
        """Answer the names that no harness has; such an entry is stale or misspelt."""
        known = {EVERY_HARNESS, *harness_names}
        return tuple(name for name in self.entries if name not in known)


def deviations_of(harness: object, *tables: DeviationTable) -> dict[str, KnownDeviation]:
    """Answer clause id → deviation for a harness, from its class and the tables."""
    owner = class_of(harness)
    found: dict[str, KnownDeviation] = dict(getattr(owner, "known_deviations", {}))
    for table in tables:
        found.update(table.of(owner.__name__))
    return found


def load_deviations(file: Path) -> DeviationTable:
    """Read a TOML file of deviations; a file that is missing or malformed raises `UsageError`."""
    return parse_deviations(read_toml(file), file.name)


def parse_deviations(tables: Mapping[str, Any], source: str) -> DeviationTable:
    """Read the tables of one source; a malformed one raises `UsageError` that names it."""
    entries = {
        harness: MappingProxyType(
            {
                clause: _deviation(table, f"{source} [{harness}.{clause}]")
                for clause, table in _table(clauses, f"{source} [{harness}]").items()
            }
        )
        for harness, clauses in tables.items()
    }
    return DeviationTable(source, MappingProxyType(entries))


def read_toml(file: Path) -> dict[str, Any]:
    """Read a TOML file; one that is missing or malformed raises `UsageError`."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error}. Check the path.") from error
    except ValueError as error:  # malformed TOML, or bytes that are not UTF-8
        raise UsageError(f"{file} is not valid TOML: {error}. Correct the line.") from error


def _table(value: object, where: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise UsageError(
        f"{where} is {value!r}, a {type(value).__name__}. "
        'Write a table [<harness>."<clause id>"] with ' + ", ".join(_FIELDS) + "."
    )


def _deviation(value: object, where: str) -> KnownDeviation:
    table = _table(value, where)
    for key in table:
        if key not in _FIELDS:
            raise UsageError(f"{where} has an unknown key {key!r}. {did_you_mean(key, _FIELDS)}")
    missing = [name for name in _FIELDS if name not in table]
    if missing:
        raise UsageError(f"{where} lacks {', '.join(missing)}. All of {', '.join(_FIELDS)} count.")
    try:
        return KnownDeviation(**table)
    except HarnessError as error:
        raise UsageError(f"{where}: {error}") from error
