"""Judges one subject for the kill matrix: what it breaks and what it keeps under many seeds.

Rules: a verdict is the engine's, unaltered; nothing is decided by a subject's name. Each seed has a session of its
own, and all of them share what was found once and draws nothing from a seed. What a subject claims to break is judged
as adopters have it judged, each scenario in a child process of its own. What it keeps is judged in one child together,
which has to be quiet; where it is not, as adopters have it, too. It has fewer schedules for each seed there, and a
scenario of which one run is many cases is not run again under a further seed. All values are plain, because they cross
processes. It must not print, and must not know how subjects are spread over processes.
"""

import gc
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TypeVar

from pytest_policy_contracts.clauses import Clause, Scenario, load_contract
from pytest_policy_contracts.harness import Harness
from pytest_policy_contracts.simulation.exploration import Realism
from pytest_policy_contracts.simulation.guard import Guarded, Heartbeat, child_available, run_in_child
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import FEWER, Effort
from pytest_policy_contracts.verification.session import HANG_BUDGET_SECONDS, Preparation, Session, Settings
from pytest_policy_contracts.verification.verdicts import Outcome, ScenarioResult, Verdict
from tests.broken.entry import Broken

T = TypeVar("T")

TIMEOUT_FACTOR = 0.4
"""Two seconds of real time for one run: they take milliseconds, and a real hang is waited for often."""

ENOUGH_SCHEDULES = 200
"""Within so many schedules a mistake has to be found."""

KEPT_SCHEDULES = 5
"""So many for each seed of a clause that a broken subject keeps: with twenty seeds half as many as are enough."""

TRIED_LONGEST = 6
"""So many conforming subjects of each contract, the first ones, are tried under every seed, and so is the reference."""

QUIET = frozenset({Outcome.PASSED, Outcome.UNTESTED, Outcome.NOT_APPLICABLE})
_FOUND_AT = re.compile(r"schedule (\d+) of")
_SAMPLED, _VALUES = "sampled ", "~"
_BEFORE_SCHEDULES = ("exhaustive", "first-in-first-out run", "run 1 of the scenario")
_NEVER_RUN = (
    *("needs ", "the harness has ", "precondition: ", "not run, because "),
    *("a synchronous call has no ", "only for synchronous calls"),
)


# -- the subjects --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subjects:
    """The subjects of one contract, and which of its clauses are so hard to test that more of them have to break it."""

    contract: str
    hard: frozenset[str]
    broken: Sequence[Broken]
    conforming: Sequence[type[Harness]]

    def harness(self, subject: str) -> type[Harness]:
        """Return the harness of that name."""
        every = (*(entry.harness for entry in self.broken), *self.conforming)
        return next(one for one in every if one.__name__ == subject)


def _subjects(contract: str, folder: str, prefix: str, *hard: int) -> Subjects:
    return Subjects(
        contract,
        frozenset(f"{prefix}-{number:03}" for number in hard),
        import_module(f"tests.broken.{folder}").BROKEN,
        import_module(f"tests.conforming.{folder}").CONFORMING,
    )


SUBJECTS = {
    one.contract: one
    for one in (
        _subjects("Reloadable", "reloadable", "RLD", 4, 6, 7, 10, 13, 14, 16),
        _subjects("HealthProvider", "health_provider", "HLT", 6, 7, 8, 11),
        _subjects("TenantGuard", "tenant_guard", "TNT", 5, 6, 9, 12, 14, 15, 16, 17),
        _subjects("HealthAggregator", "health_aggregator", "AGG", 9, 10),
        _subjects("ReloadOrchestrator", "reload_orchestrator", "ORC", 4, 5, 10, 11, 14, 15),
    )
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What has to hold of a subject: the clauses it breaks (none for a conforming one), and what gives it away."""

    contract: str
    subject: str
    clauses: tuple[str, ...] = ()
    because: str = ""
    longest: bool = True
    """Whether a conforming subject is tried under every seed, and not only under the first."""


def claims(contract: str) -> tuple[list[Claim], list[Claim]]:
    """Return what is said of the broken subjects of a contract, and of the conforming ones."""
    subjects = SUBJECTS[contract]
    broken = [Claim(contract, one.harness.__name__, one.clauses, one.because) for one in subjects.broken]
    conforming = [
        Claim(contract, one.__name__, longest=number < TRIED_LONGEST or one.__module__.endswith(".reference"))
        for number, one in enumerate(subjects.conforming)
    ]
    return broken, conforming


# -- judging -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """The verdict of one clause for one subject; `schedule` is 0 when the first run shows it.

    `every_seed` marks what was judged once, under `seed`, and stands for all of them.
    """

    clause: str
    seed: int
    outcome: str
    text: str = ""
    schedule: int = 0
    realism: str = ""
    every_seed: bool = False

    @property
    def under(self) -> str:
        """Say for which seeds it stands."""
        return "every seed" if self.every_seed else f"seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One subject under some seeds, each with so many schedules for what it claims to break, and for what it keeps."""

    contract: str
    subject: str
    claimed: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    schedules: int = ENOUGH_SCHEDULES
    kept_schedules: int = KEPT_SCHEDULES


def judge(assignment: Assignment) -> list[Cell]:
    """Judge every clause for the subject of an assignment; each takes the engine's time."""
    clauses = [clause.id for clause in load_contract(assignment.contract).clauses]
    kept = [clause for clause in clauses if clause not in assignment.claimed]
    found = Found()
    claimed = list(cells(assignment, assignment.claimed, found))
    quiet = _together(lambda beat: list(cells(assignment, kept, found, kept=True, beat=beat)))
    return claimed + (quiet or list(cells(assignment, kept, found, kept=True)))


def _together(judged: Callable[[Heartbeat], list[Cell]]) -> list[Cell] | None:
    """Judge in one child process; None where there can be none, where it does not survive, or where it is not quiet."""
    if not child_available():
        return None
    guarded = run_in_child(lambda beat: _in_child(judged, beat), budget_seconds=HANG_BUDGET_SECONDS * TIMEOUT_FACTOR)
    quiet = guarded.value is not None and all(cell.outcome in QUIET for cell in guarded.value)
    return guarded.value if quiet else None


def _in_child(judged: Callable[[Heartbeat], list[Cell]], beat: Heartbeat) -> list[Cell]:
    # As the engine's own child does: no look at the parent's objects, and nothing of what subjects print.
    gc.freeze()
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")
    return judged(beat)


Key = tuple[str, int]
"""A clause and the number of a scenario."""


@dataclass(slots=True)
class Found:
    """What the sessions of one subject share: how it is called, and results that are not asked for again.

    `results` hold for every seed; `first` are those of the first seed that have to do for the others, among them, when
    it comes to kept clauses, those of the claimed ones, to which much may be left.
    """

    preparation: Preparation | None = None
    results: dict[Key, ScenarioResult] = field(default_factory=dict)
    first: dict[Key, ScenarioResult] = field(default_factory=dict)

    def get(self, key: Key) -> ScenarioResult | None:
        """Return what is known."""
        return self.results.get(key) or self.first.get(key)


def cells(
    piece: Assignment, clauses: Collection[str], found: Found, *, kept: bool = False, beat: Heartbeat | None = None
) -> Iterator[Cell]:
    """Judge some clauses under each seed, or once where another seed can change nothing.

    For `kept` clauses less is tried. With a `beat` this process is guarded already.
    """
    subject, left = SUBJECTS[piece.contract].harness(piece.subject), list(clauses)
    claimed: dict[Key, ScenarioResult] = {}
    for seed in piece.seeds:
        effort = Effort(piece.kept_schedules if kept else piece.schedules, seed)
        session = Judging(subject, effort, found, beat)
        session.wanted, session.kept = clauses, kept
        for clause in tuple(left):
            verdict = session.verdict(clause)
            for result in verdict.scenarios:
                claimed.setdefault((clause, result.number), result)
            once = all(found.get((clause, result.number)) for result in verdict.scenarios)
            if once:
                left.remove(clause)
            yield _cell(verdict, seed, once)
    found.first = claimed


class Judging(Session):
    """A session under one seed that takes over what was found under another one and will do for this one, too.

    `wanted` are the clauses that are judged, others only where these depend on them; `kept` says of which kind they are.
    """

    wanted: Collection[str] = ()
    kept = False

    def __init__(self, harness: type[Harness], effort: Effort, found: Found, beat: Heartbeat | None) -> None:
        settings = Settings(effort, TIMEOUT_FACTOR if beat is None else 0.0)
        super().__init__(harness.__name__, harness, load_contract(harness.contract), shipped_vocabulary(), settings)
        self._found = found
        self._beat = beat
        self._unsettled: set[str] = set()
        """Clauses that are being judged, or of which another seed may give another verdict."""

    def preparation(self) -> Preparation:
        if self._found.preparation is None:
            self._found.preparation = super().preparation()
        return self._found.preparation

    def result(self, clause: Clause, scenario: Scenario) -> ScenarioResult:
        key = clause.id, scenario.number
        known = self._found.get(key)
        if known is not None:
            return known
        was_unsettled = clause.id in self._unsettled
        self._unsettled.add(clause.id)
        result = super().result(clause, scenario)
        if not self._draws(clause, scenario, result):
            self._found.results[key] = result
        elif self._first_will_do(clause, scenario, result):
            self._found.first[key] = result
        if self._found.get(key) and not was_unsettled:
            self._unsettled.remove(clause.id)
        return result

    def guarded(self, function: Callable[[Callable[[int], None]], T]) -> Guarded[T]:
        if self._beat is None:
            return super().guarded(function)
        return Guarded("returned", function(self._beat))

    def _draws(self, clause: Clause, scenario: Scenario, result: ScenarioResult) -> bool:
        """Tell whether the seed may be behind a result: behind its schedule, its values, or what other clauses say."""
        earlier = {*clause.after, *result.preconditions} - {clause.id}
        unsure = result.realism == Realism.UNREPEATABLE or (result.killed and not result.in_first_run)
        if unsure or earlier & self._unsettled or _SAMPLED in result.reach or _VALUES in result.replay:
            return True
        if not scenario.every_interleaving or result.reach.startswith(_BEFORE_SCHEDULES):
            return False
        return bool(result.reach) or not result.message.startswith(_NEVER_RUN)

    def _first_will_do(self, clause: Clause, scenario: Scenario, result: ScenarioResult) -> bool:
        """Tell whether what one seed gave may stand for all: for a clause that is only asked because of another one.

        And, where a clause is kept, for a scenario of which one run is many cases: a crowd or a burst.
        """
        if clause.id not in self.wanted:
            return not result.preconditions
        return self.kept and not FEWER.keys().isdisjoint(scenario.tags)


def depends_on_seed(clause: Clause) -> bool:
    """Tell whether schedules are drawn for a clause."""
    return any(scenario.every_interleaving for scenario in clause.scenarios)


def _cell(verdict: Verdict, seed: int, every_seed: bool) -> Cell:
    if verdict.outcome in QUIET:
        return Cell(verdict.id, seed, verdict.outcome.value, verdict.message, every_seed=every_seed)
    parts = (verdict.message, verdict.step, verdict.expected, verdict.observed, verdict.when)
    text = " | ".join(part for part in parts if part)
    return Cell(verdict.id, seed, verdict.outcome.value, text, found_at(verdict), verdict.realism, every_seed)


def found_at(verdict: Verdict) -> int:
    """Return the number of the schedule that showed a violation; 0 when the first run did."""
    found = _FOUND_AT.search(verdict.reach)
    return int(found[1]) if found else 0
