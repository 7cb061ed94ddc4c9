"""Judging a harness clause by clause, and what to look for in the verdicts."""

from __future__ import annotations

from typing import Any

from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.harness import Harness
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict

FINE = {Outcome.PASSED, Outcome.NOT_APPLICABLE}
OF_A_SESSION = ("isolation", "seed", "timeout_factor")


def session_of_kind(name: str, base: type[Harness], kind: Any, schedules: int, **options: Any) -> Session:
    """The session that judges what `kind` makes; what is no setting of a session is an attribute of the harness."""
    names = {option: options.pop(option) for option in list(options) if option not in OF_A_SESSION}
    effort = Effort(schedules, options.pop("seed", 0))
    harness: Any = type(f"{name}Contract", (base,), {"kind": kind, **names})
    return Session(name, harness, load_contract(base.contract), shipped_vocabulary(), Settings(effort, **options))


def verdicts(session: Session, *, but: str = "") -> dict[str, Verdict]:
    """The verdicts of all clauses, or of all but one."""
    return {clause.id: session.verdict(clause.id) for clause in session.contract.clauses if clause.id != but}


def of(outcome: Outcome, found: dict[str, Verdict]) -> set[str]:
    """The clauses with that outcome."""
    return {clause for clause, verdict in found.items() if verdict.outcome is outcome}


def violated(found: dict[str, Verdict]) -> set[str]:
    """The clauses that are violated."""
    return of(Outcome.VIOLATED, found)


def not_fine(found: dict[str, Verdict]) -> dict[str, tuple[Outcome, str, str]]:
    """What stands against a subject that keeps everything."""
    return {
        clause: (one.outcome, one.message, one.observed) for clause, one in found.items() if one.outcome not in FINE
    }
