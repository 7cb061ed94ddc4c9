"""What is no mistake of a provider: a harness that fails, a clock that cannot be replaced, real I/O."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_policy_contracts import HealthReport
from pytest_policy_contracts.simulation.clock import real_time
from pytest_policy_contracts.verification.verdicts import Outcome
from tests.verification.health_subjects import BareContract, Provider, SyncProvider, session_with
from tests.verification.judging import verdicts, violated


@pytest.mark.parametrize("isolation", ["auto", "thread"])
@pytest.mark.parametrize("kind", [Provider, SyncProvider])
def test_a_subject_that_is_shared_breaks_the_harness(kind: Any, isolation: str) -> None:
    """A `create` that returns one object again and again is the harness's fault in every clause, and blames nobody."""
    shared = kind()
    found = verdicts(session_with(lambda: shared, 5, isolation=isolation))

    assert {one.outcome for one in found.values()} <= {Outcome.BROKEN, Outcome.NOT_APPLICABLE}
    said = {one.message for one in found.values() if one.outcome is Outcome.BROKEN}
    assert said == {
        "HarnessError: OrdersContract.create() returned the same object twice; return a fresh subject every time."
    }


class OnTheMachinesClock(Provider):
    """Reads a clock that the world cannot replace, as a C extension does."""

    def report(self, status: str) -> Any:
        now = datetime.fromtimestamp(real_time["time"](), UTC)
        return HealthReport("orders", "db", status, "", now, now)


class SyncOnTheMachinesClock(SyncProvider):
    def report(self, status: str) -> Any:
        now = datetime.fromtimestamp(real_time["time"](), UTC)
        return HealthReport("orders", "db", status, "", now, now)


@pytest.mark.parametrize("kind", [OnTheMachinesClock, SyncOnTheMachinesClock])
def test_the_machines_clock_cannot_be_judged(kind: Any) -> None:
    """Times of the machine are no times of this world: HLT-005 is untested with the reason, and no clause violated."""
    session = session_with(kind, 5, base=BareContract)
    found = session.verdict("HLT-005")

    assert found.outcome is Outcome.UNTESTED
    assert found.message == (
        "the provider reads a clock that the simulated world cannot replace: its checked_at is the machine's time. "
        "Let it read time.time() or datetime.now()"
    )
    assert violated(verdicts(session)) == set()


class InAnotherTime(Provider):
    """Is wrong by years, by no clock at all."""

    def report(self, status: str) -> Any:
        return replace(super().report(status), checked_at=datetime(2020, 1, 1, tzinfo=UTC))


def test_a_wrong_time_is_not_taken_for_the_machines() -> None:
    """A time that is neither the world's nor the machine's is a violation."""
    found = session_with(InAnotherTime).verdict("HLT-005")

    assert (found.outcome, found.observed) == (Outcome.VIOLATED, "checked_at of orders/db is 2020-01-01 00:00:00+00:00")


@pytest.mark.parametrize("method", ["create", "break_dependency", "restore_dependency", "hang_dependency", "dispose"])
def test_a_failing_harness_is_broken(method: str) -> None:
    """Whichever method fails, the clauses that need it are broken and name it, and none is violated."""

    def fail(self: Any, *arguments: Any) -> Any:
        raise ConnectionError("no test database")

    found = verdicts(session_with(schedules=2, **{method: fail}))
    broken = [one for one in found.values() if one.outcome is Outcome.BROKEN]

    assert broken and not violated(found)
    for one in broken:
        assert f"OrdersContract.{method}() raised ConnectionError: no test database" in one.message


def test_a_provider_with_real_io_is_not_judged() -> None:
    """A check that opens a connection gets no verdict but a remedy, also if it takes the refusal for a failure."""

    class Online(Provider):
        async def health_check(self) -> Any:
            try:
                await asyncio.open_connection("db.example", 5432)
            except OSError:
                return [self.report("unhealthy")]
            return [self.report("healthy")]

    for clause in ("HLT-001", "HLT-009"):
        found = session_with(Online, 2).verdict(clause)
        assert found.outcome is Outcome.BROKEN
        assert "Hand it a fake of what it talks to in create()." in found.message
