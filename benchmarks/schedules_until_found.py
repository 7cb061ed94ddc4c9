"""Claim: a race is found within few schedules, whatever the seed: at the median within 30, at worst within 200.

For each broken subject of every contract whose clause is about every interleaving: the schedule at which 30 seeds find
it (0: the undisturbed first run shows it already), beside it, for Reloadable, how many of 1,000 plain runs show it, with
the stock event loop or real threads (`subjects/plain_runs.py`). Run: `python -m benchmarks.schedules_until_found`;
`--contract NAME` takes one contract.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence

from benchmarks.measuring import middle
from benchmarks.subjects.plain_runs import shown
from pytest_policy_contracts import ReloadableHarness
from pytest_policy_contracts.clauses import load_contract
from tests.broken.entry import Broken
from tests.kill_judging import SUBJECTS, Assignment, Cell, Found, cells, depends_on_seed

MEDIAN_REACH = 30
WORST_REACH = 200
SEEDS = 30
PLAIN_RUNS = 1_000


def main() -> int:
    """Measure, print and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N")
    parser.add_argument("--contract", action="append", choices=sorted(SUBJECTS), metavar="NAME")
    options = parser.parse_args()
    print(f"{'':32}{'clause':10}{'median':>8}{'worst':>8}   plain runs of {PLAIN_RUNS:,}  ({options.seeds} seeds)")
    missed = 0
    for contract in options.contract or SUBJECTS:
        missed += sum(not _is_reached(entry, options.seeds) for entry in racy(contract))
    print(f"{missed} missed (reach: median <= {MEDIAN_REACH}, worst <= {WORST_REACH})")
    return 1 if missed else 0


def racy(contract: str) -> Iterator[Broken]:
    """Yield the subjects of a contract whose mistake may depend on the schedule."""
    promises = load_contract(contract)
    for entry in SUBJECTS[contract].broken:
        if len(entry.clauses) == 1 and depends_on_seed(promises.clause(entry.clauses[0])):
            yield entry


def _is_reached(entry: Broken, seeds: int) -> bool:
    needed = _schedules(entry, seeds)
    numbers = [number for number in needed if number is not None]
    escaped = len(needed) - len(numbers)
    median, worst = (middle(numbers), max(numbers)) if numbers else (0, 0)
    held = not escaped and median <= MEDIAN_REACH and worst <= WORST_REACH
    note = "" if held else f"   MISSED{f', not found by {escaped} seeds' if escaped else ''}"
    plain = _plain_runs(entry)
    print(f"{entry.harness.__name__:32}{entry.clauses[0]:10}{median:8g}{worst:8}{plain:>10}{note}", flush=True)
    return held


def _schedules(entry: Broken, seeds: int) -> Sequence[int | None]:
    """Return for each seed the schedule that shows the violation; None where none of them does."""
    piece = Assignment(entry.harness.contract, entry.harness.__name__, seeds=tuple(range(seeds)), schedules=WORST_REACH)
    found = [_schedule(entry, cell) for cell in cells(piece, entry.clauses, Found())]
    # What draws nothing from the seed was judged once.
    return found if len(found) == seeds else found * seeds


def _schedule(entry: Broken, cell: Cell) -> int | None:
    if cell.outcome == "broken":
        raise RuntimeError(f"{entry.harness.__name__}, {cell.clause}, {cell.under}: {cell.text}")
    return cell.schedule if cell.outcome == "violated" else None


def _plain_runs(entry: Broken) -> str:
    if not issubclass(entry.harness, ReloadableHarness):
        return "-"
    return str(shown(entry.harness(), entry.clauses[0], PLAIN_RUNS))


if __name__ == "__main__":
    sys.exit(main())
