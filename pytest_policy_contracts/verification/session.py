"""The verdicts of one harness: each scenario is run once, guarded, and each clause judged once.

A scenario runs in a forked child where there can be one, so that nothing a subject does can hurt this process, else on a
guarded worker thread. A call that does not come back, or takes the process down, breaks the clause whose scenario made it.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import takewhile
from typing import Any, TypeVar

from pytest_policy_contracts.clauses import Clause, Contract, Scenario
from pytest_policy_contracts.contracts import SuiteError
from pytest_policy_contracts.harness import Harness, KnownDeviation, capabilities
from pytest_policy_contracts.harness.capabilities import how_to_declare
from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.exploration import Plan
from pytest_policy_contracts.simulation.guard import (
    Guarded,
    Heartbeat,
    child_available,
    run_in_child,
    run_in_worker,
)
from pytest_policy_contracts.simulation.policies import Policy
from pytest_policy_contracts.simulation.schedules import Mode, Schedule
from pytest_policy_contracts.verification.deviating import judged_with_deviation
from pytest_policy_contracts.verification.events import ClauseFinished, Event, HarnessStarted
from pytest_policy_contracts.verification.program import Program, Vocabulary, bind
from pytest_policy_contracts.verification.scenario_run import BEATS_IN_A_RUN, Effort, ScenarioRun
from pytest_policy_contracts.verification.surroundings import look_around, surroundings
from pytest_policy_contracts.verification.trial import Trial
from pytest_policy_contracts.verification.verdicts import (
    Outcome,
    ScenarioResult,
    Verdict,
    verdict_of,
)
from pytest_policy_contracts.verification.world import Style, World

T = TypeVar("T")

HANG_BUDGET_SECONDS = 5.0
"""How long one run of a scenario may take in real time, times the timeout factor."""


_LOOK_SECONDS = 1.0
"""How long the trial call of a first look may take: one that returns an awaitable does so at once."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a harness is verified. A `timeout_factor` of 0 takes the guard away, for debuggers."""

    effort: Effort = field(default_factory=Effort)
    timeout_factor: float = 1.0
    isolation: str = "auto"
    today: date = field(default_factory=date.today)


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a first look at the harness told: how its subject is called, or why it cannot be."""

    style: Style | None = None
    problem: str = ""


class Session:
    """All verdicts of one harness class, each found at most once.

    `make_harness` gives a fresh harness instance; `deviations` maps clause ids to what is known about them. Under pytest
    `request` is that of the item under way, and `looks_in_process` is set for a harness that asks for fixtures: a subject
    is then made in this process first, so that its fixtures are set up, and torn down, here.
    """

    def __init__(
        self,
        name: str,
        make_harness: Callable[[], Harness],
        contract: Contract,
        vocabulary: Vocabulary,
        settings: Settings,
        deviations: dict[str, KnownDeviation] | None = None,
    ) -> None:
        self.name = name
        self.contract = contract
        self.settings = settings
        self.vocabulary = vocabulary
        self.deviations = deviations or {}
        self.make_harness = make_harness
        self.request: Any = None
        self.looks_in_process = False
        self._results: dict[tuple[str, int], ScenarioResult] = {}
        self._verdicts: dict[str, Verdict] = {}
        self._preparation: Preparation | None = None
        self._under_way: list[str] = []
        self._programs: dict[tuple[str, int], Program] = {}

    # -- the whole harness ------------------------------------------------------------------------------------------------

    def events(self, clauses: tuple[Clause, ...]) -> Iterator[Event]:
        """Judge the clauses in their order and tell of each."""
        ids = tuple(clause.id for clause in clauses)
        yield HarnessStarted(self.name, self.contract.name, self.contract.version, ids)
        for clause in clauses:
            yield ClauseFinished(self.name, self.contract.name, self.verdict(clause.id))

    def verdict(self, clause_id: str) -> Verdict:
        """Return the verdict of a clause, running its scenarios if that was not done yet."""
        if clause_id not in self._verdicts:
            clause = self.contract.clause(clause_id)
            results = tuple(self._scenarios_until_violated(clause))
            verdict = verdict_of(clause.id, clause.level.value, clause.title, results)
            verdict = judged_with_deviation(verdict, self.deviations.get(clause_id), self.settings.today)
            if any(self._waits(one) for one in results):
                return verdict
            self._verdicts[clause_id] = verdict
        return self._verdicts[clause_id]

    def _waits(self, result: ScenarioResult) -> bool:
        """Tell whether a result was left to a clause that is being judged right now, so that it cannot be final."""
        return result.outcome is Outcome.UNTESTED and any(one in self._under_way for one in result.preconditions)

    def _scenarios_until_violated(self, clause: Clause) -> Iterator[ScenarioResult]:
        for scenario in clause.scenarios:
            result = self.result(clause, scenario)
            yield result
            if result.killed or (result.outcome is Outcome.VIOLATED and result.is_real_today):
                return

    # -- one scenario -----------------------------------------------------------------------------------------------------

    def result(self, clause: Clause, scenario: Scenario) -> ScenarioResult:
        """Return how one scenario ended, running it if that was not done yet."""
        key = (clause.id, scenario.number)
        if key not in self._results:
            self._under_way.append(clause.id)
            try:
                self._results[key] = self._run(clause, scenario)
            finally:
                self._under_way.pop()
        return self._settled(clause, self._results[key])

    def _settled(self, clause: Clause, result: ScenarioResult) -> ScenarioResult:
        self._under_way.append(clause.id)
        try:
            return self._settle_precondition(result)
        finally:
            self._under_way.pop()

    def _run(self, clause: Clause, scenario: Scenario) -> ScenarioResult:
        skipped = self._unsupported(clause, scenario) or self._unprepared(clause, scenario)
        if skipped is not None:
            return skipped
        try:
            self.program(scenario)
        except SuiteError as error:
            return _skipped(scenario, Outcome.BROKEN, str(error))
        if self.looks_in_process:
            self._look(may_call=False)
        guarded = self.guarded(lambda beat: self._scenario_run(scenario, beat).result())
        return self._from_guard(scenario, guarded)

    def replay(self, scenario: Scenario, schedule: Schedule) -> ScenarioResult:
        """Run one recorded schedule of a scenario."""
        self.preparation()
        guarded = self.guarded(lambda beat: self._scenario_run(scenario, beat).replay(schedule))
        return self._from_guard(scenario, guarded)

    def _scenario_run(self, scenario: Scenario, beat: Callable[[int], None]) -> ScenarioRun:
        return ScenarioRun(scenario, self.trial(scenario), self.settings.effort, beat)

    def trial(self, scenario: Scenario) -> Trial:
        """Return what makes runs of the scenario with this harness."""
        harness = self.harness()
        return Trial(self.program(scenario), harness, capabilities(harness), self.preparation().style or Style.SYNC)

    def program(self, scenario: Scenario) -> Program:
        """Return the bound steps; they are bound once, before anything is forked."""
        key = (scenario.clause_id, scenario.number)
        if key not in self._programs:
            self._programs[key] = bind(scenario, self.vocabulary)
        return self._programs[key]

    # -- before it runs ---------------------------------------------------------------------------------------------------

    def _unsupported(self, clause: Clause, scenario: Scenario) -> ScenarioResult | None:
        harness = self.harness()
        has = capabilities(harness)
        missing = [need for need in scenario.needs if need not in has]
        if missing:
            own = any(need in clause.needs for need in missing)
            methods = ", ".join(how_to_declare(harness, need) for need in missing)
            outcome = Outcome.UNTESTED if own else Outcome.NOT_APPLICABLE
            return _skipped(scenario, outcome, f"needs {methods} in the harness", optional=not own)
        unwanted = [name for name in scenario.without if name in has]
        if unwanted:
            return _skipped(scenario, Outcome.NOT_APPLICABLE, f"the harness has {unwanted[0]}()", optional=True)
        return None

    def _unprepared(self, clause: Clause, scenario: Scenario) -> ScenarioResult | None:
        killed = next((one for one in self._of_clause(clause) if one.killed), None)
        if killed is not None:
            message = f"not run, because {killed.name!r} had to be killed: {killed.observed}"
            return _skipped(scenario, Outcome.UNTESTED, message, optional=True)
        preparation = self.preparation()
        if preparation.problem:
            return _skipped(scenario, Outcome.BROKEN, preparation.problem)
        if scenario.async_only and preparation.style is Style.SYNC:
            return _skipped(
                scenario, Outcome.NOT_APPLICABLE, "a synchronous call has no event loop to be cancelled on or to block"
            )
        if scenario.sync_only and preparation.style is Style.ASYNC:
            return _skipped(scenario, Outcome.NOT_APPLICABLE, "only for synchronous calls", optional=True)
        for earlier in clause.after:
            if earlier not in self._under_way and self._was_killed(earlier):
                return _skipped(scenario, Outcome.UNTESTED, f"precondition: {earlier}")
        return None

    def _of_clause(self, clause: Clause) -> list[ScenarioResult]:
        return [result for (clause_id, _), result in self._results.items() if clause_id == clause.id]

    def _was_killed(self, clause_id: str) -> bool:
        return any(result.killed for result in self.verdict(clause_id).scenarios)

    def preparation(self) -> Preparation:
        """Look at the harness once: can it make a subject, and is a call of it awaited?"""
        if self._preparation is None:
            self._preparation = self._look(may_call=False) or self._look(may_call=True) or Preparation(Style.SYNC)
        return self._preparation

    def harness(self) -> Harness:
        """Return a fresh harness instance."""
        harness = self.make_harness()
        if self.request is not None:
            harness.request = self.request
        return harness

    def _look(self, *, may_call: bool) -> Preparation | None:
        """Look once; None when that could not tell how the subject is called."""
        budget = min(_LOOK_SECONDS, self.budget_seconds) if may_call else self.budget_seconds
        guarded = self._guarded_for(budget, lambda beat: self._make_and_look(may_call), self.looks_in_process)
        if guarded.outcome == "returned" and guarded.value is not None:
            preparation = guarded.value
            return preparation if preparation.style or preparation.problem else None
        if guarded.outcome == "hung":
            # Whether creating or calling hangs, the scenarios will say so, each for its clause.
            return None
        if may_call:
            return Preparation(Style.SYNC)
        return Preparation(problem=f"the harness cannot be used: {guarded.error or guarded.detail}")

    def _make_and_look(self, may_call: bool) -> Preparation:
        harness = self.harness()
        return look_at(harness, capabilities(harness), self.vocabulary, may_call)

    # -- the guard --------------------------------------------------------------------------------------------------------

    @property
    def budget_seconds(self) -> float:
        """How long one run may take in real time before it counts as hanging."""
        return HANG_BUDGET_SECONDS * self.settings.timeout_factor

    def guarded(self, function: Callable[[Callable[[int], None]], T]) -> Guarded[T]:
        """Run `function` where a hang or a crash of the subject cannot reach us."""
        return self._guarded_for(self.budget_seconds, function)

    def _guarded_for(
        self, budget: float, function: Callable[[Callable[[int], None]], T], in_process: bool = False
    ) -> Guarded[T]:
        if not budget:
            return Guarded("returned", function(lambda number: None))
        if in_process or self.settings.isolation == "thread" or not child_available():
            return run_in_worker(function, budget_seconds=budget)
        look_around()
        return run_in_child(lambda beat: _in_child(function, beat), budget_seconds=budget)

    def _from_guard(self, scenario: Scenario, guarded: Guarded[ScenarioResult]) -> ScenarioResult:
        if guarded.outcome == "returned" and guarded.value is not None:
            return guarded.value
        if guarded.outcome == "raised":
            return replace(_skipped(scenario, Outcome.BROKEN, str(guarded.error)), details=guarded.stack)
        return self._killed(scenario, guarded)

    def _killed(self, scenario: Scenario, guarded: Guarded[ScenarioResult]) -> ScenarioResult:
        hung = guarded.outcome == "hung"
        observed = (
            f"it did not come back within {self.budget_seconds:g} s of real time: {guarded.frame or 'no frame known'}"
            if hung
            else f"the process died: {guarded.detail}" + (f", at {guarded.frame}" if guarded.frame else "")
        )
        result = _skipped(scenario, Outcome.VIOLATED, "the call comes back" if hung else "the process survives")
        return replace(
            result,
            expected="every call comes back" if hung else "the process survives every call",
            observed=observed,
            step=_last_call(scenario),
            reach=f"run {_run_number(guarded)} of the scenario",
            replay=self._first_run_token(scenario) if _run_number(guarded) <= 1 else "",
            killed=True,
            in_first_run=_run_number(guarded) <= 1,
            details=guarded.stack,
        )

    def _first_run_token(self, scenario: Scenario) -> str:
        mode = Mode.LINE if self.preparation().style is Style.SYNC else Mode.STOCK
        return f"{scenario.clause_id}:{scenario.number}:{Schedule(mode).token()}"

    def _settle_precondition(self, result: ScenarioResult) -> ScenarioResult:
        """Blame the broken precondition if its own clause sees it, else this clause: one of them has to say it."""
        if not result.preconditions:
            return result
        # Where this clause is itself among them, those named before it come first.
        others = tuple(takewhile(lambda one: one != result.clause_id, result.preconditions))
        own = len(others) < len(result.preconditions)
        # Another clause that is under way is being judged right now, and will speak for itself.
        if not own and any(one in self._under_way for one in others):
            return result
        judged = [one for one in others if one not in self._under_way]
        # The one that is violated itself has more to say than one that has been left to it.
        broken = next(filter(self._is_told, judged), None) or next(filter(self._is_violated, judged), None)
        if broken is not None:
            return replace(result, message=f"precondition: {broken}", precondition=broken)
        if not own and result.step.startswith("Given ") and self._all_passed(others):
            return replace(result, outcome=Outcome.BROKEN, message=_not_the_same(result))
        return replace(result, outcome=Outcome.VIOLATED, message=result.step.partition(" ")[2])

    def _all_passed(self, clause_ids: tuple[str, ...]) -> bool:
        return all(self.verdict(clause_id).outcome is Outcome.PASSED for clause_id in clause_ids)

    def _is_told(self, clause_id: str) -> bool:
        return self.verdict(clause_id).outcome in (Outcome.VIOLATED, Outcome.KNOWN)

    def _is_violated(self, clause_id: str, asked: frozenset[str] = frozenset()) -> bool:
        """Tell whether a clause is violated, or has itself been left to one that is."""
        verdict = self.verdict(clause_id)
        if self._is_told(clause_id):
            return True
        asked |= {clause_id, *self._under_way}
        left = [one for one in verdict.scenarios if one.outcome is Outcome.UNTESTED]
        return any(
            self._is_violated(earlier, asked) for one in left for earlier in one.preconditions if earlier not in asked
        )


def look_at(harness: Harness, has: frozenset[str], vocabulary: Vocabulary, may_call: bool) -> Preparation:
    """Make a subject and see whether its principal call returns an awaitable."""
    world = World(harness, has, Style.ASYNC, Plan(Choices(Policy()), Mode.STOCK), {})
    try:
        with surroundings(Style.ASYNC):
            try:
                is_async = world.loop.complete(vocabulary.is_async(world, may_call), name="first look")
            finally:
                world.close()
    except Exception as error:
        # What the call itself raises is judged by the scenarios; only a harness in disorder ends everything here.
        return Preparation(problem=str(error)) if isinstance(error, SuiteError) else Preparation()
    return Preparation(None if is_async is None else Style.ASYNC if is_async else Style.SYNC)


def _not_the_same(result: ScenarioResult) -> str:
    """Say what a failing Given tells: subjects that keep this promise in its own clause do not in another one."""
    return (
        f"{result.observed} at '{result.step}', although {' and '.join(result.preconditions)} holds for other subjects of this "
        "harness. Does create() share something between two subjects, such as a stand-in or a file?"
    )


def _run_number(guarded: Guarded[ScenarioResult]) -> int:
    return guarded.progress // BEATS_IN_A_RUN


def _in_child(function: Callable[[Callable[[int], None]], T], beat: Heartbeat) -> T:
    # The parent's objects will not be collected here; looking at them would only copy their pages.
    gc.freeze()
    _silence()
    return function(beat)


def _silence() -> None:
    """Drop what the subject prints and logs in hundreds of runs; the first run and a replay show it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.stdout = sys.stderr = open(nowhere, "w")  # noqa: SIM115  # lives as long as the child


def _skipped(scenario: Scenario, outcome: Outcome, message: str, *, optional: bool = False) -> ScenarioResult:
    return ScenarioResult(
        scenario.clause_id, scenario.number, scenario.name, outcome, message=message, optional=optional
    )


def _last_call(scenario: Scenario) -> str:
    calls = [step for step in scenario.steps if step.keyword == "When"] or list(scenario.steps)
    return f"{calls[-1].keyword} {calls[-1].text}"
