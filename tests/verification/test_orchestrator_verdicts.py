"""ReloadOrchestrator through the engine: one mistake is told once, and a verdict is proved by what was seen."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_policy_contracts import OrchestratorConfig, ReloadOrchestratorHarness
from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.contracts import Publish
from pytest_policy_contracts.running import ReplayToken, replay
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict
from tests.broken.reload_orchestrator import BROKEN, Broken
from tests.broken.reload_orchestrator.orchestrators import Orchestrator, OrchestratorHarness
from tests.conforming.reload_orchestrator import CONFORMING

RELOADS = load_contract("ReloadOrchestrator")
EVERY_CLAUSE = {clause.id for clause in RELOADS.clauses}
R = {f"(R{number})" for number in range(1, 14)}


def session_of(harness: Any, schedules: int = 1, **options: Any) -> Session:
    effort = Effort(schedules, options.pop("seed", 0))
    return Session("Gate", harness, RELOADS, shipped_vocabulary(), Settings(effort, **options))


def verdicts(session: Session, *, but: str = "ORC-022") -> dict[str, Verdict]:
    return {clause.id: session.verdict(clause.id) for clause in RELOADS.clauses if clause.id != but}


def of(outcome: Outcome, found: dict[str, Verdict]) -> set[str]:
    return {clause for clause, verdict in found.items() if verdict.outcome is outcome}


def harness_of(kind: type[Orchestrator]) -> Any:
    return type("GateContract", (OrchestratorHarness,), {"kind": kind})


# -- conforming --------------------------------------------------------------------------------------------------------


def test_a_conforming_orchestrator_is_left_in_peace() -> None:
    """Every clause passes, the burst included."""
    found = verdicts(session_of(OrchestratorHarness, 5), but="")

    assert {clause: one.message for clause, one in found.items() if one.outcome is not Outcome.PASSED} == {}
    assert set(found) == EVERY_CLAUSE


def test_without_schedules_each_clause_is_one_run() -> None:
    """With schedules of 0 every clause was a single run, or one for each place of a cancellation."""
    found = verdicts(session_of(OrchestratorHarness, 0))

    assert of(Outcome.PASSED, found) == EVERY_CLAUSE - {"ORC-022"}
    assert {one.reach for clause, one in found.items() if clause != "ORC-005"} == {"single run"}
    assert found["ORC-005"].reach.startswith("exhaustive (")


def test_child_and_worker_agree() -> None:
    """Every clause has one verdict, in a forked child as on a guarded thread."""
    in_child, on_thread = (verdicts(session_of(CONFORMING[1], 2, isolation=one)) for one in ("auto", "thread"))
    assert in_child == on_thread


# -- what is no orchestrator -------------------------------------------------------------------------------------------


class Nothing(ReloadOrchestratorHarness):
    """Makes something else."""

    def create(self, config: OrchestratorConfig, publish: Publish) -> object:
        return object()


def test_a_harness_that_makes_something_else_is_told_so() -> None:
    """Without the four methods nothing is judged, and the harness is named."""
    found = verdicts(session_of(Nothing))

    assert of(Outcome.BROKEN, found) == EVERY_CLAUSE - {"ORC-022"}
    assert "without register, start, stop, request_reload" in found["ORC-001"].message


# -- one mistake, told once --------------------------------------------------------------------------------------------


class NeverServes(Orchestrator):
    async def _work(self) -> None:
        return


class ServesNobody(Orchestrator):
    def _changes_for(self, name: str, changes: Any) -> Any:
        return []


class NoBody(Orchestrator):
    def request_reload(self, diff: Any, *, trigger: object) -> Any:
        return None


class Silent(Orchestrator):
    def _tell(self, kind: str, request: Any, data: Any) -> None:
        return


class DoesNotStart(Orchestrator):
    async def start(self) -> None:
        raise RuntimeError("cannot start")


@pytest.mark.parametrize(
    ("kind", "clauses", "observed"),
    [
        (NeverServes, {"ORC-011"}, "no outcome within"),
        (ServesNobody, {"ORC-001"}, "limits got nothing"),
        (Silent, {"ORC-003", "ORC-017"}, "no events"),
        (DoesNotStart, {"ORC-013"}, "RuntimeError: cannot start"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_mistake_that_shows_everywhere_is_told_once(kind: Any, clauses: set[str], observed: str) -> None:
    """Where nothing works the clause about just that says so, and whatever depends on it says that it waits."""
    found = verdicts(session_of(harness_of(kind)))

    assert of(Outcome.BROKEN, found) == set()
    assert of(Outcome.VIOLATED, found) == clauses
    assert observed in " ".join(found[min(clauses)].observed.splitlines())


def test_an_answer_that_cannot_be_awaited_is_the_orchestrators_fault() -> None:
    """A call that returns nothing to await violates, and breaks nothing of ours."""
    found = verdicts(session_of(harness_of(NoBody)))

    assert of(Outcome.BROKEN, found) == set()
    assert "answers something to await" in found["ORC-001"].expected


# -- the broken ones ---------------------------------------------------------------------------------------------------


def test_every_mistake_of_the_orchestrator_in_use_has_a_subject() -> None:
    """R1 to R13 were found in one orchestrator; each is a subject here, named in its docstring."""
    told = " ".join(type_of(entry).__doc__ or "" for entry in BROKEN)
    missing = {one for one in R if one not in told}

    assert missing == set()


def type_of(entry: Broken) -> type:
    kind: type = entry.harness.kind  # type: ignore[attr-defined]
    return kind


@pytest.mark.parametrize("name", ["WhoGivesUpTakesThePlaceAlongContract", "CallsItStoppedContract"])
def test_a_violation_is_replayed_by_its_token(name: str) -> None:
    """The token of a failure shows it again."""
    (entry,) = [one for one in BROKEN if one.harness.__name__ == name]
    session = session_of(entry.harness, 50)
    verdict = session.verdict(entry.clauses[0])
    assert verdict.outcome is Outcome.VIOLATED

    again = replay(session, ReplayToken.parse(verdict.replay))

    assert again.outcome is Outcome.VIOLATED
    assert again.observed == verdict.observed
