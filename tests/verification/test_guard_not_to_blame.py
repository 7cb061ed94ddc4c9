"""What is no mistake of a guard: a harness that fails or shares, a setting that is refused, a clock that cannot be replaced."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_policy_contracts import GuardConfig
from pytest_policy_contracts.simulation.clock import real_time
from pytest_policy_contracts.verification.verdicts import Outcome
from tests.verification.guard_subjects import EVERY_CLAUSE, THE_BURST, AsyncGuard, BareContract, Guard, session_with
from tests.verification.judging import of, verdicts, violated

SHARED = "HarnessError: GateContract.create() returned the same object twice; return a fresh subject every time."


@pytest.mark.parametrize("clause", ["TNT-001", "TNT-002", "TNT-010", "TNT-017"])
def test_a_guard_that_is_shared_breaks_the_harness(clause: str) -> None:
    """A `create` that returns one guard again and again is the harness's fault."""
    shared = Guard(GuardConfig(), lambda event: None)
    found = session_with(lambda config, publish: shared).verdict(clause)

    assert (found.outcome, found.message) == (Outcome.BROKEN, SHARED)


@pytest.mark.parametrize("kind", [Guard, AsyncGuard])
def test_a_guard_that_is_shared_is_blamed_for_nothing(kind: Any) -> None:
    """Where `create` returns one guard for every configuration, each clause is broken, and none violated."""
    shared = kind(GuardConfig(), lambda event: None)
    found = verdicts(session_with(lambda config, publish: shared, 1))

    assert of(Outcome.BROKEN, found) == EVERY_CLAUSE
    assert {one.message for one in found.values()} == {SHARED}


class OnTheMachinesClock(Guard):
    """Reads a clock that the world cannot replace, as a C extension does."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(real_time["time"](), UTC)


class AsyncOnTheMachinesClock(AsyncGuard):
    def now(self) -> datetime:
        return datetime.fromtimestamp(real_time["time"](), UTC)


@pytest.mark.parametrize("kind", [OnTheMachinesClock, AsyncOnTheMachinesClock])
def test_the_machines_clock_cannot_be_judged(kind: Any) -> None:
    """Times of the machine are no times of this world: TNT-011 is untested with the reason, and no clause violated."""
    found = verdicts(session_with(kind, 2, BareContract), but=THE_BURST)

    assert found["TNT-011"].outcome is Outcome.UNTESTED
    assert found["TNT-011"].message == (
        "the guard reads a clock that the simulated world cannot replace: its timestamp is the machine's time. "
        "Let it read time.time() or datetime.now()"
    )
    assert violated(found) == set()


def test_a_guard_that_refuses_a_setting_is_no_failing_harness() -> None:
    """A `create` that raises for an odd setting is a refusal where the contract allows one, and broken elsewhere."""
    session = session_with()
    assert session.verdict("TNT-009").outcome is Outcome.PASSED

    def refuse(config: GuardConfig, publish: Any) -> Any:
        raise LookupError("no configuration")

    broken = session_with(refuse).verdict("TNT-002")
    assert broken.outcome is Outcome.BROKEN
    assert "GateContract.create() raised LookupError: no configuration" in broken.message


@pytest.mark.parametrize("method", ["bind_tenant", "dispose"])
def test_a_failing_harness_is_broken(method: str) -> None:
    """Whichever method fails, the clauses that need it are broken, and none is violated."""

    def fail(self: Any, *arguments: Any) -> Any:
        raise ConnectionError("no test database")

    found = verdicts(session_with(schedules=2, **{method: fail}), but=THE_BURST)
    broken = [one for one in found.values() if one.outcome is Outcome.BROKEN]

    assert broken and not violated(found)
    for one in broken:
        assert "no test database" in one.message
