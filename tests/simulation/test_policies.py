"""Scheduling policies: what they may answer, that they repeat, and what they are there to reach."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.policies import (
    PCT,
    POS,
    InOrder,
    Latencies,
    Policy,
    Preempt,
    RandomWalk,
    Recorded,
    portfolio,
)

MAKERS: dict[str, Callable[[int], Policy]] = {
    "policy": lambda seed: Policy(),
    "in order": lambda seed: InOrder(),
    "latencies": Latencies,
    "random walk": RandomWalk,
    "pct": lambda seed: PCT(seed, 3, 30),
    "pct without change points": lambda seed: PCT(seed, 1, 30),
    "pct that became fair": lambda seed: PCT(seed, 3, 30, fair_after=5),
    "pos": POS,
    "preempt": lambda seed: Preempt(seed % 7),
    "recorded": lambda seed: Recorded([seed % 5, 9, 0, 3] * 5, stock=False),
}

questions = st.lists(st.tuples(st.sampled_from(["choose", "switch", "draw"]), st.integers(2, 6)), max_size=60)


def answers(policy: Policy, asked: list[tuple[str, int]]) -> list[int]:
    choices = Choices(policy)
    for kind, n in asked:
        choices.draw(n) if kind == "draw" else getattr(choices, kind)(list(range(n)))
    return choices.decisions


@pytest.mark.parametrize("name", MAKERS)
@given(seed=st.integers(0, 2**32), asked=questions)
def test_answers_are_possible_and_repeat(name: str, seed: int, asked: list[tuple[str, int]]) -> None:
    """Every answer is an index of what was asked about, and the same seed gives the same answers."""
    policy = MAKERS[name](seed)
    found = answers(policy, asked)

    counted = [n for kind, n in asked if kind == "draw" or not policy.stock]
    assert len(found) == len(counted)
    assert all(0 <= answer < n for answer, n in zip(found, counted, strict=True))
    assert answers(MAKERS[name](seed), asked) == found


@pytest.mark.parametrize("name", MAKERS)
@given(seed=st.integers(0, 2**32), asked=questions)
def test_a_recording_repeats(name: str, seed: int, asked: list[tuple[str, int]]) -> None:
    """The decisions of any policy, played back, are taken again without diverging."""
    policy = MAKERS[name](seed)
    found = answers(policy, asked)
    recorded = Recorded(found, stock=policy.stock)

    assert answers(recorded, asked) == found
    assert not recorded.diverged


def test_a_recording_that_does_not_fit() -> None:
    """Where a recording asks for more than there is, the nearest answer is given and the divergence noted."""
    policy = Recorded([5, 1], stock=False)

    assert [policy.choose(["a", "b"], 0), policy.choose(["a", "b"], 1)] == [1, 1]
    assert policy.diverged
    assert policy.choose(["a", "b"], 2) == 0


def test_a_stock_policy_decides_nothing_about_the_order() -> None:
    """Under a stock policy the order of tasks is neither asked about nor recorded, and draws are."""
    choices = Choices(Latencies(3))

    assert [choices.choose(["a", "b"]), choices.switch(["a", "b"])] == [0, 0]
    assert (choices.decisions, choices.steps) == ([], 0)
    choices.draw(1)
    assert choices.decisions == [0]


def test_in_order_counts_its_decisions() -> None:
    """The calibrating policy never reorders and still shows how many decisions there are."""
    choices = Choices(InOrder())

    assert [choices.choose(["a", "b"]) for _ in range(4)] == [0] * 4
    assert choices.steps == 4


def test_a_random_walk_mostly_stays_on_its_thread() -> None:
    """A running thread is left now and then, not half of the time, and every other one is reached."""
    policy = RandomWalk(1)
    found = [policy.switch(["a", "b", "c"], step) for step in range(2000)]

    assert set(found) == {0, 1, 2}
    assert 0.10 < sum(1 for answer in found if answer) / len(found) < 0.20


def test_pct_starves_until_a_change_point() -> None:
    """Between change points the actor with the highest priority runs on; each change point lowers it."""
    actors = ["a", "b", "c"]
    for seed in range(20):
        policy = PCT(seed, 2, 50)
        ran = [actors[policy.choose(actors, step)] for step in range(200)]
        assert sum(1 for one, other in itertools.pairwise(ran) if one != other) == 1


def test_pct_becomes_fair() -> None:
    """After a bound nobody is starved any more: a loop that waits for another task ends."""
    policy = PCT(1, 3, 10, fair_after=50)
    assert {policy.choose(["a", "b"], step) for step in range(51, 100)} == {0, 1}


def test_pos_reaches_every_order() -> None:
    """With a priority for every event, each order of three events has its schedule."""
    orders = {tuple(map(POS(seed).choose, [["a", "b"]] * 3, range(3))) for seed in range(100)}
    assert len(orders) == 8


def test_preempt_switches_once() -> None:
    """A single preemption leaves the running actor at one decision, for the last one at most."""
    policy = Preempt(3, to=5)
    assert [policy.switch(["a", "b"], step) for step in range(6)] == [0, 0, 0, 1, 0, 0]


def test_the_portfolio_mixes_policies() -> None:
    """Half of the schedules are random walks, a quarter PCT-3, an eighth each POS and PCT-2, whatever the seed."""
    kinds = [type(portfolio(number, seed, 40)).__name__ for seed in range(3) for number in range(8)]
    assert kinds == ["RandomWalk", "PCT", "RandomWalk", "POS", "RandomWalk", "PCT", "RandomWalk", "PCT"] * 3


def test_no_two_schedules_of_a_run_are_the_same_policy() -> None:
    """Schedules differ within a run and between seeds."""
    asked = [("choose", 4)] * 40
    seen = {tuple(answers(portfolio(number, seed, 40), asked)) for seed in range(10) for number in range(20)}
    assert len(seen) > 190


def test_a_short_program_has_room_for_change_points() -> None:
    """A horizon below the depth is no error."""
    assert PCT(1, 3, 0).choose(["a", "b"], 0) in (0, 1)
