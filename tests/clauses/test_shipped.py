"""Contracts as folders: those that ship with the package, and any other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_policy_contracts.clauses import (
    ClauseError,
    load_contract,
    read_contract,
    shipped,
    shipped_contracts,
)
from pytest_policy_contracts.contracts import UsageError


def write(folder: Path, name: str, *clauses: str, contract: str = "X", version: str = "1.0") -> None:
    """Write a feature file with a rule for each `"<id> <further tags>"`."""
    rules = (
        f"  @{tags.replace(' ', ' @')} @must\n  Rule: Promise {tags}\n    Scenario: Case {tags}\n      Then it holds\n"
        for tags in clauses
    )
    folder.mkdir(parents=True, exist_ok=True)
    text = f"@contract-{contract} @version-{version}\nFeature: X\n{''.join(rules)}"
    (folder / f"{name}.feature").write_text(text, encoding="utf-8")


@pytest.fixture
def features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of contracts in place of the shipped one."""
    folder = tmp_path / "features"
    folder.mkdir()
    monkeypatch.setattr(shipped, "features_folder", lambda: folder)
    load_contract.cache_clear()
    yield folder
    load_contract.cache_clear()


def test_every_shipped_contract_can_be_read() -> None:
    """What ships is well-formed: each contract loads, under its own name."""
    assert "Reloadable" in shipped_contracts()
    for name in shipped_contracts():
        assert name == load_contract(name).name


def test_shipped_contract_is_read_once() -> None:
    """Loading a contract again answers the same object."""
    assert load_contract("Reloadable") is load_contract("Reloadable")


def test_contract_name_follows_from_the_folder(features: Path) -> None:
    """`policy_gate` holds PolicyGate; folders without a feature file hold nothing."""
    write(features / "policy_gate", "a", "GAT-001", contract="PolicyGate")
    (features / "empty").mkdir()

    assert ("PolicyGate",) == shipped_contracts()
    assert ("GAT-001",) == tuple(clause.id for clause in load_contract("PolicyGate").clauses)


def test_clauses_of_all_files_are_ordered_by_id(tmp_path: Path) -> None:
    """A contract may be spread over files; its clauses come in the order of their ids."""
    write(tmp_path, "a", "XYZ-003", "XYZ-001", version="2.1")
    write(tmp_path, "b", "XYZ-002 after-XYZ-003", version="2.1")
    contract = read_contract(tmp_path)

    assert ("X", "2.1") == (contract.name, contract.version)
    assert ["XYZ-001", "XYZ-002", "XYZ-003"] == [clause.id for clause in contract.clauses]
    assert ("XYZ-003",) == contract.clause("XYZ-002").after


def test_unknown_clause_of_a_contract_names_near_ones(tmp_path: Path) -> None:
    """Asking a contract for a clause it has not is a usage error that names the nearest."""
    write(tmp_path, "a", "XYZ-001")

    with pytest.raises(UsageError, match=r"X has no clause 'XYZ-01'. Did you mean XYZ-001\?"):
        read_contract(tmp_path).clause("XYZ-01")


def test_unknown_contract_names_near_ones(features: Path) -> None:
    """Asking for a contract that does not ship is a usage error that names the nearest."""
    write(features / "policy_gate", "a", "GAT-001", contract="PolicyGate")

    with pytest.raises(UsageError, match=r"no contract 'PolicyGates'. Did you mean PolicyGate\?"):
        load_contract("PolicyGates")


def test_folder_of_another_contract_is_refused(features: Path) -> None:
    """A folder whose files name another contract than its own is an error."""
    write(features / "policy_gate", "a", "GAT-001", contract="Gate")

    with pytest.raises(ClauseError, match="Write @contract-PolicyGate, or rename the folder"):
        load_contract("PolicyGate")


def test_mixture_of_contracts_or_versions_is_refused(tmp_path: Path) -> None:
    """Files of two contracts or two versions in one folder are an error."""
    write(tmp_path, "a", "XYZ-001")
    write(tmp_path, "b", "XYZ-002", version="1.1")

    with pytest.raises(ClauseError, match=r"b\.feature: not the contract of a\.feature, X 1\.0"):
        read_contract(tmp_path)


def test_one_id_in_two_files_is_refused(tmp_path: Path) -> None:
    """An id may occur once in a contract, not once in each file."""
    write(tmp_path, "a", "XYZ-001")
    write(tmp_path, "b", "XYZ-001")

    with pytest.raises(ClauseError, match=r"b\.feature:4: an id that a\.feature:4 has already"):
        read_contract(tmp_path)


def test_folder_without_feature_file_is_refused(tmp_path: Path) -> None:
    """A folder without a feature file is no contract."""
    with pytest.raises(ClauseError, match="a folder without a feature file"):
        read_contract(tmp_path)


def test_precondition_that_is_no_clause_is_refused(tmp_path: Path) -> None:
    """A precondition has to be a clause of the contract."""
    write(tmp_path, "a", "XYZ-001 after-XYZ-010")

    with pytest.raises(ClauseError, match=r"a\.feature:4.*'@after-XYZ-010'. Did you mean XYZ-001"):
        read_contract(tmp_path)


@pytest.mark.parametrize(
    "clauses",
    [("XYZ-001 after-XYZ-001",), ("XYZ-001 after-XYZ-002", "XYZ-002 after-XYZ-001")],
)
def test_circle_of_preconditions_is_refused(tmp_path: Path, clauses: tuple[str, ...]) -> None:
    """Clauses that wait for each other could never run, so they are an error."""
    write(tmp_path, "a", *clauses)

    with pytest.raises(ClauseError, match="preconditions that wait for each other"):
        read_contract(tmp_path)


def test_folder_in_the_package_wins_over_the_checkout(tmp_path: Path) -> None:
    """An installed wheel reads its own contracts; a checkout those beside the package."""
    package = tmp_path / "package"
    (tmp_path / "features").mkdir()
    package.mkdir()
    assert tmp_path / "features" == shipped.features_folder(package)

    (package / "features").mkdir()
    assert package / "features" == shipped.features_folder(package)


def test_missing_contracts_are_an_error(tmp_path: Path) -> None:
    """A broken installation says what is missing and how to get it."""
    with pytest.raises(ClauseError, match=r"the contracts are missing.*from its wheel"):
        shipped.features_folder(tmp_path / "package")
