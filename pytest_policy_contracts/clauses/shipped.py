"""The contracts that come with the package, and reading any folder that holds one.

Rules: a contract is one folder of feature files; the folder of `PolicyGate` is `policy_gate`, so a
contract is found without parsing the others. The folder inside the installed package wins over the
one beside it in a checkout. What was loaded stays for the life of the process, because clauses are
immutable. It must not look anywhere else.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from pytest_policy_contracts.clauses.clause import Clause, Contract
from pytest_policy_contracts.clauses.feature_files import (
    FeatureFile,
    read_feature,
    refuse_duplicate_ids,
)
from pytest_policy_contracts.clauses.problems import ClauseError, Place
from pytest_policy_contracts.contracts.errors import UsageError
from pytest_policy_contracts.contracts.near_matches import did_you_mean

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_contracts() -> tuple[str, ...]:
    """Answer the names of the contracts that come with the package, sorted."""
    return tuple(sorted(_folders()))


@cache
def load_contract(name: str) -> Contract:
    """Answer a shipped contract by name, read once; an unknown name raises `UsageError`."""
    folders = _folders()
    if name not in folders:
        raise UsageError(f"There is no contract {name!r}. {did_you_mean(name, folders)}")
    contract = read_contract(folders[name])
    if contract.name != name:
        raise Place(folders[name]).error(
            "a folder that holds another contract",
            contract.name,
            f"Write @contract-{name}, or rename the folder.",
        )
    return contract


def read_contract(folder: Path) -> Contract:
    """Read the feature files of `folder` as one contract; malformed ones raise `ClauseError`."""
    files = [read_feature(file) for file in sorted(folder.glob("*.feature"))]
    if not files:
        raise Place(folder).error("a folder without a feature file", folder.name, "Add one.")
    _refuse_mixture(files)
    clauses = tuple(sorted((one for file in files for one in file.clauses), key=lambda clause: clause.id))
    refuse_duplicate_ids(clauses)
    _check_preconditions(clauses)
    return Contract(files[0].contract, files[0].version, clauses)


def read_own_feature(file: Path, shipped: Contract, earlier: Sequence[Clause] = ()) -> tuple[Clause, ...]:
    """Read an adopter's own feature file as more clauses of a shipped contract; malformed ones raise `ClauseError`.

    `earlier` are the clauses of own files that were read before it.
    """
    feature = read_feature(file)
    if feature.contract != shipped.name:
        raise Place(file).error(
            f"a feature for a harness of {shipped.name}",
            f"@contract-{feature.contract}",
            f"Write @contract-{shipped.name}.",
        )
    refuse_duplicate_ids((*shipped.clauses, *earlier, *feature.clauses))
    _check_preconditions((*shipped.clauses, *earlier, *feature.clauses))
    return feature.clauses


def features_folder(package: Path = _PACKAGE) -> Path:
    """Answer where the shipped contracts are: in the package, else beside it in the checkout."""
    places = (package / "features", package.parent / "features")
    for place in places:
        if place.is_dir():
            return place
    raise Place(places[0]).error(
        "the contracts are missing",
        str(places[0]),
        "Install the package from its wheel, or run it from a checkout.",
    )


def _folders() -> dict[str, Path]:
    return {
        "".join(word.capitalize() for word in folder.name.split("_")): folder
        for folder in features_folder().iterdir()
        if any(folder.glob("*.feature"))
    }


def _refuse_mixture(files: Sequence[FeatureFile]) -> None:
    first = files[0]
    for file in files[1:]:
        if (file.contract, file.version) != (first.contract, first.version):
            raise Place(file.file).error(
                f"not the contract of {first.file.name}, {first.contract} {first.version}",
                f"{file.contract} {file.version}",
                "Keep one contract and version in a folder.",
            )


def _check_preconditions(clauses: Sequence[Clause]) -> None:
    known = {clause.id: clause for clause in clauses}
    for clause, wanted in _preconditions(clauses):
        if wanted not in known:
            raise _at(clause).error("a precondition that is no clause", f"@after-{wanted}", did_you_mean(wanted, known))
    try:
        TopologicalSorter({clause.id: clause.after for clause in clauses}).prepare()
    except CycleError as error:
        raise _circle(known, error.args[1]) from error


def _preconditions(clauses: Sequence[Clause]) -> Iterator[tuple[Clause, str]]:
    return ((clause, wanted) for clause in clauses for wanted in clause.after)


def _circle(known: dict[str, Clause], circle: Sequence[str]) -> ClauseError:
    return _at(known[circle[-1]]).error(
        "preconditions that wait for each other", " → ".join(circle), "Drop one @after tag."
    )


def _at(clause: Clause) -> Place:
    return Place(clause.file, clause.line)
