"""`policy-contracts list [CONTRACT]`: a table of the clauses.

Rules: quick, because it is typed while thinking; it must not import what runs a clause.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator

from pytest_policy_contracts.clauses import Clause, Contract, load_contract, shipped_contracts

INTERLEAVING_SIGN = "∿"
PLACE_SIGN = "✂"

_LEGEND = (
    f"{INTERLEAVING_SIGN} re-run under many schedules    "
    f"{PLACE_SIGN} cancelled at each place where it waits    "
    "details: policy-contracts explain ID"
)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    names = [arguments.contract] if arguments.contract else shipped_contracts()
    # Nothing is cut for a pipe: what reads there searches in it.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for name in names:
        print("\n".join(_table(load_contract(name), width)))
        print()
    print(_LEGEND)
    return 0


def signs(clause: Clause) -> str:
    """Return the signs of a clause: how it is tried beyond a single run."""
    return (INTERLEAVING_SIGN if clause.every_interleaving else "") + (PLACE_SIGN if clause.every_place else "")


def _table(contract: Contract, width: int) -> Iterator[str]:
    yield f"{contract.name} {contract.version} · {len(contract.clauses)} clauses"
    needs = max((len(", ".join(one.needs)) for one in contract.clauses), default=0)
    for clause in contract.clauses:
        line = (
            f"  {clause.id}  {clause.level.value:<6}  {signs(clause):<2}  "
            f"{', '.join(clause.needs) or '–':<{needs}}  {clause.title}"
        )
        yield line if len(line) <= width else f"{line[: width - 1]}…"
