"""Callers that arrive late: after a number of switch points, at the expense of whoever runs then."""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.errors import Deadlock, Livelock, SimulationError
from pytest_policy_contracts.simulation.policies import POS, Policy, RandomWalk, Recorded
from pytest_policy_contracts.simulation.threads import ThreadScheduler
from tests.simulation.threads import subjects
from tests.simulation.threads.worlds import scheduler, values, world

HERE = __file__
TURNS = 8
POINTS_OF_WRITING = 2 * TURNS
"""At least so many lines are passed by one caller of `write`."""

TRACED = ("line", "gil", "opcode")


def write(order: list[str], name: str, turns: int = TURNS) -> None:
    for _ in range(turns):
        order.append(name)


def written(arrivals: list[int], *, policy: Policy | None = None, **options: Any) -> str:
    """What callers a, b, c … wrote, each one letter a turn."""
    order: list[str] = []
    with world() as clock:
        threads = scheduler(clock, policy, HERE, **options)
        values(
            threads.run(*(functools.partial(write, order, name) for name in "abcd"[: len(arrivals)]), arrivals=arrivals)
        )
    return "".join(order)


def begun_at(points: int, granularity: str, before: int = 0) -> int:
    """After how many switch points of the others a caller began, of a scheduler that has run `before`."""
    begun: list[int] = []
    with world() as clock:
        threads = scheduler(clock, None, HERE, granularity=granularity)
        for _ in range(before):
            values(threads.run(functools.partial(write, [], "x"), functools.partial(write, [], "y")))
        seen = threads.switch_points
        busy = functools.partial(write, [], "a", 4 * points)
        values(
            threads.run(busy, lambda: begun.append(threads.switch_points), arrivals=[0, points], names=["busy", "late"])
        )
    return begun[0] - seen - own_points(granularity)


@functools.cache
def own_points(granularity: str) -> int:
    """How many switch points a caller passes itself before it reads their number."""
    read: list[int] = []
    with world() as clock:
        threads = scheduler(clock, None, HERE, granularity=granularity)
        values(threads.run(lambda: read.append(threads.switch_points), lambda: None))
    return read[0]


# -- when it begins ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("granularity", TRACED)
@pytest.mark.parametrize("points", [1, 2, 3, 10, 25])
def test_a_caller_begins_after_its_switch_points(granularity: str, points: int) -> None:
    """A caller that arrives after n switch points begins when the others have passed n of them, and no later."""
    assert begun_at(points, granularity) == points


def test_switch_points_are_counted_from_the_beginning_of_the_run() -> None:
    """What earlier runs of a scheduler have passed does not bring a caller forward."""
    assert begun_at(7, "line", before=3) == 7


@pytest.mark.parametrize("points", [0, -1])
def test_no_lateness_is_to_be_there_from_the_beginning(points: int) -> None:
    """Zero points, and fewer, are a run without arrivals: callers go on in the order of their calls."""
    assert written([0, points, 0]) == written([0, 0, 0]) == "a" * TURNS + "b" * TURNS + "c" * TURNS


def test_arrivals_may_be_given_for_some() -> None:
    """Whoever is not mentioned is there from the beginning."""
    order: list[str] = []
    with world() as clock:
        threads = scheduler(clock, None, HERE)
        calls = [functools.partial(write, order, name) for name in "abc"]
        values(threads.run(*calls, arrivals=[5]))

    assert re.fullmatch("b+a{8}c{8}b+", "".join(order))


def test_a_caller_arrives_at_the_expense_of_whoever_runs() -> None:
    """The newcomer goes on to its end, and whoever it interrupted then to its own."""
    assert re.fullmatch("a+b{8}a+", written([0, 6]))


def test_callers_arrive_in_the_order_of_their_points() -> None:
    """However the calls are listed, who has fewer points arrives first, and is interrupted by the next."""
    assert re.fullmatch("a+c+b{8}a+c+", written([0, 9, 5]))
    assert re.fullmatch("a+b+c{8}a+b+", written([0, 5, 9]))


def test_of_equal_arrivals_the_first_listed_begins_first() -> None:
    """Two callers that arrive at the same point both do, one after the other in the order of the calls."""
    journal: list[str] = []
    assert written([0, 5, 5], journal=journal).count("b") == TURNS
    assert [line for line in journal if line.startswith("->")][:3] == ["-> call 0", "-> call 1", "-> call 2"]


@pytest.mark.parametrize("granularity", TRACED)
def test_everybody_runs_to_the_end(granularity: str) -> None:
    """Whenever callers arrive, each makes all of its turns, once."""
    for points in range(0, 3 * POINTS_OF_WRITING, 3):
        order = written([0, points, 2 * points], granularity=granularity)
        assert {name: order.count(name) for name in "abc"} == dict.fromkeys("abc", TURNS)


# -- when nobody else can run ------------------------------------------------------------------------------------------


def test_a_lone_caller_does_not_wait_for_anybody() -> None:
    """Where nobody passes switch points, callers begin at once, the one with the fewest first."""
    assert written([1_000_000]) == "a" * TURNS
    assert written([900, 30, 1000]) == "b" * TURNS + "a" * TURNS + "c" * TURNS


def test_a_caller_begins_when_the_others_have_ended() -> None:
    """More points than the others pass are as good as to come after them."""
    assert written([0, 1_000_000, 0]) == "a" * TURNS + "c" * TURNS + "b" * TURNS


def test_a_caller_begins_rather_than_that_time_passes() -> None:
    """While all others sleep, a late caller has its turn before the clock moves."""
    moments: list[float] = []
    with world() as clock:
        threads = scheduler(clock, None, HERE)
        values(threads.run(lambda: time.sleep(10), lambda: moments.append(clock.now), arrivals=[0, 1_000_000]))

    assert (moments, clock.now) == ([0.0], 10.0)


def test_a_caller_begins_when_the_others_wait_for_it() -> None:
    """What a late caller will set is no deadlock for those who wait for it."""
    with world() as clock:
        threads = scheduler(clock, None, HERE)
        there = threading.Event()

        def wait() -> bool:
            return there.wait()

        assert values(threads.run(wait, wait, there.set, arrivals=[0, 0, 1_000_000])) == [True, True, None]


def test_a_caller_ends_the_spinning_of_another() -> None:
    """A thread that looks again and again, and never waits, passes the points after which it is helped."""
    with world() as clock:
        threads = scheduler(clock, None, HERE)
        flag: list[int] = []

        def spin() -> int:
            looks = 0
            while not flag:
                looks += 1
            return looks

        looks, _ = values(threads.run(spin, lambda: flag.append(1), arrivals=[0, 100]))
        assert 0 < looks <= 100


@pytest.mark.parametrize("granularity", TRACED)
def test_waiting_for_each_other_is_a_deadlock_whoever_is_late(granularity: str) -> None:
    """Locks taken in two orders are a deadlock for the arrival that falls between them, and ends the scheduler."""

    def dead(points: int) -> bool:
        with world() as clock:
            guard = subjects.InvertedLocks()
            threads = scheduler(clock, None, subjects.__file__, granularity=granularity)
            calls = [functools.partial(guard.record, name) for name in ("t0", "t1")]
            try:
                values(threads.run(*calls, arrivals=[0, points]))
            except Deadlock:
                with pytest.raises(SimulationError, match="this scheduler has ended"):
                    threads.run(int)
                return True
        return False

    assert {dead(points) for points in range(60)} == {False, True}


def test_a_caller_that_would_never_arrive_is_not_waited_for() -> None:
    """A thread that spins for ever before the other's arrival is a livelock, and nothing of the late one is left."""
    began: list[int] = []
    with world() as clock:
        threads = scheduler(clock, None, HERE, max_switch_points=500)

        def spin() -> None:
            while True:
                pass

        with pytest.raises(Livelock):
            threads.run(spin, lambda: began.append(1), arrivals=[0, 1_000_000])
        assert (began, threads.left_running, threads.stuck) == ([], [], [])


# -- callers that are not interrupted ----------------------------------------------------------------------------------


@pytest.mark.parametrize("granularity", TRACED)
@pytest.mark.parametrize("points", [1, 5, 10])
def test_an_atomic_caller_is_not_interrupted_by_an_arrival(granularity: str, points: int) -> None:
    """Who must not be interrupted writes in one go, whoever arrives meanwhile."""
    order: list[str] = []
    with world() as clock:
        threads = scheduler(clock, None, HERE, granularity=granularity)
        calls = [functools.partial(write, order, name) for name in "ab"]
        values(threads.run(*calls, atomic=frozenset({0}), arrivals=[0, points]))

    assert "".join(order) == "a" * TURNS + "b" * TURNS


def test_an_arrival_interrupts_the_next_that_may_be() -> None:
    """Whose moment has passed during an atomic call begins at the first switch point of another caller."""
    order: list[str] = []
    with world() as clock:
        threads = scheduler(clock, None, HERE)
        calls = [functools.partial(write, order, name) for name in "abc"]
        values(threads.run(*calls, atomic=frozenset({0}), arrivals=[0, 0, 3]))

    assert "".join(order) == "a" * TURNS + "c" * TURNS + "b" * TURNS


def test_an_atomic_caller_may_itself_be_late() -> None:
    """Who is not interrupted interrupts, at its moment and once."""
    order: list[str] = []
    with world() as clock:
        threads = scheduler(clock, None, HERE)
        calls = [functools.partial(write, order, name) for name in "ab"]
        values(threads.run(*calls, atomic=frozenset({1}), arrivals=[0, 6]))

    assert re.fullmatch("a+b{8}a+", "".join(order))


def test_an_atomic_caller_that_waits_makes_room() -> None:
    """Where an atomic caller has to wait, the one whose moment has passed goes first."""
    order: list[str] = []
    with world() as clock:
        threads = scheduler(clock, None, HERE)

        def pause() -> None:
            write(order, "a")
            time.sleep(1)
            write(order, "a")

        values(threads.run(pause, functools.partial(write, order, "b"), atomic=frozenset({0}), arrivals=[0, 3]))

    assert "".join(order) == "a" * TURNS + "b" * TURNS + "a" * TURNS


# -- what it is for ----------------------------------------------------------------------------------------------------


def runs(policy: Policy, points: int, granularity: str) -> tuple[str, list[int], list[str]]:
    """What was written, the decisions, and the journal."""
    order: list[str] = []
    journal: list[str] = []
    choices = Choices(policy)
    with world() as clock:
        threads = ThreadScheduler(choices, clock, files=(HERE,), granularity=granularity, journal=journal)  # type: ignore[arg-type]
        calls = [functools.partial(write, order, name, 4) for name in "abc"]
        values(threads.run(*calls, arrivals=[0, points, 2 * points]))
    return "".join(order), choices.decisions, journal


@pytest.mark.parametrize("granularity", TRACED)
@pytest.mark.parametrize("make", [RandomWalk, POS], ids=lambda make: make.__name__)
def test_a_run_with_late_callers_replays(make: Callable[[int], Policy], granularity: str) -> None:
    """The decisions of a run, given again with the same arrivals, make the same run, to the last switch point."""
    for seed in range(5):
        for points in (1, 4, 13):
            found = runs(make(seed), points, granularity)
            assert runs(Recorded(found[1], stock=False), points, granularity) == found
            assert runs(make(seed), points, granularity) == found


def test_arriving_is_no_decision() -> None:
    """Under a policy that never switches a late caller is no entry in the record of decisions."""
    _, decisions, journal = runs(Policy(), 4, "line")

    assert decisions == []
    assert [line for line in journal if line.startswith("->")][:2] == ["-> call 0", "-> call 1"]


@pytest.mark.parametrize("make", [subjects.CallBetween, subjects.LinesBetween])
def test_an_arrival_alone_shows_a_race(make: Callable[[], subjects.CallBetween]) -> None:
    """A second caller that arrives between the read and the write loses a record, without any other switch."""

    def complete(points: int) -> bool:
        with world() as clock:
            guard = make()
            threads = scheduler(clock, None, subjects.__file__)
            values(threads.run(*(functools.partial(guard.record, name) for name in ("t0", "t1")), arrivals=[0, points]))
            return guard.complete(2)

    found = [complete(points) for points in range(8)]
    assert found[0] and found[-1]
    assert not all(found)


def test_a_guard_with_a_lock_survives_every_arrival() -> None:
    """Wherever a second caller arrives, a correct subject is not accused."""
    for points in range(30):
        with world() as clock:
            guard = subjects.Locked()
            threads = scheduler(clock, None, subjects.__file__)
            values(threads.run(*(functools.partial(guard.record, name) for name in ("t0", "t1")), arrivals=[0, points]))
            assert guard.complete(2)
