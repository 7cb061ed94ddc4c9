"""A harness that disturbs nothing is told from a subject that hides what was disturbed."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_policy_contracts import HealthReport
from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict
from pytest_policy_contracts.verification.world import Style
from tests.steps.hiding_subjects import (
    Hiding,
    Slotted,
    SyncHiding,
    break_store,
    break_subject,
    do_nothing,
    harness_of,
    is_idle,
)

BROKEN = False
"""A switch that nobody switches."""


def verdict_on(harness_class: Any, clause: str = "HLT-009") -> Verdict:
    contract = load_contract("HealthProvider")
    return Session("Orders", harness_class, contract, shipped_vocabulary(), Settings(Effort(0))).verdict(clause)


# -- nothing happened --------------------------------------------------------------------------------------------------


async def wait_and_do_nothing(self: object, subject: object) -> None:
    await asyncio.sleep(1)


def look_only(self: Any, subject: Any) -> object:
    return [vars(subject), vars(self), BROKEN, sys.modules, os.environ.get("ORDERS_BROKEN")]


def set_what_is_set(self: object, subject: Any) -> None:
    subject.broken = False


@pytest.mark.parametrize("method", [do_nothing, wait_and_do_nothing, look_only, set_what_is_set])
def test_a_method_that_changes_nothing_is_seen(method: Callable[..., Any]) -> None:
    """Waiting, looking and setting what is set already are no disturbance."""
    assert is_idle(harness_of(method, lambda: Hiding(broken=False)))


@pytest.mark.parametrize("style", Style)
def test_a_method_that_changes_nothing_is_seen_in_either_style(style: Style) -> None:
    """Whether the subject runs as a task or on a thread makes no difference."""
    assert is_idle(harness_of(do_nothing, lambda: Hiding(client=Hiding(lock=threading.Lock()))), style)


@pytest.mark.parametrize("make", [Hiding, SyncHiding])
@pytest.mark.parametrize(("clause", "method"), [("HLT-009", "break_dependency"), ("HLT-007", "hang_dependency")])
def test_a_harness_that_does_nothing_is_broken(make: type[Hiding], clause: str, method: str) -> None:
    """The verdict blames the harness, names the method, and says what to let it do."""
    found = verdict_on(harness_of(do_nothing, make, hang_dependency=do_nothing), clause)

    assert found.outcome is Outcome.BROKEN
    assert found.message == (
        f"HarnessError: OrdersContract.{method}() changed nothing: neither the harness nor the subject is any different "
        "after it. Let it change what the subject depends on, such as a switch of its stand-in; the subject was not judged."
    )


class Honest(Hiding):
    """Says how its store is."""

    async def health_check(self) -> list[HealthReport]:
        now = datetime.now(UTC)
        return [HealthReport("orders", "db", "unhealthy" if self.store.broken else "healthy", "", now, now)]


def mend_store(self: object, subject: Any) -> None:
    subject.store.broken = False


@pytest.mark.parametrize(("restore", "outcome"), [(mend_store, Outcome.PASSED), (do_nothing, Outcome.BROKEN)])
def test_a_harness_that_restores_nothing_is_broken(restore: Callable[..., Any], outcome: Outcome) -> None:
    """A subject that stays unhealthy because nothing was mended is not to blame."""
    harness = harness_of(break_store, lambda: Honest(store=Slotted()), restore_dependency=restore)
    found = verdict_on(harness, "HLT-010")

    assert found.outcome is outcome
    assert outcome is Outcome.PASSED or "OrdersContract.restore_dependency() changed nothing" in found.message


def test_a_subject_that_stays_down_is_violated() -> None:
    """Where something was mended and the subject stays unhealthy, the subject is to blame."""
    latching = harness_of(break_store, lambda: Latching(store=Slotted()), restore_dependency=mend_store)

    assert verdict_on(latching, "HLT-010").outcome is Outcome.VIOLATED


class Latching(Honest):
    async def health_check(self) -> list[HealthReport]:
        self.was_down = getattr(self, "was_down", False) or self.store.broken
        return [
            replace(one, status="unhealthy" if self.was_down else one.status) for one in await super().health_check()
        ]


@pytest.mark.parametrize("made", [object(), {"status": "healthy"}], ids=lambda one: type(one).__name__)
def test_what_is_no_subject_breaks_the_harness(made: object) -> None:
    """A `create` that returns something else, such as an answer, is told what it has to return."""
    found = verdict_on(harness_of(do_nothing, lambda: made), "HLT-001")

    assert found.outcome is Outcome.BROKEN, found
    assert "OrdersContract.create() returned" in found.message


# -- something happened ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [Hiding, SyncHiding])
def test_a_subject_that_hides_a_break_is_violated(make: type[Hiding]) -> None:
    """Where something was broken and the subject says healthy, the subject is to blame."""
    found = verdict_on(harness_of(break_subject, make))

    assert (found.outcome, found.expected) == (Outcome.VIOLATED, "an Exception, or a worst status that is not healthy")
    assert found.observed.startswith("healthy: ")


def test_a_method_that_fails_is_no_method_that_does_nothing() -> None:
    """An error of the harness is told as such, before anything is compared."""

    def fail(self: object, subject: object) -> None:
        raise ConnectionError("no test database")

    found = verdict_on(harness_of(fail))
    assert found.outcome is Outcome.BROKEN
    assert "OrdersContract.break_dependency() raised ConnectionError: no test database" in found.message


# -- what cannot be seen -----------------------------------------------------------------------------------------------


class Endless:
    """Refers to more objects than anybody wants to look at."""

    def __init__(self) -> None:
        self.many = [[number] for number in range(30_000)]


@pytest.mark.parametrize(
    "hidden", [iter([1]), bytearray(b"x"), (number for number in "ab"), Endless()], ids=lambda one: type(one).__name__
)
def test_what_cannot_be_seen_speaks_for_the_harness(hidden: object) -> None:
    """Where the state of something cannot be read, or is too large, nothing is said about the harness."""
    assert not is_idle(harness_of(do_nothing, lambda: Hiding(hidden=hidden)))


def test_objects_that_refer_to_each_other_come_to_an_end() -> None:
    """Circles, of attributes and of containers, are walked once."""

    def circle() -> Hiding:
        one, other = Hiding(), Hiding()
        one.other, other.other = other, one  # type: ignore[attr-defined]
        one.itself = [one]  # type: ignore[attr-defined]
        one.itself.append(one.itself)  # type: ignore[attr-defined]
        return one

    assert is_idle(harness_of(do_nothing, circle))
    assert not is_idle(harness_of(lambda self, subject: vars(subject.other).update(broken=True), circle))
