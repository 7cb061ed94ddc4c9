"""HealthProvider through the engine: conforming providers are left in peace, and one mistake is told once."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pytest_policy_contracts.verification.verdicts import Outcome, Verdict
from tests.verification.health_subjects import (
    EVERY_CLAUSE,
    BareContract,
    Provider,
    ProviderContract,
    SyncProvider,
    session_with,
)
from tests.verification.judging import FINE, not_fine, verdicts, violated

ONE_RUN = re.compile(r"single run|exhaustive \(\d+ places?\)")


# -- conforming --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Provider, SyncProvider])
def test_a_conforming_provider_is_left_in_peace(kind: Any) -> None:
    """With every capability each clause passes, or cannot concern a synchronous check."""
    found = verdicts(session_with(kind))

    assert not_fine(found) == {}
    assert sum(one.outcome is Outcome.PASSED for one in found.values()) == len(EVERY_CLAUSE) - (
        2 if kind is SyncProvider else 0
    )


@pytest.mark.parametrize("kind", [Provider, SyncProvider])
def test_without_schedules_each_clause_is_one_run(kind: Any) -> None:
    """With schedules of 0 a clause that passes was a single run, or tried at each place, and says so."""
    passed = {
        clause: one.reach for clause, one in verdicts(session_with(kind, 0)).items() if one.outcome is Outcome.PASSED
    }

    assert len(passed) >= len(EVERY_CLAUSE) - 2
    assert {clause: reach for clause, reach in passed.items() if not ONE_RUN.fullmatch(reach)} == {}


def test_child_and_worker_agree() -> None:
    """Every clause has one verdict, in a forked child as on a guarded thread."""
    assert verdicts(session_with(schedules=5)) == verdicts(session_with(schedules=5, isolation="thread"))


def test_what_the_harness_lacks_is_named() -> None:
    """Without any capability five clauses are untested, each with the methods that it needs, and the others pass."""
    found = verdicts(session_with(base=BareContract))

    untested = {clause: one.message for clause, one in found.items() if one.outcome is Outcome.UNTESTED}
    assert untested == {
        "HLT-007": "needs hang_dependency() in the harness",
        "HLT-009": "needs break_dependency() in the harness",
        "HLT-010": "needs break_dependency(), restore_dependency() in the harness",
        "HLT-014": "needs secrets() in the harness",
        "HLT-016": "needs break_dependency() in the harness",
    }
    assert {one.outcome for clause, one in found.items() if clause not in untested} == {Outcome.PASSED}


# -- one mistake, told once --------------------------------------------------------------------------------------------


class Raising(Provider):
    async def health_check(self) -> Any:
        raise ConnectionError("no pool")


class RaisingLater(Provider):
    async def health_check(self) -> Any:
        await asyncio.sleep(1)
        raise ConnectionError("no pool")


class SyncRaising(SyncProvider):
    def health_check(self) -> Any:
        raise ConnectionError("no pool")


class Silent(Provider):
    async def health_check(self) -> Any:
        return None


NEEDS_NO_ANSWER = {"HLT-001", "HLT-006", "HLT-008", "HLT-013", "HLT-014", "HLT-015"}
"""What can be said of a check, however it ends."""


@pytest.mark.parametrize("base", [ProviderContract, BareContract])
@pytest.mark.parametrize("kind", [Raising, RaisingLater, SyncRaising, Silent])
def test_a_provider_that_never_answers_is_told_once(kind: Any, base: Any) -> None:
    """Where every check raises, or answers nothing, HLT-001 says so, and what needs an answer says that it waits for it."""
    found = verdicts(session_with(kind, 5, base))

    assert violated(found) == {"HLT-001"}
    said = {one.message for clause, one in found.items() if clause not in NEEDS_NO_ANSWER and not _lacks_needs(one)}
    assert said == {"precondition: HLT-001"}
    assert {
        found[clause].outcome for clause in NEEDS_NO_ANSWER - {"HLT-001"} if not _lacks_needs(found[clause])
    } <= FINE


def _lacks_needs(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.UNTESTED and verdict.message.startswith("needs ")


class Hanging(Provider):
    async def health_check(self) -> Any:
        await asyncio.Event().wait()


class Late(Provider):
    async def health_check(self) -> Any:
        await asyncio.sleep(3600)
        return await super().health_check()


class SyncHanging(SyncProvider):
    def health_check(self) -> Any:
        threading.Event().wait()


class SyncLate(SyncProvider):
    def health_check(self) -> Any:
        time.sleep(3600)
        return super().health_check()


@pytest.mark.parametrize(
    ("kind", "observed"),
    [
        (Hanging, "test_health_verdicts.py:"),
        (Late, "test_health_verdicts.py:"),
        (SyncHanging, "test_health_verdicts.py:"),
        (SyncLate, "it ended only after 3600.05 s"),
    ],
)
def test_a_provider_that_never_ends_is_told_once(kind: Any, observed: str) -> None:
    """Where no check ends in time HLT-006 says so, with the place, and everything else says that it waits for that."""
    found = verdicts(session_with(kind, 5))

    assert violated(found) == {"HLT-006"}
    assert observed in found["HLT-006"].observed
    others = [one for clause, one in found.items() if clause not in ("HLT-006", "HLT-008") and one.outcome not in FINE]
    assert {(one.outcome, one.message) for one in others} == {(Outcome.UNTESTED, "precondition: HLT-006")}
    assert len(others) >= len(EVERY_CLAUSE) - 3


class Unlimited(Provider):
    limit = None


class SyncUnlimited(SyncProvider):
    limit = None


@pytest.mark.parametrize("kind", [Unlimited, SyncUnlimited])
def test_a_provider_that_waits_for_a_hanging_dependency_is_told_once(kind: Any) -> None:
    """Where only the hanging dependency keeps a check, HLT-007 says so, and what else lets it hang waits for that."""
    found = verdicts(session_with(kind, 5))

    assert violated(found) == {"HLT-007"}
    assert {clause for clause, one in found.items() if one.message == "precondition: HLT-007"} >= {"HLT-013", "HLT-014"}


class Swallowing(Provider):
    async def health_check(self) -> Any:
        try:
            return await super().health_check()
        except asyncio.CancelledError:
            return [self.report("healthy")]


class Hiding(Provider):
    async def health_check(self) -> Any:
        answer = await super().health_check()
        return [replace(one, status="healthy", observed_since=one.checked_at) for one in answer]


class Foreign(Provider):
    async def health_check(self) -> Any:
        return [replace(one, status="fine") for one in await super().health_check()]


class Nameless(Provider):
    async def health_check(self) -> Any:
        return [replace(one, module=" ") for one in await super().health_check()]


class Doubled(Provider):
    async def health_check(self) -> Any:
        return 2 * await super().health_check()


class Naive(Provider):
    async def health_check(self) -> Any:
        return [replace(one, checked_at=one.checked_at.replace(tzinfo=None)) for one in await super().health_check()]


@pytest.mark.parametrize(
    ("kind", "clauses", "observed"),
    [
        (Swallowing, {"HLT-008"}, "it returned"),
        (Hiding, {"HLT-007", "HLT-009", "HLT-016"}, "healthy: orders/db is healthy ("),
        (Foreign, {"HLT-003"}, "status of orders/db is 'fine'"),
        (Nameless, {"HLT-002"}, "module is ' '"),
        (Doubled, {"HLT-004"}, "2 for ('orders', 'db')"),
        (Naive, {"HLT-005"}, "checked_at of orders/db is datetime.datetime(2026, 1, 1"),
    ],
)
def test_a_mistake_is_told_under_its_own_clause(kind: Any, clauses: set[str], observed: str) -> None:
    """A provider with one mistake violates what it promises about just that, and says what was seen."""
    found = verdicts(session_with(kind, 5))

    assert violated(found) == clauses
    assert Outcome.BROKEN not in {one.outcome for one in found.values()}
    assert observed in found[min(clauses)].observed


# -- the check timeout -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [5, 5.0, "5 s", None, timedelta(0), timedelta(seconds=-1)], ids=repr)
def test_a_timeout_that_is_none_breaks_the_harness(wrong: object) -> None:
    """A timeout that is no timedelta above zero is the harness's fault, with what was found and what to write."""
    for clause in ("HLT-001", "HLT-006", "HLT-011"):
        found = session_with(check_timeout=wrong, schedules=2).verdict(clause)

        assert found.outcome is Outcome.BROKEN
        assert f"HarnessError: OrdersContract.check_timeout is {wrong!r}; write a timedelta above zero" in found.message


@pytest.mark.parametrize(
    ("limit", "outcome"), [(timedelta(milliseconds=40), Outcome.VIOLATED), (timedelta(milliseconds=60), Outcome.PASSED)]
)
@pytest.mark.parametrize("kind", [Provider, SyncProvider])
def test_the_timeout_of_the_harness_counts(kind: Any, limit: timedelta, outcome: Outcome) -> None:
    """A check of 50 ms is too long for 40 ms, and short enough for 60 ms."""
    assert session_with(kind, check_timeout=limit).verdict("HLT-006").outcome is outcome
