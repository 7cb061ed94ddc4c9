"""The contract of a harness: the shipped one, with the clauses of the adopter's own feature files behind it.

Rules: an own feature file names the same contract, and its ids are none of the shipped ones. It is read once. Whether its
steps exist is found out when it is run, because they may be defined in the test module that is being loaded.
"""

import inspect
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_policy_contracts.clauses import Clause, Contract, load_contract, read_own_feature
from pytest_policy_contracts.harness import Harness, HarnessError

_known: dict[type[Harness], Contract] = {}


def contract_of(owner: type[Harness]) -> Contract:
    """Return the clauses that hold for a harness class; a file that is missing or malformed raises `SuiteError`."""
    if owner not in _known:
        _known[owner] = _read(owner)
    return _known[owner]


def _read(owner: type[Harness]) -> Contract:
    shipped = load_contract(owner.contract)
    own: tuple[Clause, ...] = ()
    for file in _own_files(owner):
        own += read_own_feature(file, shipped, own)
    return replace(shipped, clauses=(*shipped.clauses, *own))


def _own_files(owner: type[Harness]) -> list[Path]:
    named: object = owner.own_features
    if isinstance(named, (str, Path)) or not isinstance(named, Sequence):
        raise HarnessError(
            f"{owner.__name__}.own_features is {named!r}. Write a tuple of paths beside the harness's file, such as "
            '("cache.feature",).'
        )
    folder = Path(inspect.getfile(owner)).parent if named else Path()
    files = [folder / one for one in named]
    for file in files:
        if not file.is_file():
            raise HarnessError(f"{owner.__name__}.own_features names {file}, and there is no such file.")
    return files
