"""The search: races are found, correct programs stay quiet, and findings are small, honest and repeatable."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import Iterator
from itertools import count

import pytest

from pytest_policy_contracts.simulation.exploration import (
    Explorer,
    Finding,
    Plan,
    Realism,
    RunOnce,
    Trace,
    arrival_moments,
)
from pytest_policy_contracts.simulation.loop import SimulatedLoop
from pytest_policy_contracts.simulation.schedules import Mode, Schedule
from tests.simulation.racy_programs import CASES, Case

BY_NAME = {case.name: case for case in CASES}
REORDERABLE = [case for case in CASES if case.name not in ("reload", "late")]
"""The two others fail in the undisturbed run already."""


def found(run: RunOnce, seed: int, schedules: int = 200) -> Finding | None:
    """Calibrate and explore, as the runner does."""
    explorer = Explorer(run, seed=seed)
    calibration = explorer.calibrate()
    if calibration.trace.failure is not None:
        return explorer.finding_of_undisturbed(calibration.trace)
    return explorer.explore(schedules, calibration)


def finding(run: RunOnce, seed: int, schedules: int = 200) -> Finding:
    seen = found(run, seed, schedules)
    assert seen is not None
    return seen


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_races_are_found(case: Case) -> None:
    """Each racy program is caught within 200 schedules, whatever the seed."""
    for seed in range(20):
        assert finding(case.run, seed).found_at <= 200


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_correct_programs_stay_quiet(case: Case) -> None:
    """The correct version of each program is not accused in 2,000 schedules."""
    seen = found(case.run_correct, 1, 2000)
    assert seen is None, seen


@pytest.mark.parametrize("case", REORDERABLE, ids=lambda case: case.name)
def test_findings_are_small_and_repeat(case: Case) -> None:
    """A finding is shrunk, and its schedule, read from its token, fails in the same way with the same journal."""
    for seed in range(3):
        seen = finding(case.run, seed)
        assert 1 <= seen.schedule.switches <= 12
        again = Explorer(case.run).replay(Schedule.from_token(seen.real.token()))
        assert str(again.failure) == str(seen.failure)
        assert tuple(again.journal) == seen.journal != ()


def test_a_lost_update_needs_one_switch() -> None:
    """A race that takes a single switch is shrunk to it."""

    def run(plan: Plan) -> Trace:
        loop = SimulatedLoop(plan.choices)
        value = 0

        async def add(turns: int) -> None:
            nonlocal value
            for _ in range(turns):
                await asyncio.sleep(0)
            read = value
            await asyncio.sleep(0)
            value = read + 1

        async def main() -> None:
            await asyncio.gather(add(0), add(1))

        loop.complete(main())
        loop.dismantle()
        return Trace("lost", "lost") if value != 2 else Trace()

    for seed in range(10):
        assert finding(run, seed).schedule.switches == 1


def test_a_race_shown_by_arrivals() -> None:
    """A race that late callers and slow peers show is labelled as real today, with a schedule in stock order."""
    for name in ("ring", "cache", "storm"):
        for seed in range(5):
            seen = finding(BY_NAME[name].run, seed)
            assert seen.realism is Realism.STOCK_ORDER
            assert seen.realism.is_real_today
            assert seen.real.mode is Mode.STOCK
            assert seen.schedule.mode is Mode.TASKS


def test_a_race_that_needs_reordering() -> None:
    """A race that stock order cannot show is labelled so, and replays as it was found."""
    for seed in range(2):
        seen = finding(BY_NAME["stale"].run, seed)
        assert seen.realism is Realism.NEEDS_REORDERING
        assert not seen.realism.is_real_today
        assert seen.real == seen.schedule
        assert seen.real.mode is Mode.TASKS


def test_a_failure_of_the_undisturbed_run() -> None:
    """What fails without any disturbance has the empty schedule, a journal, and is real."""
    seen = finding(BY_NAME["reload"].run, 0)
    assert (seen.found_at, seen.schedule, seen.realism) == (0, Schedule(Mode.STOCK), Realism.STOCK_ORDER)
    assert seen.journal


def alternating() -> Iterator[bool]:
    return (number % 2 == 0 for number in count())


def test_an_undisturbed_failure_that_does_not_repeat() -> None:
    """A program that fails every other time is labelled, and not sold as a failure in stock order."""
    fails = alternating()

    def run(plan: Plan) -> Trace:
        return Trace("now and then", "key") if next(fails) else Trace()

    explorer = Explorer(run)
    seen = explorer.finding_of_undisturbed(explorer.calibrate().trace)
    assert seen.realism is Realism.UNREPEATABLE


def test_a_found_failure_that_does_not_repeat() -> None:
    """A failure in a schedule that the same schedule does not show again is labelled."""
    runs = count()

    def run(plan: Plan) -> Trace:
        plan.choices.choose(["a", "b"])
        return Trace("once", "key") if next(runs) == 5 else Trace()

    assert finding(run, 0).realism is Realism.UNREPEATABLE


def test_another_failure_is_not_the_same_failure() -> None:
    """Shrinking does not slip from one failure into another one."""

    def run(plan: Plan) -> Trace:
        first, second = (plan.choices.choose(["a", "b"]) for _ in range(2))
        if first and second:
            return Trace("both", "both")
        return Trace("one", "one") if first else Trace()

    for seed in range(30):
        seen = finding(run, seed)
        assert seen.failure == ("both" if seen.schedule.decisions == (1, 1) else "one")


def test_one_seed_is_one_search() -> None:
    """The same seed finds the same schedule after the same number of runs; another seed need not."""
    run = BY_NAME["ring"].run
    tokens = [(finding(run, seed).found_at, finding(run, seed).schedule.token()) for seed in (3, 3, 4)]
    assert tokens[0] == tokens[1] != tokens[2]


def test_randomness_of_the_program_repeats() -> None:
    """The global random numbers that a program draws are the same in every run."""
    drawn = []

    def run(plan: Plan) -> Trace:
        drawn.append(random.random())
        return Trace()

    explorer = Explorer(run, seed=9)
    for _ in range(3):
        explorer.undisturbed()
    assert len(set(drawn)) == 1


def test_places_are_cancelled_in_turn() -> None:
    """With places, each schedule cancels at one of them, and the finding says which."""
    places = []

    def run(plan: Plan) -> Trace:
        plan.choices.choose(["a", "b"])
        places.append(plan.place)
        return Trace("cancelled here", "key") if plan.place == 3 and len(places) > 6 else Trace()

    explorer = Explorer(run)
    seen = explorer.explore(20, explorer.calibrate(), places=3)
    assert seen is not None
    assert seen.schedule.place == seen.real.place == 3
    assert places[1:7] == [1, 2, 3, 1, 2, 3]


def test_nothing_to_decide() -> None:
    """A program without decisions is known as such after its calibration."""
    calibration = Explorer(lambda plan: Trace()).calibrate()
    assert (calibration.decisions, calibration.moments) == (0, ())


def test_moments_surround_deadlines() -> None:
    """Callers may arrive just before, at and just after a timer."""
    assert arrival_moments(frozenset({5.0})) == (4.999, 5.0, 5.001)
    assert arrival_moments(frozenset({0.0005})) == (0.0005, 0.0015)
    assert arrival_moments(frozenset({0.0, -1.0})) == ()


@pytest.mark.parametrize("deadlines", [1, 7, 8, 9, 16, 17, 25, 64])
def test_moments_are_bounded_and_stay_whole(deadlines: int) -> None:
    """Of many deadlines some are left out, the earliest never, and those kept keep all their sides."""
    moments = arrival_moments(frozenset(float(number) for number in range(1, deadlines + 1)))

    assert len(moments) == 3 * min(deadlines, 8)
    assert moments[:3] == (0.999, 1.0, 1.001)
    assert {round(moment % 1, 3) for moment in moments} == {0.999, 0.0, 0.001}


def test_memory_stays_flat() -> None:
    """Two thousand runs leave no more objects behind than two hundred do."""
    case = BY_NAME["cache"]

    def objects_after(schedules: int) -> int:
        assert found(case.run_correct, 5, schedules) is None
        gc.collect()
        return len(gc.get_objects())

    objects_after(50)
    few = objects_after(200)
    many = objects_after(2000)
    assert many - few < 200
