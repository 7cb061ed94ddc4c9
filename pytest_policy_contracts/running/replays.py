"""Running one recorded schedule again.

    RLD-007:1:s2        clause, scenario, schedule

Rules: a token that cannot be read, or that belongs to another subject, is the caller's mistake and
says so before anything runs. A promise that was broken on the way counts as failing again, because
the token of a clause that had to speak for its precondition says just that. It must not search.
"""

import re
from dataclasses import dataclass, replace

from pytest_policy_contracts.clauses import Clause, Scenario
from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.harness import capabilities
from pytest_policy_contracts.harness.capabilities import how_to_declare
from pytest_policy_contracts.simulation.errors import ReplayError
from pytest_policy_contracts.simulation.schedules import THREAD_MODES, Mode, Schedule
from pytest_policy_contracts.verification.session import Session
from pytest_policy_contracts.verification.verdicts import (
    Outcome,
    ScenarioResult,
    Verdict,
    verdict_of,
)
from pytest_policy_contracts.verification.world import Style

_TOKEN = re.compile(r"(?P<clause>[A-Za-z]+-\d+):(?P<scenario>\d{1,6}):(?P<schedule>\S+)")


@dataclass(frozen=True, slots=True)
class ReplayToken:
    """What a replay line names."""

    clause_id: str
    scenario_number: int
    schedule: Schedule

    @classmethod
    def parse(cls, text: str) -> "ReplayToken":
        """Read a token; one that cannot be read raises `UsageError`."""
        match = _TOKEN.fullmatch(text.strip())
        if match is None:
            raise UsageError(
                f"{text!r} is no replay token. Copy the whole of it from a replay line, such as RLD-007:1:s2."
            )
        try:
            schedule = Schedule.from_token(match["schedule"])
        except ReplayError as error:
            raise UsageError(f"The replay token {text!r}: {error}") from error
        return cls(match["clause"].upper(), int(match["scenario"]), schedule)

    def __str__(self) -> str:
        return f"{self.clause_id}:{self.scenario_number}:{self.schedule.token()}"


def replay(session: Session, token: ReplayToken) -> Verdict:
    """Run what the token names and return how that one run ended; the journal is its scenario's.

    A token of another contract, scenario or kind of subject raises `UsageError`.
    """
    clause = session.contract.clause(token.clause_id)
    scenario = _scenario(clause, token)
    _check_needs(session, scenario)
    _check_style(session, token)
    result = session.replay(scenario, token.schedule)
    return verdict_of(clause.id, clause.level.value, clause.title, (_as_replayed(result, token),))


def _scenario(clause: Clause, token: ReplayToken) -> Scenario:
    for scenario in clause.scenarios:
        if scenario.number == token.scenario_number:
            return scenario
    numbers = ", ".join(str(one.number) for one in clause.scenarios)
    raise UsageError(
        f"{token} names scenario {token.scenario_number} of {clause.id}, which has {numbers}. "
        "Was it recorded with another version of the contract?"
    )


def _check_needs(session: Session, scenario: Scenario) -> None:
    harness = session.make_harness()
    has = capabilities(harness)
    missing = [how_to_declare(harness, need) for need in scenario.needs if need not in has]
    if missing:
        raise UsageError(
            f"{scenario.clause_id}:{scenario.number} needs {', '.join(missing)}, which "
            f"{session.name} does not have. Is it the harness that the token was recorded with?"
        )


def _check_style(session: Session, token: ReplayToken) -> None:
    style = session.preparation().style
    mode = token.schedule.mode
    if (style is Style.ASYNC and mode in THREAD_MODES) or (style is Style.SYNC and mode is Mode.TASKS):
        recorded = "synchronous" if mode in THREAD_MODES else "asynchronous"
        raise UsageError(
            f"{token} was recorded with a subject that is {recorded}, and that of {session.name} is not. "
            "Name the harness that it was recorded with."
        )


def _as_replayed(result: ScenarioResult, token: ReplayToken) -> ScenarioResult:
    if result.outcome is Outcome.UNTESTED and result.preconditions:
        claim = result.step.partition(" ")[2]
        result = replace(result, outcome=Outcome.VIOLATED, message=claim)
    if result.outcome is not Outcome.VIOLATED:
        return replace(result, reach="single run")
    reach = "; ".join(filter(None, ("replayed", result.realism)))
    return replace(result, reach=reach, replay=str(token))
