"""The shipped contract through the engine: conforming subjects are left in peace, verdicts repeat and replay."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pytest_policy_contracts import ConfigChange, ReloadableHarness
from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.running import Options, ReplayToken, replay, session_of, target_of
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict
from tests.broken.reloadable import BROKEN, Broken
from tests.verification.reloadables import SUBJECTS, LimitsContract, SettingsContract

FINE = {Outcome.PASSED, Outcome.NOT_APPLICABLE, Outcome.UNTESTED}
RELOADABLE = load_contract("Reloadable")


def name_of(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else value.harness.__name__


def session_with(harness: type[ReloadableHarness], schedules: int = 40, **settings: Any) -> Session:
    effort = Effort(schedules, settings.pop("seed", 0))
    return Session(harness.__name__, harness, RELOADABLE, shipped_vocabulary(), Settings(effort, **settings))


def verdicts(session: Session) -> list[Verdict]:
    return [session.verdict(clause.id) for clause in RELOADABLE.clauses]


@pytest.mark.parametrize("harness", SUBJECTS, ids=name_of)
def test_conforming_subjects_are_left_in_peace(harness: type[ReloadableHarness]) -> None:
    """Time-outs, conditions, nested loops, jobs and async harnesses are no reason for an accusation."""
    found = verdicts(session_with(harness))
    assert [(one.id, one.outcome, one.observed or one.message) for one in found if one.outcome not in FINE] == []
    assert sum(one.outcome is Outcome.PASSED for one in found) >= 15


def replayable() -> list[Broken]:
    """One subject of every broken clause, and all of the clauses whose violations depend on the schedule."""
    chosen: dict[str, Broken] = {}
    for entry in BROKEN:
        key = entry.clauses[0]
        chosen.setdefault(f"{key} {name_of(entry)}" if key in ("RLD-002", "RLD-013", "RLD-014") else key, entry)
    return list(chosen.values())


@pytest.mark.parametrize("entry", replayable(), ids=name_of)
def test_a_violation_replays(entry: Broken) -> None:
    """The token of a violated verdict shows the violation again, at the same step and with the same words."""
    session = session_of(target_of(entry.harness), Options(schedules=200))
    verdict = session.verdict(entry.clauses[0])
    assert verdict.outcome is Outcome.VIOLATED, verdict

    again = replay(session, ReplayToken.parse(verdict.replay))

    assert again.outcome is Outcome.VIOLATED
    # A call that never comes back is described by where it was caught.
    if not any(one.killed for one in verdict.scenarios):
        assert (again.step, again.observed, again.expected) == (verdict.step, verdict.observed, verdict.expected)


def some_broken() -> list[Broken]:
    wanted = {"RLD-001", "RLD-007", "RLD-013", "RLD-016"}
    return [next(one for one in BROKEN if one.clauses[0] == clause) for clause in sorted(wanted)]


@pytest.mark.parametrize("entry", some_broken(), ids=name_of)
def test_child_and_worker_agree(entry: Broken) -> None:
    """A forked child and a guarded thread come to the same verdict, and so do two sessions with one seed."""
    clause = entry.clauses[0]
    first = session_with(entry.harness, 200, seed=3).verdict(clause)
    assert first.outcome is Outcome.VIOLATED
    assert session_with(entry.harness, 200, seed=3).verdict(clause) == first
    assert session_with(entry.harness, 200, seed=3, isolation="thread").verdict(clause) == first


def test_child_and_worker_agree_on_a_conforming_subject() -> None:
    """Every clause of a conforming subject has one verdict, wherever it ran."""
    assert verdicts(session_with(LimitsContract, 10)) == verdicts(session_with(LimitsContract, 10, isolation="thread"))


@pytest.mark.parametrize(
    "method", ["create", "changes", "snapshot", "invalid_changes", "alternative_changes", "dispose"]
)
def test_a_failing_harness_is_broken(method: str) -> None:
    """Whichever method fails, the clauses that need it are broken and name it, and none is violated."""

    def fail(self: Any, *arguments: Any) -> Any:
        raise ConnectionError("no test database")

    harness: Any = type("Failing", (SettingsContract,), {method: fail})
    found = verdicts(session_with(harness, 5))

    outcomes = {one.outcome for one in found}
    assert Outcome.BROKEN in outcomes
    assert Outcome.VIOLATED not in outcomes
    for one in found:
        if one.outcome is Outcome.BROKEN:
            assert f"Failing.{method}() raised ConnectionError: no test database" in one.message


def test_a_subject_with_real_io() -> None:
    """A module that opens a connection in its reload gets no verdict but a remedy."""

    class Online(LimitsContract):
        def create(self) -> Any:
            subject = super().create()
            plain = subject.reload

            async def reload(changes: list[ConfigChange]) -> None:
                await asyncio.open_connection("db.example", 5432)
                await plain(changes)

            subject.reload = reload
            return subject

    for clause in ("RLD-003", "RLD-007", "RLD-013"):
        verdict = session_with(Online, 5).verdict(clause)
        assert verdict.outcome is Outcome.BROKEN
        assert "Hand it a fake of what it talks to in create()." in verdict.message
