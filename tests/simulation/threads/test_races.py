"""Races are found by switching, and only where the granularity says that a switch can happen."""

from __future__ import annotations

import pytest

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.errors import Deadlock
from pytest_policy_contracts.simulation.policies import PCT, Policy, RandomWalk, Recorded
from tests.simulation.threads import subjects
from tests.simulation.threads.worlds import guard_run, losing_seeds, world

EVERY = ("gil", "line", "opcode")


@pytest.mark.parametrize(
    ("subject", "granularity", "found"),
    [
        (subjects.CallBetween, "gil", True),
        (subjects.CallBetween, "line", True),
        (subjects.CallBetween, "opcode", True),
        (subjects.LinesBetween, "gil", False),
        (subjects.LinesBetween, "line", True),
        (subjects.LinesBetween, "opcode", True),
        (subjects.OneLine, "gil", False),
        (subjects.OneLine, "line", False),
        (subjects.OneLine, "opcode", True),
        (subjects.TrimOutside, "gil", True),
        (subjects.TrimOutside, "line", True),
        (subjects.TrimOutside, "opcode", True),
        (subjects.CallBetween, "none", False),
    ],
)
def test_lost_update(subject: type[subjects.CallBetween], granularity: str, found: bool) -> None:
    """A lost update shows at exactly the granularities at which a thread can be interrupted there."""
    assert bool(losing_seeds(subject, granularity, 60)) is found


@pytest.mark.parametrize("granularity", EVERY)
def test_inverted_locks(granularity: str) -> None:
    """Two locks taken in opposite orders end in a Deadlock that names both locks, holders and lines."""
    messages = []
    with world(subjects) as clock:
        for seed in range(40):
            try:
                guard_run(subjects.InvertedLocks, clock, RandomWalk(seed), 2, granularity=granularity)
            except Deadlock as error:
                messages.append(str(error))
    assert messages
    for text in ("call 0 at subjects.py:", "held by call 1", "call 1 at subjects.py:", "in record"):
        assert text in messages[0]


@pytest.mark.parametrize("subject", [subjects.Locked, subjects.TrimInside])
def test_correct_guards_stay_quiet(subject: type[subjects.CallBetween]) -> None:
    """Correct guards lose nothing in 2,000 schedules."""
    assert losing_seeds(subject, "line", 2000) == []


@pytest.mark.parametrize("subject", [subjects.Locked, subjects.TrimInside])
@pytest.mark.parametrize("granularity", ["gil", "opcode"])
def test_correct_guards_stay_quiet_elsewhere(subject: type[subjects.CallBetween], granularity: str) -> None:
    """Correct guards lose nothing at the other granularities either."""
    assert losing_seeds(subject, granularity, 200) == []


def test_first_in_first_out_is_harmless() -> None:
    """Without a reordering policy every call runs through, so that even a racy guard keeps its records."""
    with world(subjects) as clock:
        assert guard_run(subjects.CallBetween, clock, Policy()) == (True, [])


def test_starvation_is_found_by_priorities() -> None:
    """A policy of strict priorities drives the threads as well as a random walk does."""
    with world(subjects) as clock:
        runs = [guard_run(subjects.CallBetween, clock, PCT(seed, 3, 40))[0] for seed in range(60)]
    assert False in runs


@pytest.mark.parametrize("granularity", EVERY)
def test_decisions_replay_a_run(granularity: str) -> None:
    """The recorded decisions of a run lead to the same journal, and to the same decisions."""
    with world(subjects) as clock:
        for seed in range(20):
            first: list[str] = []
            again: list[str] = []
            lost, decisions = guard_run(
                subjects.TrimOutside,
                clock,
                RandomWalk(seed),
                granularity=granularity,
                journal=first,
            )
            assert (lost, decisions) == guard_run(
                subjects.TrimOutside,
                clock,
                Recorded(decisions, stock=False),
                granularity=granularity,
                journal=again,
            )
            assert first == again


def test_a_hundred_callers() -> None:
    """A hundred callers of a correct guard all come through."""
    with world(subjects) as clock:
        for seed in range(3):
            lost = guard_run(subjects.TrimInside, clock, RandomWalk(seed), callers=100)
            assert lost[0]


def test_steps_count_only_real_choices() -> None:
    """A single caller leaves nothing to decide."""
    with world(subjects) as clock:
        assert guard_run(subjects.Locked, clock, RandomWalk(1), callers=1) == (True, [])
    assert Choices(Policy()).decisions == []
