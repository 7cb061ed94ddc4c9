"""Searching the schedules of a program for one in which it fails, and making that one small and credible.

The search begins with an undisturbed run, which also says how long the program is and which moments are worth arriving at.
A violation is repeated before it is believed, shrunk, and then searched again in the order that today's interpreter really
uses: with ready tasks in stock order, or threads switched only where the GIL switches them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import zip_longest

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.policies import (
    InOrder,
    Latencies,
    Policy,
    Preempt,
    RandomWalk,
    portfolio,
)
from pytest_policy_contracts.simulation.schedules import Mode, Schedule, trimmed
from pytest_policy_contracts.simulation.shrinking import shrink

CONFIRMATION_RUNS = 1500
"""How many runs may be spent on showing a violation without reordering; with 400 one race in six was taken for a rarer one."""

THREAD_CONFIRMATION_RUNS = 400
"""The same for threads, whose runs take longer and whose preemptions are tried one by one."""

SHRINKING_RUNS = 400
"""How many runs may be spent on making a failing schedule small."""

_ARRIVAL_MARGIN_SECONDS = 0.001
_MAX_ARRIVAL_DEADLINES = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run is to do: who decides, what may vary, where to cancel, when callers may arrive."""

    choices: Choices
    mode: Mode
    place: int = 0
    moments: tuple[float, ...] = ()
    keeps_journal: bool = False
    values: tuple[int, ...] = ()


@dataclass(slots=True)
class Trace:
    """What one run did. `failure` is None when every promise held; equal `failure_key`s are the same failure."""

    failure: object | None = None
    failure_key: str = ""
    steps: int = 0
    deadlines: frozenset[float] = frozenset()
    places: int = 0
    place_reached: bool = False
    journal: list[str] = field(default_factory=list)


RunOnce = Callable[[Plan], Trace]


class Realism(StrEnum):
    """How real the schedule of a violation is."""

    STOCK_ORDER = "shown in stock order"
    NEEDS_REORDERING = "needs reordering"
    WITH_GIL = "shown with the GIL"
    NEEDS_FREE_THREADING = "needs free threading"
    UNREPEATABLE = "did not repeat"

    @property
    def is_real_today(self) -> bool:
        """Whether today's interpreter can show it."""
        return self not in (Realism.NEEDS_REORDERING, Realism.NEEDS_FREE_THREADING)


@dataclass(frozen=True, slots=True)
class Finding:
    """A failing run: its schedule shrunk, how it was found, and whether today's interpreter can show it.

    `real` is the schedule to replay first: the one in stock order or with the GIL where there is one, else `schedule`.
    """

    failure: object
    schedule: Schedule
    real: Schedule
    realism: Realism
    found_at: int
    journal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the undisturbed run tells about a program."""

    trace: Trace
    moments: tuple[float, ...]
    decisions: int
    """How many decisions, draws included, the run had; 0 when there is only one schedule."""

    @property
    def horizon(self) -> int:
        """The number of decisions over which change points are spread."""
        return max(4, self.trace.steps)


def arrival_moments(deadlines: frozenset[float]) -> tuple[float, ...]:
    """Return the moments just before, at and just after each timer deadline, thinned to a bounded number."""
    margins = (-_ARRIVAL_MARGIN_SECONDS, 0.0, _ARRIVAL_MARGIN_SECONDS)
    ahead = sorted(deadline for deadline in deadlines if deadline > 0)
    # Deadlines are left out rather than moments, so that the three sides of one stay together.
    count = min(len(ahead), _MAX_ARRIVAL_DEADLINES)
    kept = [ahead[number * len(ahead) // count] for number in range(count)]
    return tuple(sorted({round(d + m, 9) for d in kept for m in margins if d + m > 0}))


def spread(count: int) -> list[int]:
    """Return `range(count)` in an order that visits every region early: the middle, the quarters, the eighths …"""
    bits = max(1, (count - 1).bit_length())
    mirrored = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits))
    return [number for number in mirrored if number < count]


class Explorer:
    """Explores one program. `threads` says whether it switches threads rather than tasks.

    `fewer` is by how much less is spent on a failure, for programs whose runs are long. `draws` are what the values of a
    run are made from, in turn, for programs that make up values.
    """

    def __init__(self, run: RunOnce, *, seed: int = 0, threads: bool = False, fewer: int = 1) -> None:
        self._run_once = run
        self._fewer = fewer
        self._seed = seed
        self._threads = threads
        self._moments: tuple[float, ...] = ()
        self.draws: Sequence[tuple[int, ...]] = ((),)
        self.runs = 0

    # -- single runs ----------------------------------------------------------------------------------------------------

    def _run(
        self, policy: Policy, mode: Mode, place: int, values: tuple[int, ...] = (), *, journal: bool = False
    ) -> tuple[Trace, Choices]:
        choices = Choices(policy)
        self.runs += 1
        random.seed(0)
        trace = self._run_once(Plan(choices, mode, place, self._moments, journal, values))
        trace.steps = max(trace.steps, choices.steps)
        return trace, choices

    def undisturbed(self, place: int = 0, values: tuple[int, ...] = ()) -> Trace:
        """Make the first-in-first-out run, with a cancellation at `place` if that is above 0."""
        return self._run(InOrder(), self._plain_mode, place, values)[0]

    @property
    def _plain_mode(self) -> Mode:
        return Mode.LINE if self._threads else Mode.STOCK

    def calibrate(self, place: int = 0) -> Calibration:
        """Make the undisturbed run and learn the moments worth arriving at."""
        trace, choices = self._run(InOrder(), self._plain_mode, place)
        self._moments = arrival_moments(trace.deadlines)
        return Calibration(trace, self._moments, len(choices.decisions))

    def replay(self, schedule: Schedule) -> Trace:
        """Repeat a schedule, with a journal; the program is calibrated first where callers may arrive at deadlines."""
        self.calibrate()
        return self._run(schedule.policy(), schedule.mode, schedule.place, schedule.values, journal=True)[0]

    # -- the search -----------------------------------------------------------------------------------------------------

    def finding_of_undisturbed(self, trace: Trace, place: int = 0, values: tuple[int, ...] = ()) -> Finding:
        """Describe a failure of the undisturbed run, which is repeated before it is believed."""
        schedule = self._with_small_values(Schedule(self._plain_mode, place, (), values), trace.failure_key)
        again = self._run(InOrder(), self._plain_mode, place, schedule.values, journal=True)[0]
        if again.failure is None or again.failure_key != trace.failure_key:
            # What the repetition shows instead may be the reason, such as a subject that two runs share.
            told = trace.failure if again.failure is None else again.failure
            return Finding(told, schedule, schedule, Realism.UNREPEATABLE, 0)
        realism = Realism.WITH_GIL if self._threads else Realism.STOCK_ORDER
        return Finding(again.failure, schedule, schedule, realism, 0, tuple(again.journal))

    def explore(self, schedules: int, calibration: Calibration, places: int = 0) -> Finding | None:
        """Run up to `schedules` schedules and return the first failure, shrunk; None when there is none.

        With `places` above 0 each schedule also cancels at one of them, in turn.
        """
        horizons = dict.fromkeys(Mode, calibration.horizon)
        for number, (policy_of, mode) in enumerate(self._plans(schedules, calibration)):
            place = number % places + 1 if places else 0
            values = self.draws[number % len(self.draws)]
            trace, choices = self._run(policy_of(horizons[mode]), mode, place, values)
            horizons[mode] = max(horizons[mode], choices.steps)
            if trace.failure is not None:
                found = Schedule(mode, place, trimmed(choices.decisions), values)
                return self._investigate(trace, found, number + 1)
        return None

    def _plans(self, schedules: int, calibration: Calibration) -> Iterator[tuple[Callable[[int], Policy], Mode]]:
        if not self._threads:
            for number in range(schedules):
                yield self._from_portfolio(number), Mode.TASKS
            return
        sweep = [
            (lambda _, at=at: Preempt(at), Mode.LINE) for at in spread(min(calibration.trace.steps, schedules // 2))
        ]
        mixed = [
            (self._from_portfolio(number), Mode.OPCODE if number % 4 == 3 else Mode.LINE)
            for number in range(schedules - len(sweep))
        ]
        # In turn, because a mistake that the one kind meets late the other often meets at once.
        yield from (plan for pair in zip_longest(sweep, mixed) for plan in pair if plan is not None)

    def _from_portfolio(self, number: int) -> Callable[[int], Policy]:
        return lambda horizon: portfolio(number, self._seed, horizon)

    # -- what a failure is worth ----------------------------------------------------------------------------------------

    def _investigate(self, trace: Trace, found: Schedule, number: int) -> Finding:
        if self._repeats(found, trace.failure_key) is None:
            return Finding(trace.failure, found, found, Realism.UNREPEATABLE, number)
        found = self._with_small_values(found, trace.failure_key)
        small = replace(found, decisions=self._shrunk(found, trace.failure_key))
        real = self._in_todays_order(small, trace.failure_key)
        shown = real or small
        final = self._run(shown.policy(), shown.mode, shown.place, shown.values, journal=True)[0]
        failure = final.failure if final.failure is not None else trace.failure
        return Finding(failure, small, shown, self._realism(real), number, tuple(final.journal))

    def realism_of(self, schedule: Schedule) -> Realism:
        """Say how real a recorded schedule is, by what it varies."""
        if self._threads:
            plain = schedule.mode is Mode.GIL or not schedule.decisions
            return Realism.WITH_GIL if plain else Realism.NEEDS_FREE_THREADING
        plain = schedule.mode is Mode.STOCK or not schedule.decisions
        return Realism.STOCK_ORDER if plain else Realism.NEEDS_REORDERING

    def _realism(self, real: Schedule | None) -> Realism:
        if self._threads:
            return Realism.NEEDS_FREE_THREADING if real is None else Realism.WITH_GIL
        return Realism.NEEDS_REORDERING if real is None else Realism.STOCK_ORDER

    def _repeats(self, schedule: Schedule, key: str) -> list[int] | None:
        trace, choices = self._run(schedule.policy(), schedule.mode, schedule.place, schedule.values)
        return choices.decisions if trace.failure is not None and trace.failure_key == key else None

    def _with_small_values(self, found: Schedule, key: str) -> Schedule:
        """Return the schedule with simpler values for which it fails in the same way."""
        if not any(found.values):
            return found

        def fails(values: Sequence[int]) -> list[int] | None:
            return list(values) if self._repeats(replace(found, values=tuple(values)), key) is not None else None

        return replace(found, values=shrink(found.values, fails, budget=SHRINKING_RUNS // self._fewer))

    def _shrunk(self, found: Schedule, key: str) -> tuple[int, ...]:
        def fails(decisions: Sequence[int]) -> list[int] | None:
            return self._repeats(replace(found, decisions=tuple(decisions)), key)

        return shrink(found.decisions, fails, budget=SHRINKING_RUNS // self._fewer)

    def _in_todays_order(self, small: Schedule, key: str) -> Schedule | None:
        mode = Mode.GIL if self._threads else Mode.STOCK
        runs = THREAD_CONFIRMATION_RUNS if self._threads else CONFIRMATION_RUNS
        for number in range(runs // self._fewer):
            trace, choices = self._run(self._todays_policy(number), mode, small.place, small.values)
            if trace.failure is not None and trace.failure_key == key:
                real = Schedule(mode, small.place, trimmed(choices.decisions), small.values)
                return replace(real, decisions=self._shrunk(real, key))
            if not choices.decisions:
                return None
        return None

    def _todays_policy(self, number: int) -> Policy:
        own_seed = self._seed * 1_000_003 + number
        if not self._threads:
            return Latencies(own_seed)
        return Preempt(number) if number < THREAD_CONFIRMATION_RUNS // 4 else RandomWalk(own_seed)
