"""TenantGuard through the engine: conforming guards are left in peace, and one mistake is told once."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from pytest_policy_contracts import (
    GuardConfig,
    GuardMode,
    TenantContextMissingError,
    TenantIsolationError,
    TenantViolation,
)
from pytest_policy_contracts.verification.verdicts import Outcome
from tests.verification.guard_subjects import EVERY_CLAUSE, AsyncGuard, BareContract, Guard, session_with
from tests.verification.judging import not_fine, of, verdicts, violated

# -- conforming --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Guard, AsyncGuard])
def test_a_conforming_guard_is_left_in_peace(kind: Any) -> None:
    """With every capability each clause passes."""
    found = verdicts(session_with(kind))

    assert not_fine(found) == {}
    assert of(Outcome.PASSED, found) == EVERY_CLAUSE


@pytest.mark.parametrize("kind", [Guard, AsyncGuard])
def test_without_schedules_each_clause_is_one_run(kind: Any) -> None:
    """With schedules of 0 every clause was a single run, and says so."""
    found = verdicts(session_with(kind, 0))

    assert {(one.outcome, one.reach) for one in found.values()} == {(Outcome.PASSED, "single run")}


def test_child_and_worker_agree() -> None:
    """Every clause has one verdict, in a forked child as on a guarded thread."""
    in_child, on_thread = (verdicts(session_with(AsyncGuard, 2, isolation=one)) for one in ("auto", "thread"))
    assert in_child == on_thread


def test_what_the_harness_lacks_is_named() -> None:
    """Without its capabilities four clauses are untested, each with what it needs, and the others pass."""
    found = verdicts(session_with(base=BareContract, schedules=2, emits_events=False))

    assert {clause: one.message for clause, one in found.items() if one.outcome is not Outcome.PASSED} == {
        "TNT-013": "needs emits_events = True in the harness",
        "TNT-014": "needs emits_events = True in the harness",
        "TNT-017": "needs bind_tenant(), access() in the harness",
        "TNT-018": "needs bind_tenant(), access() in the harness",
    }


# -- one mistake, told once --------------------------------------------------------------------------------------------


class Allowing(Guard):
    """Strict in name only: records, publishes and lets pass."""

    def decide(self, asked: TenantViolation) -> None: ...


class AsyncAllowing(AsyncGuard):
    def decide(self, asked: TenantViolation) -> None: ...


class QuietlyAllowing(AsyncGuard):
    """Tells nobody, either."""

    async def validate_access(self, asked: TenantViolation) -> Any:
        if self.mode is not GuardMode.DISABLED and not self.excuses(asked):
            self.keep(asked)


@pytest.mark.parametrize("kind", [Allowing, AsyncAllowing, QuietlyAllowing])
def test_a_guard_that_allows_everything_is_told_once(kind: Any) -> None:
    """Where strict allows, TNT-002 says so, and whatever else wants a denial says that it waits for that."""
    found = verdicts(session_with(kind, 2, BareContract, emits_events=kind is not QuietlyAllowing))

    assert violated(found) == {"TNT-002"}
    assert found["TNT-002"].observed == "it returned"
    waiting = {clause for clause, one in found.items() if one.message == "precondition: TNT-002"}
    assert waiting >= {"TNT-005", "TNT-006", "TNT-007", "TNT-008", "TNT-015", "TNT-016"}
    assert of(Outcome.BROKEN, found) == set()


class Denying(Guard):
    """Denies what it should record and let pass."""

    def decide(self, asked: TenantViolation) -> None:
        raise TenantContextMissingError("no") if asked.kind == "missing_context" else TenantIsolationError("no")


class Backwards(Guard):
    def recent_violations(self) -> Any:
        return super().recent_violations()[::-1]


class Untimely(Guard):
    def now(self) -> Any:
        return None


class Mute(Guard):
    def __init__(self, config: GuardConfig, publish: Any) -> None:
        super().__init__(config, lambda event: None)


class Modeless(Guard):
    def __init__(self, config: GuardConfig, publish: Any) -> None:
        super().__init__(config, publish)
        self.strict, self.mode = self.mode, GuardMode.LENIENT

    def decide(self, asked: TenantViolation) -> None:
        if self.strict is GuardMode.STRICT:
            error = TenantContextMissingError if asked.kind == "missing_context" else TenantIsolationError
            raise error(f"{asked.tenant_id!r} may not reach {asked.target_id!r}")

    def validate_access(self, asked: TenantViolation) -> Any:
        if self.strict is not GuardMode.DISABLED:
            super().validate_access(asked)


@pytest.mark.parametrize(
    ("kind", "clauses", "observed"),
    [
        (Modeless, {"TNT-001"}, "mode is <GuardMode.LENIENT: 'lenient'>"),
        (Denying, {"TNT-003"}, "it raised: TenantIsolationError: no"),
        (Backwards, {"TNT-009"}, "access 1 ("),
        (Untimely, {"TNT-011"}, "timestamp is None"),
        (Mute, {"TNT-013"}, "0 events for"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_mistake_is_told_under_its_own_clause(kind: Any, clauses: set[str], observed: str) -> None:
    """A guard with one mistake violates what it promises about just that, and says what was seen."""
    found = verdicts(session_with(kind, 1))

    assert violated(found) == clauses
    assert of(Outcome.BROKEN, found) == set()
    assert observed in found[min(clauses)].observed


class NoAnswer(Guard):
    def recent_violations(self) -> Any:
        return None


class NoMemory(Guard):
    def recent_violations(self) -> Any:
        raise OSError("the log is gone")


@pytest.mark.parametrize("kind", [NoAnswer, NoMemory])
def test_a_guard_that_cannot_be_asked_is_told_once(kind: Any) -> None:
    """Where nothing is remembered that could be read, TNT-009 says so, and what has to be read waits for that."""
    found = verdicts(session_with(kind, 1))

    assert violated(found) == {"TNT-009"}
    assert of(Outcome.BROKEN, found) == set()


class Hanging(Guard):
    def validate_access(self, asked: TenantViolation) -> Any:
        threading.Event().wait()


class AsyncHanging(AsyncGuard):
    async def validate_access(self, asked: TenantViolation) -> Any:
        await asyncio.Event().wait()


@pytest.mark.parametrize("kind", [Hanging, AsyncHanging])
def test_a_guard_that_never_decides_is_told_with_its_place(kind: Any) -> None:
    """A decision that is waited for in vain is no denial: TNT-002 says so, and where it hangs."""
    found = session_with(kind, 2, BareContract).verdict("TNT-002")

    assert found.outcome is Outcome.VIOLATED
    assert "it did not end" in found.observed and "test_guard_verdicts.py:" in found.observed


@pytest.mark.parametrize("kind", [Hanging, AsyncHanging])
def test_a_guard_that_never_decides_breaks_nothing_of_the_suite(kind: Any) -> None:
    """Whatever hangs is the guard's business: no clause is broken by it."""
    assert of(Outcome.BROKEN, verdicts(session_with(kind, 2, BareContract))) == set()


class Leaving(Guard):
    def decide(self, asked: TenantViolation) -> None:
        if self.mode is GuardMode.STRICT:
            raise SystemExit(1)


@pytest.mark.parametrize("kind", [Leaving, AsyncHanging])
def test_a_guard_that_leaves_or_hangs_is_not_told_by_the_crowd(kind: Any) -> None:
    """What each single access shows is told by the clauses about single accesses, and not by those about many at once."""
    found = verdicts(session_with(kind, 1, BareContract))

    assert "TNT-002" in violated(found)
    assert not violated(found) & {"TNT-012", "TNT-016"}
