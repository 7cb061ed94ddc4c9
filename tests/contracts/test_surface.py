"""The package an adopter's production code may import: what fits it, and what it drags in."""

import ast
import sys
from datetime import timedelta
from pathlib import Path

import pytest

import pytest_policy_contracts
from pytest_policy_contracts import contracts
from pytest_policy_contracts.contracts import ConfigChange, Reloadable, SuiteError, UsageError
from pytest_policy_contracts.contracts.near_matches import did_you_mean

IMPURE = {"asyncio", "time", "random", "socket", "threading", "os", "io", "logging", "subprocess"}
PACKAGE = Path(pytest_policy_contracts.__file__).parent


class Plain:
    reload_timeout = timedelta(seconds=1)

    def can_reload(self) -> bool:
        return True

    def reload(self, changes: list[ConfigChange]) -> None: ...


class Async:
    def can_reload(self) -> bool:
        return True

    def reload_timeout(self) -> timedelta:
        return timedelta(seconds=1)

    async def reload(self, changes: list[ConfigChange]) -> None: ...


def imported_by(package: str) -> set[str]:
    """Every absolute module name that a file of the package imports."""
    names: set[str] = set()
    for file in (PACKAGE / package).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file.name}:{node.lineno} imports relatively"
                names.add(node.module or "")
    return names


@pytest.mark.parametrize("subject", [Plain(), Async()])
def test_sync_and_async_modules_fit_the_protocol(subject: Reloadable) -> None:
    """A module fits with an attribute or a method as timeout, with a sync or an async reload."""
    assert isinstance(subject, Reloadable)


def test_contracts_is_pure_standard_library() -> None:
    """The package imports neither the rest of the project nor anything with effects."""
    own = "pytest_policy_contracts.contracts"
    others = {name for name in imported_by("contracts") if not name.startswith(own)}

    assert others <= sys.stdlib_module_names | {"collections.abc"}
    assert not {name.partition(".")[0] for name in others} & IMPURE


@pytest.mark.parametrize(("package", "sibling"), [("clauses", "harness"), ("harness", "clauses")])
def test_siblings_do_not_import_each_other(package: str, sibling: str) -> None:
    """Clauses and harness stand side by side over contracts, and reach for nothing above."""
    project = {name for name in imported_by(package) if name.startswith("pytest_policy_contracts")}
    layers = {name.split(".")[1] for name in project}

    assert sibling not in layers
    assert layers <= {package, "contracts", "simulation"}


def test_usage_error_is_a_suite_error_and_no_assertion() -> None:
    """What says "cannot run" never looks like a broken promise."""
    assert issubclass(UsageError, SuiteError)
    assert not issubclass(SuiteError, AssertionError)


def test_exported_names_exist() -> None:
    """Every name in `__all__` can be imported."""
    assert all(hasattr(contracts, name) for name in contracts.__all__)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("RLD-07", "Did you mean RLD-007"),
        ("reloadable", "Did you mean Reloadable?"),
        ("zzz", "Known: RLD-007, Reloadable."),
    ],
)
def test_remedy_names_near_matches_else_everything(value: str, says: str) -> None:
    """The remedy for an unknown name is the nearest known one, in any case, else the whole list."""
    assert did_you_mean(value, ["Reloadable", "RLD-007"]).startswith(says)


def test_remedy_without_any_known_name_says_so() -> None:
    """With nothing to choose from the remedy does not list an empty list."""
    assert "There is none to choose from." == did_you_mean("x", [])
