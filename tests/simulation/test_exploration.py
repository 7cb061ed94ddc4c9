"""The search: races are found, correct programs stay quiet, and findings are small, honest and repeatable."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest

from pytest_policy_contracts.simulation.exploration import (
    CONFIRMATION_RUNS,
    SHRINKING_RUNS,
    THREAD_CONFIRMATION_RUNS,
    Explorer,
    Finding,
    Plan,
    Realism,
    RunOnce,
    Trace,
    arrival_moments,
    spread,
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


# -- how much is spent ------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [*range(35), 100, 127, 128, 129, 1000])
def test_a_spread_visits_everything_once(count: int) -> None:
    """However many places there are, each is visited exactly once."""
    assert sorted(spread(count)) == list(range(count))


def test_a_spread_begins_with_halves_and_quarters() -> None:
    """After the first place comes the middle, then the quarters, then the eighths."""
    assert spread(8) == [0, 4, 2, 6, 1, 5, 3, 7]
    assert spread(1) == [0]


@pytest.mark.parametrize("count", [2, 7, 64, 100, 1000])
def test_a_spread_visits_every_region_early(count: int) -> None:
    """With one part in two, four, eight … of the visits made, no region of two, four, eight … places is left out."""
    for step in (2, 4, 8, 16, 32):
        visits = spread(count)[: -(-count // step)]
        assert sorted(visits) == list(range(0, count, step))


def test_single_switches_of_threads_are_spread_and_mixed_with_others() -> None:
    """The sweep over single switches reaches the end of a long program early, and takes turns with random schedules."""
    swept: list[int] = []
    modes: list[Mode] = []

    def run(plan: Plan) -> Trace:
        switched = [plan.choices.switch(["a", "b"]) for _ in range(64)]
        modes.append(plan.mode)
        swept.append(switched.index(1) if sum(switched) == 1 else -1)
        return Trace()

    explorer = Explorer(run, threads=True)
    assert explorer.explore(200, explorer.calibrate()) is None
    assert [swept[1 + 2 * number] for number in range(64)] == spread(64)
    assert Counter(modes) == {Mode.LINE: 1 + 64 + 136 - 34, Mode.OPCODE: 34}


def needs_switches(chooses: int, wanted: int, modes: Counter[Mode]) -> RunOnce:
    """A program that fails when `wanted` of its switches were made, which never happens in today's order."""

    def run(plan: Plan) -> Trace:
        modes[plan.mode] += 1
        plan.choices.draw(2)
        made = sum(plan.choices.choose(["a", "b"]) for _ in range(chooses))
        reordered = plan.mode not in (Mode.STOCK, Mode.GIL)
        return Trace("so many", "key") if reordered and made >= wanted else Trace()

    return run


@pytest.mark.parametrize("fewer", [1, 10, 100])
@pytest.mark.parametrize("threads", [False, True])
def test_fewer_confirmations(fewer: int, threads: bool) -> None:
    """By how much less is to be spent on a failure, by so much fewer runs look for it in today's order."""
    modes: Counter[Mode] = Counter()
    explorer = Explorer(needs_switches(2, 1, modes), threads=threads, fewer=fewer)
    seen = explorer.explore(40, explorer.calibrate())

    undisturbed = 0 if threads else 1
    runs = THREAD_CONFIRMATION_RUNS if threads else CONFIRMATION_RUNS
    assert seen is not None and not seen.realism.is_real_today
    assert modes[Mode.GIL if threads else Mode.STOCK] == runs // fewer + undisturbed


@pytest.mark.parametrize("fewer", [1, 10, 100])
def test_fewer_shrinking_runs(fewer: int) -> None:
    """By how much less is to be spent on a failure, by so much fewer runs make it small, and it fails all the same."""
    modes: Counter[Mode] = Counter()
    run = needs_switches(800, 300, modes)
    explorer = Explorer(run, fewer=fewer)
    seen = explorer.explore(40, explorer.calibrate())

    assert seen is not None
    repeated_and_shown = 2
    assert modes[Mode.TASKS] == seen.found_at + repeated_and_shown + SHRINKING_RUNS // fewer
    assert Explorer(run).replay(seen.schedule).failure == "so many"


def test_what_is_found_does_not_depend_on_how_much_is_spent() -> None:
    """A failure is found in the same schedule, and shown in stock order, also where a tenth is spent on it."""
    case = BY_NAME["ring"]
    found_at = []
    for fewer in (1, 10):
        explorer = Explorer(case.run, seed=3, fewer=fewer)
        seen = explorer.explore(200, explorer.calibrate())
        assert seen is not None and seen.realism is Realism.STOCK_ORDER
        found_at.append(seen.found_at)
    assert found_at[0] == found_at[1]
