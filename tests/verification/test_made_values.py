"""Values that a harness describes with strategies: tried, told, shrunk and replayed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_policy_contracts import ConfigChange, ReloadableHarness, verify
from pytest_policy_contracts.running.options import Options
from pytest_policy_contracts.running.replays import ReplayToken, replay
from pytest_policy_contracts.running.runs import session_of
from pytest_policy_contracts.running.targets import target_of
from pytest_policy_contracts.simulation.schedules import Mode, Schedule
from pytest_policy_contracts.verification.made_values import VALUE_BYTES, made_from
from pytest_policy_contracts.verification.verdicts import Outcome


class Cache:
    """Takes all of its settings over at once."""

    reload_timeout = timedelta(seconds=5)

    def __init__(self) -> None:
        self.values = {"ttl": 30, "size": 10}

    def can_reload(self) -> bool:
        return True

    async def reload(self, changes: list[ConfigChange]) -> None:
        values = self.values | {change.path: change.new for change in changes}
        await asyncio.sleep(0.1)
        self.values = values


class HastyWithLargeOnes(Cache):
    """Takes a large setting over at once, and the others a moment later."""

    async def reload(self, changes: list[ConfigChange]) -> None:
        large = {change.path: change.new for change in changes if change.new > 500}
        self.values = self.values | large
        await super().reload(changes)


def change(path: str, old: int) -> Any:
    return st.integers(old + 1, 1000).map(lambda new: ConfigChange.modified(path, old, new))


class DescribedContract(ReloadableHarness):
    """Any two larger numbers."""

    def create(self) -> Cache:
        return Cache()

    def changes(self) -> Any:
        return st.tuples(change("ttl", 30), change("size", 10)).map(list)

    def snapshot(self, cache: Cache) -> object:
        return dict(cache.values)


class HastyContract(DescribedContract):
    def create(self) -> Cache:
        return HastyWithLargeOnes()


class Impossible(DescribedContract):
    def changes(self) -> Any:
        return st.integers().filter(lambda number: False).map(lambda number: [])


def test_a_module_that_keeps_its_promises_passes_with_many_values() -> None:
    """A verdict over made-up values says how many were tried."""
    report = verify(DescribedContract, clauses=["RLD-003", "RLD-007", "RLD-014"], schedules=20)

    assert report.verdict == "conformant"
    assert [report.clauses[one].reach for one in ("RLD-003", "RLD-007")] == [
        "sampled 20 values", "exhaustive (1 place), sampled 20 values",
    ]  # fmt: skip


def test_a_violation_that_only_some_values_show_is_found_told_and_replayed() -> None:
    """The drawn values stand in the failure text and in the token, and the token fails again with the same ones."""
    clause = verify(HastyContract, clauses=["RLD-007"]).clauses["RLD-007"]

    assert clause.outcome == "violated"
    assert "with changes() = [ConfigChange('ttl'" in clause.when
    token = ReplayToken.parse(clause.replay)
    again = replay(session_of(target_of(HastyContract), Options()), token).scenarios[0]
    assert (again.outcome, again.observed, again.when) == (Outcome.VIOLATED, clause.observed, clause.when)


def test_the_values_are_shrunk() -> None:
    """What does not matter for the failure is as simple as it can be."""
    clause = verify(HastyContract, clauses=["RLD-007"]).clauses["RLD-007"]

    assert "ConfigChange('size', 'modified', old=10, new=11)" in clause.when or "old=30, new=31" in clause.when
    assert len(clause.replay) < 24


def test_a_strategy_that_makes_nothing_is_the_fault_of_the_harness() -> None:
    """No value at all makes the clause broken, with the sentence that helps."""
    clause = verify(Impossible, clauses=["RLD-003"]).clauses["RLD-003"]

    # RLD-003 needs no changes; the scenario that reloads them first does.
    assert clause.outcome == "broken"
    assert "Use fewer filters" in clause.message


@pytest.mark.parametrize("number", [0, 1, 7])
def test_a_draw_is_the_same_every_time(number: int) -> None:
    """The bytes of a draw depend on its number and the seed alone; the first one has none."""
    assert made_from(number, 3) == made_from(number, 3)
    assert len(made_from(number, 3)) == (VALUE_BYTES if number else 0)
    assert not number or made_from(number, 3) != made_from(number, 4)


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 255)))
def test_a_token_carries_decisions_and_values(decisions: list[int], values: list[int]) -> None:
    """What a token was made of comes out of it again, up to zeros at the end, which say nothing."""
    schedule = Schedule(Mode.TASKS, 2, tuple(decisions), tuple(values))
    again = Schedule.from_token(schedule.token())

    assert again.token() == schedule.token()
    assert again.values == tuple(values[: len(again.values)]) and not any(values[len(again.values) :])
