"""The circuit breaker, alone and against a model."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reference_impl.errors import ConfigurationError
from reference_impl.orchestrator import Breaker, CircuitState, Result, Ticket

BASE, CAP, THRESHOLD = 2.0, 120.0, 3


def breaker(threshold: int = THRESHOLD) -> Breaker:
    return Breaker(threshold=threshold, base=BASE, cap=CAP)


def attempt(circuit: Breaker, result: Result, now: float) -> bool:
    ticket = circuit.admit(now)
    assert ticket is not None
    return circuit.settle(ticket, result, now)


def opened(now: float = 0.0) -> Breaker:
    circuit = breaker()
    for _ in range(THRESHOLD):
        attempt(circuit, Result.FAILURE, now)
    return circuit


def test_it_opens_after_exactly_the_threshold_for_exactly_the_base() -> None:
    """Two failures leave it closed, the third opens it for two seconds."""
    circuit = breaker()

    assert [attempt(circuit, Result.FAILURE, 0.0) for _ in range(3)] == [False, False, True]
    assert circuit.admit(1.999) is None and circuit.seconds_left(0.5) == 1.5
    assert circuit.state(2.0) is CircuitState.HALF_OPEN and circuit.admit(2.0) is not None


def test_each_failed_probe_doubles_the_period_up_to_the_cap() -> None:
    """2, 4, 8 … 64, 120, 120 seconds."""
    circuit, now, periods = opened(), 0.0, []
    for _ in range(8):
        periods.append(circuit.seconds_left(now))
        now += periods[-1]
        assert attempt(circuit, Result.FAILURE, now)

    assert periods == [2, 4, 8, 16, 32, 64, 120, 120]


def test_success_begins_anew() -> None:
    """A probe that succeeds closes the circuit, and forgets failures and periods."""
    circuit = opened()
    attempt(circuit, Result.FAILURE, 2.0)
    attempt(circuit, Result.SUCCESS, 6.0)

    assert circuit.state(6.0) is CircuitState.CLOSED
    assert [attempt(circuit, Result.FAILURE, 7.0) for _ in range(3)] == [False, False, True]
    assert circuit.seconds_left(7.0) == BASE


def test_one_probe_at_a_time_and_a_free_place_when_it_is_abandoned() -> None:
    """Half-open lets one through; one that says nothing makes room for another."""
    circuit = opened()
    probe = circuit.admit(2.0)
    assert probe is not None and circuit.admit(2.0) is None

    circuit.settle(probe, Result.NEITHER, 3.0)
    assert circuit.admit(3.0) is not None and circuit.admit(3.0) is None


def test_what_began_earlier_has_no_say() -> None:
    """A result that comes after the circuit has changed is ignored, good or bad."""
    circuit = breaker()
    late = [circuit.admit(0.0) for _ in range(5)]
    for ticket in late[:3]:
        assert ticket is not None
        circuit.settle(ticket, Result.FAILURE, 0.0)
    for ticket, result in zip(late[3:], [Result.SUCCESS, Result.FAILURE], strict=True):
        assert ticket is not None
        assert not circuit.settle(ticket, result, 1.0)

    assert circuit.state(1.0) is CircuitState.OPEN and circuit.seconds_left(1.0) == 1.0


@pytest.mark.parametrize("wrong", [{"threshold": 0}, {"base": 0.0}, {"base": 5.0, "cap": 4.0}])
def test_settings_that_cannot_work_are_refused(wrong: dict[str, float]) -> None:
    """A threshold below 1 and periods that do not grow are configuration errors."""
    with pytest.raises(ConfigurationError, match="Let"):
        Breaker(**({"threshold": 3, "base": 2.0, "cap": 120.0} | wrong))  # type: ignore[arg-type]


class Model(RuleBasedStateMachine):
    """What the clauses say, told by counting: failures in a row, failed probes in a row, who is under way."""

    def __init__(self) -> None:
        super().__init__()
        self.circuit = breaker()
        self.now = 0.0
        self.era = 0
        self.failures = self.failed_probes = 0
        self.open_until: float | None = None
        self.probe: Ticket | None = None
        self.under_way: list[tuple[int, Ticket]] = []

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0, 2.0, 7.0, 120.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def somebody_asks(self) -> None:
        may = self.open_until is None or (self.now >= self.open_until and self.probe is None)
        ticket = self.circuit.admit(self.now)
        assert (ticket is not None) == may
        if ticket is not None:
            self.under_way.append((self.era, ticket))
            self.probe = ticket if self.open_until is not None else None

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 9), result=st.sampled_from(Result))
    def somebody_ends(self, which: int, result: Result) -> None:
        era, ticket = self.under_way.pop(which % len(self.under_way))
        expected = self._ends(result) if era == self.era else False
        assert self.circuit.settle(ticket, result, self.now) == expected

    def _ends(self, result: Result) -> bool:
        probing, self.probe = self.probe is not None, None
        if result is Result.NEITHER:
            return False
        if result is Result.SUCCESS:
            self.failures = self.failed_probes = 0
            self.era += probing
            self.open_until = None
            return False
        self.failures += 1
        if not probing and self.failures < THRESHOLD:
            return False
        self.open_until = self.now + min(CAP, BASE * 2**self.failed_probes)
        self.failed_probes += 1
        self.era += 1
        return True

    @invariant()
    def they_agree(self) -> None:
        left = 0.0 if self.open_until is None else max(0.0, self.open_until - self.now)
        assert self.circuit.seconds_left(self.now) == left
        assert (self.circuit.state(self.now) is CircuitState.CLOSED) == (self.open_until is None)


Model.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestModel = Model.TestCase
TestModel.__doc__ = """The breaker agrees with the model after any history."""
