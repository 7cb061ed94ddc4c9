"""Hand-made verdicts and events for tests that need no engine."""

from typing import Any

from pytest_policy_contracts.report import HarnessReport
from pytest_policy_contracts.verification.events import ClauseFinished, HarnessStarted
from pytest_policy_contracts.verification.verdicts import Outcome, ScenarioResult, Verdict

TITLE = "A cancelled reload leaves the old state or the new one, never a mixture"


def passed(clause_id: str = "RLD-001", **fields: Any) -> Verdict:
    """Return a verdict that passed."""
    return Verdict(
        **{"id": clause_id, "level": "MUST", "title": TITLE, "outcome": Outcome.PASSED,
           "reach": "single run", **fields}
    )  # fmt: skip


def violated(clause_id: str = "RLD-007", **fields: Any) -> Verdict:
    """Return the violation that DESIGN.md shows."""
    values: dict[str, Any] = {
        "outcome": Outcome.VIOLATED,
        "message": "its settings are the original or the new ones every time",
        "step": "Then its settings are the original or the new ones every time",
        "expected": "{'ttl': 30, 'size': 10} or {'ttl': 60, 'size': 20}",
        "observed": "{'ttl': 60, 'size': 10}",
        "when": "cancelled at place 2 of 3: cache.py:41 in reload, `await self.pool.resize(...)`",
        "reach": "schedule 17 of 200, shrunk to 2 switches; shown in stock order",
        "realism": "shown in stock order",
        "replay": f"{clause_id}:1:s2",
        "scenarios": (scenario(clause_id),),
    }
    return passed(clause_id, **{**values, **fields})


def untested(clause_id: str = "RLD-003", **fields: Any) -> Verdict:
    """Return a verdict on a clause that could not be tested."""
    values = {"outcome": Outcome.UNTESTED, "message": "needs snapshot() in the harness"}
    return passed(clause_id, **{**values, "reach": "", **fields})


def broken(clause_id: str = "RLD-002", **fields: Any) -> Verdict:
    """Return a verdict on a clause where the harness failed."""
    values = {"outcome": Outcome.BROKEN, "message": "RuntimeError: gone", "reach": ""}
    return passed(clause_id, **{**values, "details": "Traceback\n  here", **fields})


def scenario(clause_id: str) -> ScenarioResult:
    """Return a failed scenario with every field filled."""
    return ScenarioResult(
        clause_id=clause_id, number=1, name="The settings after a cancellation",
        outcome=Outcome.VIOLATED, message="m", step="Then s", step_number=4, expected="e",
        observed="o", when="w", reach="r", realism="needs reordering", is_real_today=False,
        replay=f"{clause_id}:1:t2.AQE", journal=("0.000000 caller", "1.000000 timer"),
        precondition="RLD-008", in_first_run=True, killed=True, details="stack", optional=True,
    )  # fmt: skip


def harness_of(*verdicts: Verdict, name: str = "Cache", expected: Any = None) -> HarnessReport:
    """Return the report of a harness with these verdicts."""
    ids = tuple(one.id for one in verdicts) if expected is None else tuple(expected)
    by_id = {one.id: one for one in verdicts}
    return HarnessReport(name, "Reloadable", "1.0", ids, by_id)


def events_of(*verdicts: Verdict, name: str = "Cache") -> list[HarnessStarted | ClauseFinished]:
    """Return the events in which a runner tells of these verdicts."""
    ids = tuple(one.id for one in verdicts)
    finished = [ClauseFinished(name, "Reloadable", one) for one in verdicts]
    return [HarnessStarted(name, "Reloadable", "1.0", ids), *finished]
