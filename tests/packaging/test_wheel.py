"""The wheel, installed in an empty project on every supported Python, does what the README says."""

import json
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.adopters import Adopter, adopter, built

pytestmark = pytest.mark.slow

PYTHONS = [pytest.param(minor, marks=pytest.mark.xdist_group(minor)) for minor in ("3.11", "3.12", "3.13")]
HASTY = ["RLD-007", "RLD-013", "RLD-014"]
TOKEN = re.compile(r"--policy-contracts-replay=(\S+)")


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return built(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module", params=PYTHONS)
def project(
    request: pytest.FixtureRequest, distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Adopter:
    return adopter(distributions[0], request.param, tmp_path_factory.mktemp(f"adopter-{request.param}"))


def failed_clauses(output: str) -> list[str]:
    return sorted(set(re.findall(r"^FAILED \S+::HastyCacheContract::(RLD-\d{3})", output, re.MULTILINE)))


def report(project: Adopter, name: str) -> Any:
    read = json.loads((project.project / name).read_text(encoding="utf-8"))
    read.pop("run")
    return read


def test_the_wheel_holds_the_contracts(distributions: tuple[Path, Path]) -> None:
    """The feature files, the types and the schema travel inside the wheel."""
    names = set(zipfile.ZipFile(distributions[0]).namelist())

    for contract in ("reloadable", "health_provider", "tenant_guard"):
        assert f"pytest_policy_contracts/features/{contract}/{contract}.feature" in names
    assert "pytest_policy_contracts/py.typed" in names
    assert "pytest_policy_contracts/__init__.pyi" in names
    assert any(name.endswith(".schema.json") for name in names)
    assert not any(name.startswith(("tests/", "docs/")) for name in names)


def test_the_sdist_holds_what_a_build_and_a_test_need(distributions: tuple[Path, Path]) -> None:
    """From the sdist alone the wheel can be built and the tests be run."""
    with tarfile.open(distributions[1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"features/reloadable/reloadable.feature", "pyproject.toml", "Makefile", "tests/conftest.py"} <= names


def test_it_runs_without_the_checkout(project: Adopter) -> None:
    """What runs is the wheel in the project's environment, contracts included."""
    (project.project / "where.py").write_text(
        "from pytest_policy_contracts.clauses.shipped import features_folder\nprint(features_folder())\n",
        encoding="utf-8",
    )
    ended = project.run("python where.py")

    assert Path(ended.stdout.strip()).is_relative_to(project.programs.parent), ended.stdout + ended.stderr


def test_the_contracts_run_beside_ordinary_tests(project: Adopter) -> None:
    """--policy-contracts adds the clauses, fails exactly the broken ones and ends with pytest's 1."""
    ended = project.pytest("--policy-contracts")

    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert failed_clauses(ended.stdout) == HASTY
    assert "test_ordinary.py ." in ended.stdout


def test_without_the_option_nothing_is_added(project: Adopter) -> None:
    """An installed plugin that nobody asked for collects nothing."""
    ended = project.pytest("")

    assert ended.returncode == 0
    assert "1 passed" in ended.stdout


def test_two_processes_give_the_same_report(project: Adopter) -> None:
    """-n 2 says what one process says."""
    project.pytest("--policy-contracts --policy-contracts-report=one.json")
    project.pytest("--policy-contracts --policy-contracts-report=two.json -n 2")

    assert report(project, "one.json") == report(project, "two.json")


def test_one_clause_is_selected_by_name(project: Adopter) -> None:
    """-k RLD-007 runs that clause of both harnesses and nothing else."""
    ended = project.pytest("--policy-contracts -k RLD-007")

    assert failed_clauses(ended.stdout) == ["RLD-007"]
    assert "1 failed, 1 passed" in ended.stdout


def test_one_harness_is_selected_by_node_id(project: Adopter) -> None:
    """::CacheContract runs the conforming module alone, and that is green."""
    ended = project.pytest("--policy-contracts tests/test_contracts.py::CacheContract")

    assert ended.returncode == 0, ended.stdout
    assert "HastyCacheContract" not in ended.stdout


def test_only_the_contracts(project: Adopter) -> None:
    """--policy-contracts-only leaves the ordinary tests out."""
    ended = project.pytest("--policy-contracts-only -k RLD-001 -v")

    assert "test_ordinary" not in ended.stdout
    assert ended.returncode == 0, ended.stdout


def test_a_replay_line_works_when_pasted(project: Adopter) -> None:
    """The token of a failure fails again, with the same observation."""
    failed = project.pytest("--policy-contracts -k RLD-013")
    token = TOKEN.search(failed.stdout)
    assert token is not None, failed.stdout
    again = project.pytest(f"--policy-contracts-replay={token[1]} tests/test_contracts.py::HastyCacheContract")

    assert again.returncode == 1, again.stdout
    observed = [line for line in failed.stdout.splitlines() if line.startswith("  observed")]
    assert observed[0] in again.stdout


def test_a_seed_decides_the_schedules(project: Adopter) -> None:
    """-seed gives the same report twice, and -schedules says how many were tried."""
    options = "--policy-contracts -k RLD-002 --policy-contracts-seed=5 --policy-contracts-schedules=7"
    first = project.pytest(f"{options} --policy-contracts-report=first.json")
    project.pytest(f"{options} --policy-contracts-report=second.json")

    assert report(project, "first.json") == report(project, "second.json")
    assert "sampled 7 schedules" in first.stdout


def test_strict_fails_what_is_untested(project: Adopter) -> None:
    """Without secrets() RLD-019 is untested: green by default, and not under -strict."""
    target = "tests/test_contracts.py::CacheContract"

    assert project.pytest(f"--policy-contracts {target}").returncode == 0
    strict = project.pytest(f"--policy-contracts --policy-contracts-strict {target}")
    assert strict.returncode != 0
    assert "RLD-019" in strict.stdout


def test_the_command_line_verifies(project: Adopter) -> None:
    """verify ends with 0 for the conforming module and with 1 for the other."""
    good = project.run("policy-contracts verify tests.test_contracts:CacheContract")
    bad = project.run("policy-contracts verify tests.test_contracts:HastyCacheContract --clauses RLD-007")

    assert (good.returncode, bad.returncode) == (0, 1), good.stdout + bad.stdout
    assert "conformant" in good.stdout


def test_the_command_line_lists_and_explains(project: Adopter) -> None:
    """list names every clause, and explain shows the scenarios of one."""
    listed = project.run("policy-contracts list")
    explained = project.run("policy-contracts explain RLD-007")

    assert len(set(re.findall(r"RLD-\d{3}", listed.stdout))) == 20
    assert "the reload is cancelled at each place where it waits" in explained.stdout


def test_the_command_line_replays(project: Adopter) -> None:
    """replay repeats a run and ends with 1 while it still fails."""
    ended = project.run("policy-contracts replay RLD-007:1:s1 tests.test_contracts:HastyCacheContract")

    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "cancelled at place 1 of 1" in ended.stdout
