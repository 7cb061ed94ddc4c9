"""A run, told in events."""

import pytest

from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.running import Options, run, target_of
from pytest_policy_contracts.verification.events import (
    ClauseFinished,
    Event,
    HarnessStarted,
    RunFinished,
    RunStarted,
)
from tests.samples.caches import Bare, Conforming

ONE = Options(clauses=("RLD-001",), schedules=5, seed=2, strict=True)


def test_a_run_is_told_from_start_to_finish() -> None:
    """Harnesses come in the order given, between one start and one finish."""
    events = list(run([target_of(Conforming), target_of(Bare)], ONE))

    assert events[0] == RunStarted(5, 2, "must", True)
    assert [one.harness for one in events if isinstance(one, HarnessStarted)] == [
        "Conforming",
        "Bare",
    ]
    assert [one.verdict.id for one in events if isinstance(one, ClauseFinished)] == ["RLD-001"] * 2
    assert events[-1] == RunFinished()


def test_listeners_hear_what_the_caller_sees() -> None:
    """Every listener is told each event before it is yielded."""
    heard: list[Event] = []
    also: list[Event] = []

    for event in run([target_of(Bare)], ONE, [heard.append, also.append]):
        assert heard[-1] is also[-1] is event
    assert len(heard) == 4


@pytest.mark.parametrize("patterns", [(), ("RLD-999",), ("HLT",)])
def test_a_selection_of_nothing_is_refused_at_once(patterns: tuple[str, ...]) -> None:
    """The call itself raises; nobody has to listen to find out."""
    with pytest.raises(UsageError, match="No clause"):
        run([target_of(Bare)], Options(clauses=patterns))


def test_no_harness_is_refused_at_once() -> None:
    """A run of nothing is no run; the message says how to name a harness."""
    with pytest.raises(UsageError, match=r"No harness was named.*module:Name"):
        run([], Options())
