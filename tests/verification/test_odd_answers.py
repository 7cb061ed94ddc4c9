"""Odd answers of a provider: each is judged under the clause about it, and none breaks anything of the suite."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest

from pytest_policy_contracts.verification.verdicts import Outcome
from tests.verification.health_subjects import Provider, answering, reporting, session_with
from tests.verification.judging import of, verdicts, violated
from tests.verification.odd_values import Evasive, Interrupted, ReadOnly, Unspeakable, circle


@pytest.mark.parametrize(
    "change",
    [
        iter,
        lambda answer: "healthy",
        lambda answer: {"db": answer[0]},
        lambda answer: answer[0],
        set,
        lambda answer: [],
    ],
    ids=["iterator", "text", "dict", "lone report", "set", "empty"],
)
def test_what_is_no_sequence_of_reports_is_no_answer(change: Callable[[Any], Any]) -> None:
    """Anything but a sequence with at least one report violates HLT-001."""
    answered = answering(lambda answer: change([str(one) for one in answer]) if change is set else change(answer))
    assert session_with(answered).verdict("HLT-001").outcome is Outcome.VIOLATED


def test_a_tuple_is_an_answer() -> None:
    """Every clause holds for a provider that answers with a tuple."""
    assert violated(verdicts(session_with(answering(tuple), 5))) == set()


EAST, WEST = (timezone(timedelta(hours=hours)) for hours in (2, -2))


def hiding(field: str) -> type[Provider]:
    """A provider one of whose fields cannot be read."""
    return answering(lambda answer: [Evasive(report, field) for report in answer])


ODD: dict[str, tuple[type[Provider], set[str]]] = {
    "a status that cannot be hashed": (reporting(status=lambda: ["healthy"]), {"HLT-003"}),
    "a status that is a number": (reporting(status=0), {"HLT-003"}),
    "a time that is a number": (reporting(checked_at=1_767_225_600.0), {"HLT-005"}),
    "a check at the end of time": (reporting(checked_at=datetime.max.replace(tzinfo=UTC)), {"HLT-005"}),
    "details that are a list": (reporting(details=lambda: ["x"]), {"HLT-018"}),
    "no details": (reporting(details=None), set()),
    "a module that cannot be hashed": (reporting(module=lambda: ["orders"]), {"HLT-002"}),
    "details that cannot be copied": (reporting(details=lambda: {"lock": threading.Lock()}), {"HLT-018"}),
    "details that contain themselves": (reporting(details=circle), {"HLT-018"}),
    "a beginning before all times, in the east": (
        reporting(observed_since=datetime.min.replace(tzinfo=EAST)),
        {"HLT-016"},
    ),
    "a check after all times, in the west": (reporting(checked_at=datetime.max.replace(tzinfo=WEST)), {"HLT-005"}),
    "details that are read only": (reporting(details=lambda: ReadOnly(tried=["ping"])), set()),
    "details behind a view": (reporting(details=lambda: MappingProxyType({"tried": ["ping"]})), set()),
    "details that cannot be told": (reporting(details=lambda: {"pool": Unspeakable()}), {"HLT-018"}),
    "a message that cannot be told": (reporting(message=Unspeakable()), set()),
    "an answer that breaks off": (answering(lambda answer: Interrupted()), {"HLT-001"}),
    "a module that cannot be read": (hiding("module"), {"HLT-002"}),
    "a component that cannot be read": (hiding("component"), {"HLT-002"}),
    "a status that cannot be read": (hiding("status"), {"HLT-003"}),
    "a check at a time that cannot be read": (hiding("checked_at"), {"HLT-005"}),
    "a beginning that cannot be read": (hiding("observed_since"), {"HLT-005"}),
    "details that cannot be read": (hiding("details"), {"HLT-018"}),
    "a message that cannot be read": (hiding("message"), set()),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_report_breaks_its_clause_and_nothing_of_the_suite(what: str) -> None:
    """Whatever stands in a report, it is judged under the clause about it, and the suite is not broken by it."""
    kind, clauses = ODD[what]
    found = verdicts(session_with(kind, 5))
    broken = {clause: found[clause].message for clause in of(Outcome.BROKEN, found)}

    assert (violated(found), broken) == (clauses, {})


def test_details_in_a_read_only_view_may_be_shared_all_the_same() -> None:
    """A view that cannot be changed, but holds a list that two answers share, violates HLT-012 as a dict does."""
    shared = ["ping"]
    found = verdicts(session_with(reporting(details=lambda: MappingProxyType({"tried": shared})), 5))

    assert violated(found) == {"HLT-012"}


class Quiet(Provider):
    """Has nothing to report of what is broken."""

    def report(self, status: str) -> Any:
        return super().report(status) if status == "healthy" else None

    async def health_check(self) -> Any:
        return [report for report in await super().health_check() if report]


class Open(Provider):
    """Lets the error of what is broken through."""

    async def health_check(self) -> Any:
        await self.store.ping()
        return [self.report("healthy")]


@pytest.mark.parametrize(("kind", "how"), [(Quiet, "answers with no report"), (Open, "raises")])
def test_without_a_status_nothing_can_change(kind: type[Provider], how: str) -> None:
    """Where a broken dependency leaves no status, HLT-016 is not applicable, and says why it is so of this provider."""
    found = session_with(kind, 5).verdict("HLT-016")

    assert found.outcome is Outcome.NOT_APPLICABLE
    assert found.message == f"with its dependency broken the check {how}, so there is no status that has changed"
