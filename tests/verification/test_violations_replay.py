"""The tokens of violations: each shows its violation again."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_policy_contracts.running import Options, ReplayToken, replay, session_of, target_of
from pytest_policy_contracts.verification.verdicts import Outcome
from tests.broken import health_provider, tenant_guard


def one_of_each_clause(broken: Any) -> list[Any]:
    chosen: dict[str, Any] = {}
    for entry in broken:
        chosen.setdefault(entry.clauses[0], entry)
    return list(chosen.values())


SUBJECTS = [entry for shelf in (health_provider, tenant_guard) for entry in one_of_each_clause(shelf.BROKEN)]


@pytest.mark.parametrize("entry", SUBJECTS, ids=lambda entry: f"{entry.clauses[0]} {entry.harness.__name__}")
def test_a_violation_replays(entry: Any) -> None:
    """The token of a violated verdict shows the violation again, at the same step and with the same words."""
    session = session_of(target_of(entry.harness), Options(schedules=100))
    verdict = session.verdict(entry.clauses[0])
    assert verdict.outcome is Outcome.VIOLATED, verdict

    again = replay(session, ReplayToken.parse(verdict.replay))

    assert again.outcome is Outcome.VIOLATED
    if not any(one.killed for one in verdict.scenarios):
        assert (again.step, again.observed, again.expected) == (verdict.step, verdict.observed, verdict.expected)
