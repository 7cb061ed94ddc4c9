"""Odd guards, and odd records: each is judged under the clause about it, and none breaks anything of the suite."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pytest_policy_contracts import GuardMode, TenantContextMissingError, TenantIsolationError, TenantViolation
from pytest_policy_contracts.verification.verdicts import Outcome
from tests.verification.guard_subjects import THE_BURST, BareContract, Guard, recording, remembering, session_with
from tests.verification.judging import of, verdicts, violated
from tests.verification.odd_values import Evasive, Interrupted, Unspeakable, circle


@pytest.mark.parametrize("kind", [tuple, deque])
def test_any_sequence_is_a_record(kind: Any) -> None:
    """What is remembered may be read as a tuple or a deque."""
    session = session_with(remembering(kind), 1, BareContract)
    assert {session.verdict(clause).outcome for clause in ("TNT-002", "TNT-009", "TNT-010", "TNT-012")} == {
        Outcome.PASSED
    }


@pytest.mark.parametrize(
    "change", [lambda record: asdict(record), lambda record: None, str], ids=["dicts", "nothing", "texts"]
)
def test_records_of_another_shape_are_told_once(change: Callable[[Any], Any]) -> None:
    """Records that are no violations violate TNT-002 and nothing else, and break nothing of the suite."""
    found = verdicts(
        session_with(remembering(lambda records: list(map(change, records))), 1, BareContract), but=THE_BURST
    )

    assert (violated(found), of(Outcome.BROKEN, found)) == ({"TNT-002"}, set())


def hiding(field: str) -> type[Guard]:
    """A guard of whose records one field cannot be read."""
    return remembering(lambda records: [Evasive(record, field) for record in records])


class Speechlessness(TenantIsolationError):
    def __str__(self) -> str:
        raise ValueError("there are no words")


class Speechless(Guard):
    def decide(self, asked: TenantViolation) -> None:
        if self.mode is GuardMode.STRICT:
            raise TenantContextMissingError if asked.kind == "missing_context" else Speechlessness


class Moody(Guard):
    """Tells its mode to nobody else."""

    def __getattribute__(self, name: str) -> Any:
        if name == "mode" and not sys._getframe(1).f_globals["__name__"].startswith("tests."):
            raise OSError("who is asking?")
        return super().__getattribute__(name)


BEFORE_ALL = datetime.min.replace(tzinfo=timezone(timedelta(hours=2)))

ODD: dict[str, tuple[type[Guard], set[str]]] = {
    "ids that cannot be hashed": (recording(tenant_id=lambda record: [record.tenant_id]), {"TNT-002"}),
    "details that cannot be copied": (
        recording(details=lambda record: {"lock": threading.Lock()}),
        {"TNT-009", "TNT-012"},
    ),
    "details that cannot be told": (
        recording(details=lambda record: {"pool": Unspeakable()}),
        {"TNT-009", "TNT-012"},
    ),
    "details that contain themselves": (recording(details=lambda record: circle()), {"TNT-009", "TNT-012"}),
    "an id that cannot be read": (hiding("tenant_id"), {"TNT-002"}),
    "a target that cannot be read": (hiding("target_id"), {"TNT-002"}),
    "a kind that cannot be read": (hiding("kind"), {"TNT-002"}),
    "a severity that cannot be read": (hiding("severity"), {"TNT-009", "TNT-012"}),
    "a timestamp that cannot be read": (hiding("timestamp"), {"TNT-011"}),
    "details that cannot be read": (hiding("details"), {"TNT-009", "TNT-012"}),
    "a timestamp before all times": (recording(timestamp=lambda record: BEFORE_ALL), {"TNT-011"}),
    "a record that breaks off": (remembering(lambda records: Interrupted()), {"TNT-009"}),
    "a denial whose text cannot be had": (Speechless, set()),
    "a mode that cannot be read": (Moody, {"TNT-001"}),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_guard_breaks_its_clause_and_nothing_of_the_suite(what: str) -> None:
    """What cannot be hashed, copied, told or read is the guard's business, and not a fault of the suite."""
    kind, clauses = ODD[what]
    found = verdicts(session_with(kind, 1, BareContract), but=THE_BURST)

    assert (violated(found), of(Outcome.BROKEN, found)) == (clauses, set())


class Declining(Guard):
    """Remembers synchronously, and tells of it asynchronously."""

    async def recent_violations(self) -> Any:
        return super().recent_violations()


class Failing(Guard):
    async def recent_violations(self) -> Any:
        raise OSError("the log is gone")


@pytest.mark.parametrize(("kind", "clauses"), [(Declining, set()), (Failing, {"TNT-009"})])
def test_what_is_awaited_of_a_synchronous_guard(kind: type[Guard], clauses: set[str]) -> None:
    """Each call of a guard is awaited where it has to be, whatever the others are, and its errors are the guard's."""
    session = session_with(kind, 1, BareContract)
    found = {clause: session.verdict(clause) for clause in ("TNT-002", "TNT-009", "TNT-010", "TNT-011")}

    assert (violated(found), of(Outcome.BROKEN, found)) == (clauses, set())
