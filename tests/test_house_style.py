"""The house style that no linter checks: sizes, names, what may be imported, docstrings."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pytest_policy_contracts"
MAX_MODULE_LINES = 450
MAX_FUNCTION_LINES = 45
BANNED_NAMES = {"utils", "helpers", "common", "base", "core", "misc"}
STANDARD_LIBRARY_ONLY = ("contracts", "simulation")

MODULES = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "reference_impl").rglob("*.py")])
ALL_MODULES = [*MODULES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (one for one in ast.walk(tree_of(path)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def names_in(path: Path) -> Iterator[str]:
    """Yield every dotted name that a module imports."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{one.name}" for one in node.names)


@pytest.mark.parametrize("module", MODULES, ids=shown)
def test_a_module_can_be_read_in_one_go(module: Path) -> None:
    """No module is longer than 450 lines."""
    assert len(module.read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES


@pytest.mark.parametrize("module", MODULES, ids=shown)
def test_a_function_fits_on_a_screen(module: Path) -> None:
    """No function is longer than 45 lines."""
    sizes = {one.name: (one.end_lineno or one.lineno) - one.lineno + 1 for one in functions_of(module)}

    assert {name: size for name, size in sizes.items() if size > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("module", MODULES, ids=shown)
def test_a_module_says_what_it_is_for(module: Path) -> None:
    """Every module and package opens with a docstring."""
    assert ast.get_docstring(tree_of(module))


def test_every_module_has_a_name_of_its_own_subject() -> None:
    """No module is a drawer for whatever has no place."""
    assert [shown(one) for one in MODULES if {one.stem, one.parent.name} & BANNED_NAMES] == []


def test_no_mock_is_used_anywhere() -> None:
    """A mock agrees with whatever the code does; tests use fakes."""
    users = [shown(one) for one in ALL_MODULES if any(name.startswith("unittest.mock") for name in names_in(one))]

    assert users == []


def test_no_import_is_hidden_from_the_interpreter() -> None:
    """No module of the package uses TYPE_CHECKING to get round a cycle."""
    assert [shown(one) for one in MODULES if "typing.TYPE_CHECKING" in set(names_in(one))] == []


@pytest.mark.parametrize("folder", STANDARD_LIBRARY_ONLY)
def test_the_lowest_layers_need_nothing_installed(folder: str) -> None:
    """`contracts` and `simulation` import the standard library and themselves, and nothing else."""
    own = f"pytest_policy_contracts.{folder}"
    foreign = [
        f"{shown(module)}: {name}"
        for module in sorted((PACKAGE / folder).rglob("*.py"))
        for name in names_in(module)
        if not name.startswith(own) and name.partition(".")[0] not in sys.stdlib_module_names
    ]

    assert foreign == []


def test_a_test_states_its_promise() -> None:
    """Every test function has a docstring of its own."""
    silent = [
        f"{shown(module)}::{one.name}"
        for module in sorted((ROOT / "tests").rglob("test_*.py"))
        for one in functions_of(module)
        if one.name.startswith("test_") and not ast.get_docstring(one)
    ]

    assert silent == []
