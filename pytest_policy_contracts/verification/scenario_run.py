"""Running one scenario as often as its clause asks for, and folding the runs into one result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pytest_policy_contracts.clauses import Scenario
from pytest_policy_contracts.simulation.exploration import (
    Calibration,
    Explorer,
    Finding,
    Plan,
    Trace,
)
from pytest_policy_contracts.simulation.schedules import Schedule
from pytest_policy_contracts.verification.made_values import DRAWS, MAKES_VALUES, made_from
from pytest_policy_contracts.verification.redaction import redacted
from pytest_policy_contracts.verification.surroundings import surroundings
from pytest_policy_contracts.verification.trial import Failure, Trial
from pytest_policy_contracts.verification.verdicts import Outcome, ScenarioResult
from pytest_policy_contracts.verification.world import Style

MAX_PLACES = 200
"""How many cancel places of one call are tried; a call that waits more often waits in a loop."""


BEATS_IN_A_RUN = 1_000_000
"""The heartbeat counts runs in these steps, and the calls of a run between them."""

FEWER = {"crowd": 10, "burst": 200}
"""Tags of scenarios with very many callers, and by how much fewer schedules will do for them."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried, and from where the schedules start."""

    schedules: int = 200
    seed: int = 0


class ScenarioRun:
    """One scenario of one harness."""

    def __init__(self, scenario: Scenario, trial: Trial, effort: Effort, beat: Callable[[int], None]) -> None:
        self._scenario = scenario
        self._trial = trial
        self._effort = effort
        self._beat = beat
        self._fewer = max((FEWER[tag] for tag in scenario.tags if tag in FEWER), default=1)
        threads = trial.style is Style.SYNC
        self._explorer = Explorer(self._run, seed=effort.seed, threads=threads, fewer=self._fewer)
        self._runs = self._calls = 0

    def _run(self, plan: Plan) -> Trace:
        self._runs += 1
        self._calls = 0
        self._trial.memo["pulse"] = self._pulse
        self._pulse()
        return self._trial.run(plan)

    def _pulse(self) -> None:
        self._beat(self._runs * BEATS_IN_A_RUN + min(self._calls, BEATS_IN_A_RUN - 1))
        self._calls += 1

    def result(self) -> ScenarioResult:
        """Run everything that the scenario's marks ask for and judge it."""
        with surroundings(self._trial.style) as warnings_seen:
            self._trial.begin(warnings_seen)
            result = self._search()
        return redacted(result, self._trial.redactions())

    def replay(self, schedule: Schedule) -> ScenarioResult:
        """Run one recorded schedule and say how it ended, with the journal of the run."""
        with surroundings(self._trial.style) as warnings_seen:
            self._trial.begin(warnings_seen)
            self._explorer.undisturbed()
            trace = self._explorer.replay(schedule)
            finding = Finding(
                trace.failure, schedule, schedule, self._explorer.realism_of(schedule), 0, tuple(trace.journal)
            )
            result = self._failed(finding) if trace.failure else self._passed("replayed")
        return redacted(replace(result, journal=tuple(trace.journal)), self._trial.redactions())

    # -- the search -----------------------------------------------------------------------------------------------------

    def _search(self) -> ScenarioResult:
        # The first run fills what all runs share, so that the second one is like all that follow; of a burst one has to do.
        first = self._explorer.undisturbed() if self._fewer < FEWER["burst"] else Trace()
        if first.failure is not None:
            return self._failed(self._explorer.finding_of_undisturbed(first))
        calibration = self._explorer.calibrate()
        if calibration.trace.failure is not None:
            return self._failed(self._explorer.finding_of_undisturbed(calibration.trace))
        places = 0
        if self._scenario.every_place:
            places = min(calibration.trace.places, MAX_PLACES)
            failed = self._sweep(places)
            if failed is not None:
                return failed
        return self._draw(places) or self._explore(calibration, places)

    def _draw(self, places: int) -> ScenarioResult | None:
        """Try the values that a harness describes rather than names: one run each, at a place where there are some."""
        if not self._trial.memo.get(MAKES_VALUES):
            return None
        self._explorer.draws = [made_from(number, self._effort.seed) for number in range(DRAWS)]
        for number, values in enumerate(self._explorer.draws):
            place = number % places + 1 if places else 0
            trace = self._explorer.undisturbed(place, values)
            if trace.failure is not None:
                return self._failed(self._explorer.finding_of_undisturbed(trace, place, values))
        return None

    def _sweep(self, places: int) -> ScenarioResult | None:
        if not places:
            return self._ended(Outcome.NOT_APPLICABLE, "the call never waits, so it cannot be cancelled while it waits")
        for place in range(1, places + 1):
            trace = self._explorer.undisturbed(place)
            if trace.failure is not None:
                return self._failed(self._explorer.finding_of_undisturbed(trace, place))
        return None

    def _schedules(self) -> int:
        """A crowd is large rather than subtle: each of its schedules is long, and a fraction of them has to do."""
        if not self._scenario.every_interleaving:
            return 0
        return -(-self._effort.schedules // self._fewer)

    def _explore(self, calibration: Calibration, places: int) -> ScenarioResult:
        schedules = self._schedules()
        swept = f"exhaustive ({_counted(places, 'place')})" if places else ""
        if not schedules:
            return self._passed(self._with_values(swept) or "single run")
        if not calibration.decisions:
            return self._passed(self._with_values(swept) or "exhaustive (nothing can interleave)")
        finding = self._explorer.explore(schedules, calibration, places)
        if finding is not None:
            return self._failed(finding)
        tried = f"sampled {schedules} schedules" + (f", {_counted(places, 'place')}" if places else "")
        return self._passed(self._with_values(tried))

    def _with_values(self, tried: str) -> str:
        values = f"sampled {DRAWS} values" if self._trial.memo.get(MAKES_VALUES) else ""
        return ", ".join(filter(None, (tried, values)))

    # -- results --------------------------------------------------------------------------------------------------------

    def _ended(self, outcome: Outcome, message: str, reach: str = "") -> ScenarioResult:
        scenario = self._scenario
        return ScenarioResult(scenario.clause_id, scenario.number, scenario.name, outcome, message=message, reach=reach)

    def _passed(self, reach: str) -> ScenarioResult:
        witnesses = self._trial.witnesses
        if not witnesses:
            return self._ended(
                Outcome.BROKEN, f"the scenario {self._scenario.name!r} declares no witness and so proves nothing"
            )
        missing = [situation for situation, arose in witnesses.items() if not arose]
        if missing:
            return self._ended(Outcome.UNTESTED, f"no witness: {'; '.join(missing)}", reach)
        return self._ended(Outcome.PASSED, "", reach)

    def _failed(self, finding: Finding) -> ScenarioResult:
        failure = finding.failure
        assert isinstance(failure, Failure)
        if failure.outcome is not Outcome.VIOLATED and not failure.preconditions:
            return replace(self._ended(failure.outcome, failure.message), details=failure.details)
        step = self._trial.program[failure.step_number - 1].step
        ended = self._ended(failure.outcome, failure.message or step.text, self._reach(finding))
        return replace(
            ended,
            step=f"{step.keyword} {step.text}",
            step_number=failure.step_number,
            expected=failure.expected or step.text,
            observed=failure.observed,
            when=failure.when,
            realism=finding.realism.value,
            is_real_today=finding.realism.is_real_today,
            replay=f"{ended.clause_id}:{ended.number}:{finding.real.token()}",
            journal=finding.journal,
            precondition=" or ".join(failure.preconditions),
            in_first_run=finding.found_at == 0 and finding.schedule.place <= 1,
            details=failure.details,
        )

    def _reach(self, finding: Finding) -> str:
        if not finding.found_at:
            return f"first-in-first-out run; {finding.realism}"
        return (
            f"schedule {finding.found_at} of {self._schedules()}, shrunk to "
            f"{_counted(finding.real.switches, 'switch', 'es')}; {finding.realism}"
        )


def _counted(number: int, noun: str, ending: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else ending}"
