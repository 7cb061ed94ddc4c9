"""Entries for known deviations that belong to nothing.

Rules: an entry for a clause that does not exist, or for a harness that nobody has, is a mistake or
a leftover and stops the run before it begins. A harness counts as known when it is part of the run,
stands in a module of one that is, or is named by the caller as known elsewhere. Whether an entry
still holds is judged with the verdict, not here.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence

from pytest_policy_contracts.clauses import load_contract, shipped_contracts
from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.contracts.near_matches import did_you_mean
from pytest_policy_contracts.harness import Harness
from pytest_policy_contracts.harness.deviation_tables import EVERY_HARNESS, DeviationTable
from pytest_policy_contracts.harness.loading import is_harness_class
from pytest_policy_contracts.running.contracts import contract_of


def check_deviations(
    owners: Sequence[type[Harness]],
    tables: Iterable[DeviationTable],
    known_elsewhere: Iterable[str] = (),
) -> None:
    """Raise `UsageError` for an entry that matches no clause or no harness."""
    for owner in owners:
        _check_clauses(f"{owner.__name__}.known_deviations", owner.known_deviations, [owner])
    names = {one.__name__ for owner in owners for one in _neighbours(owner)} | set(known_elsewhere)
    for table in tables:
        for stray in table.unmatched(names):
            raise UsageError(
                f"{table.source} has deviations of {stray!r}, and there is no such harness. "
                f"{did_you_mean(stray, {*names, EVERY_HARNESS})}"
            )
        for name, entries in table.entries.items():
            named = [owner for owner in owners if owner.__name__ == name]
            _check_clauses(f"{table.source} [{name}]", entries, named)


def _check_clauses(where: str, ids: Iterable[str], owners: Sequence[type[Harness]]) -> None:
    contracts = sorted({owner.contract for owner in owners}) or list(shipped_contracts())
    shipped = (load_contract(name) for name in contracts)
    own = (contract_of(owner) for owner in owners)
    known = list(dict.fromkeys(clause.id for contract in (*shipped, *own) for clause in contract.clauses))
    for clause_id in ids:
        if clause_id not in known:
            raise UsageError(
                f"{where} has a deviation of {clause_id!r}, and {' and '.join(contracts)} has no "
                f"such clause. {did_you_mean(clause_id, known)}"
            )


def _neighbours(owner: type[Harness]) -> Iterator[type[Harness]]:
    """Yield the class and the other harness classes of its module, run or not."""
    yield owner
    module = sys.modules.get(owner.__module__)
    yield from (one for one in vars(module or owner).values() if is_harness_class(one))
