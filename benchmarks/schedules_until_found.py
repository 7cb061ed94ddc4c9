"""Claim: a race is found within few schedules, whatever the seed: at the median within 30, at worst within 200.

For each broken subject whose clause is about every interleaving: the schedule at which 30 seeds find it (0: the
undisturbed first run shows it already), beside it how many of 1,000 plain runs show it, with the stock event loop
or real threads (`subjects/plain_runs.py`). Run: `python -m benchmarks.schedules_until_found`.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.measuring import middle
from benchmarks.subjects.plain_runs import shown
from pytest_policy_contracts.clauses import Contract, load_contract
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.verdicts import Outcome
from tests.broken.reloadable import BROKEN, Broken
from tests.kill_judging import depends_on_seed, found_at

MEDIAN_REACH = 30
WORST_REACH = 200
SEEDS = 30
PLAIN_RUNS = 1_000


def main() -> int:
    """Measure, print and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N")
    seeds = parser.parse_args().seeds
    print(f"{'':32}{'clause':10}{'median':>8}{'worst':>8}   plain runs of {PLAIN_RUNS:,}  ({seeds} seeds)")
    missed = 0
    for entry in racy():
        missed += not _is_reached(entry, seeds)
    print(f"{missed} missed (reach: median <= {MEDIAN_REACH}, worst <= {WORST_REACH})")
    return 1 if missed else 0


def racy() -> Iterator[Broken]:
    """Yield the subjects whose mistake may depend on the schedule."""
    contract = load_contract("Reloadable")
    for entry in BROKEN:
        if len(entry.clauses) == 1 and depends_on_seed(contract.clause(entry.clauses[0])):
            yield entry


def _is_reached(entry: Broken, seeds: int) -> bool:
    clause = entry.clauses[0]
    needed = [_schedules(entry, clause, seed) for seed in range(seeds)]
    escaped = needed.count(None)
    numbers = [number for number in needed if number is not None]
    median, worst = (middle(numbers), max(numbers)) if numbers else (0, 0)
    held = not escaped and median <= MEDIAN_REACH and worst <= WORST_REACH
    plain = shown(entry.harness(), clause, PLAIN_RUNS)
    note = "" if held else f"   MISSED{f', not found by {escaped} seeds' if escaped else ''}"
    print(f"{entry.harness.__name__:32}{clause:10}{median:8g}{worst:8}{plain:10}{note}", flush=True)
    return held


def _schedules(entry: Broken, clause: str, seed: int) -> int | None:
    """Return the schedule that shows the violation; None when none of them does."""
    settings = Settings(Effort(WORST_REACH, seed))
    session = Session(entry.harness.__name__, entry.harness, _alone(clause), shipped_vocabulary(), settings)
    verdict = session.verdict(clause)
    if verdict.outcome is Outcome.BROKEN:
        raise RuntimeError(f"{session.name}, seed {seed}: {verdict.message}\n{verdict.details}")
    return found_at(verdict) if verdict.outcome is Outcome.VIOLATED else None


def _alone(clause: str) -> Contract:
    """Return the contract without the clause's preconditions: their own scenarios are not what is measured."""
    contract = load_contract("Reloadable")
    clauses = tuple(replace(one, after=()) if one.id == clause else one for one in contract.clauses)
    return replace(contract, clauses=clauses)


if __name__ == "__main__":
    sys.exit(main())
