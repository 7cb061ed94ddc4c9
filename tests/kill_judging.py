"""Judges one subject for the kill matrix: what it breaks under many seeds, and whether that is as claimed.

Rules: a verdict is the engine's, unaltered; nothing is decided by a subject's name. What does not depend on a
seed is judged once, with the first seed; a clause with an every-interleaving scenario, and what a broken
subject claims to break, is judged for each. All values are plain, because they cross processes. It must not
print, and must not know how subjects are spread over processes.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_policy_contracts import ReloadableHarness
from pytest_policy_contracts.clauses import Clause, Contract, load_contract
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict
from tests.broken.reloadable import BROKEN, Broken
from tests.conforming.reloadable import CONFORMING

TIMEOUT_FACTOR = 0.4
"""Two seconds of real time for one run: they take milliseconds, and a real hang is waited for often."""

ENOUGH_SCHEDULES = 200
"""Within so many schedules a mistake has to be found."""

QUIET = frozenset({Outcome.PASSED, Outcome.UNTESTED, Outcome.NOT_APPLICABLE})
_FOUND_AT = re.compile(r"schedule (\d+) of")


@dataclass(frozen=True, slots=True)
class Cell:
    """The verdict of one clause for one subject under one seed; `schedule` is 0 when the first run shows it."""

    clause: str
    seed: int
    outcome: str
    text: str = ""
    schedule: int = 0
    realism: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What has to hold of a subject: the clauses it breaks (none for a conforming one), and what gives it away."""

    subject: str
    clauses: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A piece of the matrix for one process; `whole` also judges what does not depend on the seed."""

    subject: str
    claimed: tuple[str, ...]
    seeds: tuple[int, ...]
    schedules: int
    whole: bool = True


def contract() -> Contract:
    """Return the contract that the matrix is about."""
    return load_contract("Reloadable")


def claim_of(entry: Broken) -> Claim:
    """Return what the entry of a broken subject says."""
    return Claim(entry.harness.__name__, entry.clauses, entry.because)


def claims() -> tuple[list[Claim], list[Claim]]:
    """Return what is said of the broken subjects, and of the conforming ones."""
    return [claim_of(entry) for entry in BROKEN], [Claim(one.__name__) for one in CONFORMING]


def harnesses() -> dict[str, type[ReloadableHarness]]:
    """Return every harness of the matrix by its name."""
    return {one.__name__: one for one in (*(entry.harness for entry in BROKEN), *CONFORMING)}


def judge(assignment: Assignment) -> list[Cell]:
    """Judge the clauses of an assignment; each takes the engine's time."""
    return list(_cells(harnesses()[assignment.subject], assignment))


def _cells(harness: type[ReloadableHarness], assignment: Assignment) -> Iterator[Cell]:
    promises = contract()
    for number, seed in enumerate(assignment.seeds):
        settings = Settings(Effort(assignment.schedules, seed), TIMEOUT_FACTOR)
        session = Session(harness.__name__, harness, promises, shipped_vocabulary(), settings)
        everything = assignment.whole and not number
        for clause in promises.clauses:
            if everything or depends_on_seed(clause) or clause.id in assignment.claimed:
                yield _cell(session.verdict(clause.id), seed)
        if not number:
            promises = _without_preconditions_met(promises, session.verdict)


def depends_on_seed(clause: Clause) -> bool:
    """Tell whether schedules are drawn for a clause."""
    return any(scenario.every_interleaving for scenario in clause.scenarios)


def _without_preconditions_met(promises: Contract, verdict: Callable[[str], Verdict]) -> Contract:
    """Drop the preconditions that were met under the first seed: they have no schedules, and each costs its runs."""

    def stands_for_good(clause_id: str) -> bool:
        clause = promises.clause(clause_id)
        return not depends_on_seed(clause) and verdict(clause_id).outcome is Outcome.PASSED

    clauses = tuple(
        replace(clause, after=tuple(one for one in clause.after if not stands_for_good(one)))
        for clause in promises.clauses
    )
    return replace(promises, clauses=clauses)


def _cell(verdict: Verdict, seed: int) -> Cell:
    if verdict.outcome in QUIET:
        return Cell(verdict.id, seed, verdict.outcome.value, verdict.message)
    parts = (verdict.message, verdict.step, verdict.expected, verdict.observed, verdict.when)
    return Cell(
        verdict.id,
        seed,
        verdict.outcome.value,
        " | ".join(part for part in parts if part),
        found_at(verdict),
        verdict.realism,
    )


def found_at(verdict: Verdict) -> int:
    """Return the number of the schedule that showed a violation; 0 when the first run did."""
    found = _FOUND_AT.search(verdict.reach)
    return int(found[1]) if found else 0


# -- is it as claimed? ---------------------------------------------------------------------------------


def misses_of(claim: Claim, cells: Iterable[Cell]) -> list[str]:
    """Return in one line each what is not as claimed; nothing when the subject did what it should."""
    return [line for cell in cells for line in _misses(claim, cell)]


def _misses(claim: Claim, cell: Cell) -> Iterator[str]:
    where = f"{claim.subject}, {cell.clause}, seed {cell.seed}"
    violated = cell.outcome == Outcome.VIOLATED
    if cell.outcome == Outcome.BROKEN:
        yield f"{where}: the suite or the harness failed: {cell.text}"
    elif cell.clause not in claim.clauses and violated:
        yield f"{where}: violated, which nobody claims: {cell.text}"
    elif cell.clause in claim.clauses and not violated:
        yield f"{where}: should be violated and is {cell.outcome}. {cell.text}".rstrip(". ") + "."
    elif violated and claim.because.lower() not in cell.text.lower():
        yield f"{where}: violated, but not because of {claim.because!r}: {cell.text}"
    elif violated and cell.schedule > ENOUGH_SCHEDULES:
        yield f"{where}: found at schedule {cell.schedule}, later than {ENOUGH_SCHEDULES}"


def misses_of_conforming(claim: Claim, cells: Iterable[Cell]) -> list[str]:
    """As `misses_of`, and a clause that the harness has the needs for must not stay untested."""
    cells = list(cells)
    unproved = [
        f"{claim.subject}, {cell.clause}, seed {cell.seed}: {cell.outcome}: {cell.text}"
        for cell in cells
        if cell.outcome == Outcome.UNTESTED and not cell.text.startswith("needs ")
    ]
    return misses_of(claim, cells) + unproved


def alone(broken: Sequence[Claim], clause: str) -> list[str]:
    """Return the subjects that break this clause and no other."""
    return [claim.subject for claim in broken if claim.clauses == (clause,)]
