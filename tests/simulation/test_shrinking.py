"""Shrinking: the result still fails, and little is left of what does not matter."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pytest_policy_contracts.simulation.shrinking import shrink

decisions = st.lists(st.integers(0, 4), min_size=1, max_size=60)


def taken(tried: Sequence[int]) -> list[int]:
    return list(tried)


@given(decisions, st.data())
def test_only_what_matters_is_left(start: list[int], data: st.DataObject) -> None:
    """A failure that needs certain deviations is reduced to exactly those, each as small as it may be."""
    deviations = [position for position, decision in enumerate(start) if decision]
    needed = data.draw(st.lists(st.sampled_from(deviations), unique=True, max_size=4)) if deviations else []

    def fails(tried: Sequence[int]) -> list[int] | None:
        return taken(tried) if all(at < len(tried) and tried[at] for at in needed) else None

    small = shrink(start, fails, budget=2000)

    assert {at: decision for at, decision in enumerate(small) if decision} == dict.fromkeys(needed, 1)


@given(decisions)
def test_the_result_fails(start: list[int]) -> None:
    """Whatever the failure depends on, the result was seen failing."""
    total = sum(start)

    def fails(tried: Sequence[int]) -> list[int] | None:
        return taken(tried) if sum(tried) % 3 == total % 3 else None

    small = shrink(start, fails)
    assert sum(small) % 3 == total % 3
    assert sum(small) <= total


@given(decisions, st.integers(0, 20))
def test_the_budget_is_kept(start: list[int], budget: int) -> None:
    """No more runs are made than were granted."""
    runs = 0

    def fails(tried: Sequence[int]) -> list[int] | None:
        nonlocal runs
        runs += 1
        return taken(tried) if sum(tried) >= 2 else None

    shrink(start, fails, budget=budget)
    assert runs <= budget


def test_decisions_that_shift_are_recorded_anew() -> None:
    """Where leaving one decision out moves the others, the decisions really taken are what goes on."""

    def fails(tried: Sequence[int]) -> list[int] | None:
        # The program drops its first decision as soon as that is zero.
        really = list(tried) if tried and tried[0] else list(tried[1:])
        return really if 3 in really else None

    small = shrink([2, 0, 1, 3, 1], fails)
    assert [decision for decision in small if decision] == [3]


def test_a_program_that_answers_with_more_is_no_progress() -> None:
    """A run that fails with a heavier recording than before is not taken."""

    def fails(tried: Sequence[int]) -> list[int] | None:
        return [1] * 50

    assert shrink([1, 1, 1], fails, budget=30) == (1, 1, 1)


def test_nothing_is_left_of_nothing() -> None:
    """A failure without any deviation stays without one, and costs no run."""

    def fails(tried: Sequence[int]) -> list[int] | None:
        raise AssertionError("there is nothing to try")

    assert shrink([0, 0, 0], fails) == ()
