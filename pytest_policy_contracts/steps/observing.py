"""Looking at a subject while it reloads, and at the event loop that it runs on."""

from __future__ import annotations

import inspect
from typing import Any

from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.simulation.clock import real_time
from pytest_policy_contracts.simulation.tasks import waiting_place
from pytest_policy_contracts.steps.concurrent_reloads import overlap, together_with_reload
from pytest_policy_contracts.steps.reloading import (
    changes_of,
    claim_one_of,
    limit_of,
    reload,
    reload_cancelled_at_place,
    require_end,
    shown,
)
from pytest_policy_contracts.verification.attempts import Attempt, describe_error
from pytest_policy_contracts.verification.snapshots import frozen_copy, same
from pytest_policy_contracts.verification.violations import ContractViolation, NotApplicable
from pytest_policy_contracts.verification.world import Style, World

BLOCKED_SECONDS = 0.1
READERS = 2


class Observer:
    """Reads the settings after every step that is made while the watched task waits."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._points = CancelPoints()
        self.readings: list[tuple[Any, str]] = []

    def watch(self, points: CancelPoints) -> None:
        """Read during the call of the task that `points` follows."""
        self._points = points

    def __call__(self, stepped: object) -> None:
        task = self._points.task
        if task is None or task.done() or not (self._points.seen or stepped is task):
            return
        settings = self._read()
        if not self.readings or not same(self.readings[-1][0], settings):
            self.readings.append((settings, waiting_place(task.get_coro())))

    def _read(self) -> Any:
        try:
            answer = self._world.harness.snapshot(self._world.subject)  # type: ignore[attr-defined]
        except Exception as error:
            return f"snapshot() raised {describe_error(error)}"
        if inspect.isawaitable(answer):
            inspect.iscoroutine(answer) and answer.close()
            raise HarnessError("snapshot() is async; write a plain def so that it can read between two steps.")
        return frozen_copy(answer)


async def read_during(world: World, changes: list[Any]) -> None:
    """Reload and read the settings between any two steps: of the loop, or of the source of a synchronous subject."""
    if world.style is Style.SYNC:
        await _read_from_threads(world, changes)
        return
    observer, points = Observer(world), CancelPoints()
    observer.watch(points)
    world.loop.observers.append(observer)
    attempt = await reload(world, changes, points)
    world.loop.observers.remove(observer)
    require_end(world, attempt)
    if not points.seen:
        raise NotApplicable("a reload never waits, so nobody can read between its steps")
    world.seen.readings = observer.readings
    world.witness("the settings were read during the reload", bool(observer.readings))


async def read_during_cancelled(world: World) -> None:
    """Reload, cancel at the place of this run, and read the settings between any two steps."""
    observer = Observer(world)
    world.loop.observers.append(observer)
    await reload_cancelled_at_place(world, observer)
    world.loop.observers.remove(observer)
    world.seen.readings = observer.readings
    world.witness("the settings were read during the reload", bool(observer.readings))


async def _read_from_threads(world: World, changes: list[Any]) -> None:
    calls: list[tuple[Any, tuple[Any, ...]]] = [(world.subject.reload, (changes,))]
    calls += [(world.harness.snapshot, (world.subject,))] * READERS  # type: ignore[attr-defined]
    reloading, *reading = await together_with_reload(world, calls, atomic=frozenset(range(1, READERS + 1)))
    world.seen.readings = [
        (frozen_copy(one.value) if one.accepted else f"snapshot() ended otherwise: {one}", "another thread") for one in reading
    ]
    during = any(overlap(reloading, one) for one in reading)
    world.witness("the settings were read during the reload", during)


def claim_whole_readings(world: World) -> None:
    """Claim that every reading is the original or the new state."""
    cancelled = f"{world.situation}; " if world.situation else ""
    for settings, place in world.seen.readings:
        claim_one_of(settings, world.seen.original, world.seen.new, when=f"{cancelled}read while the reload was at {place}")


def claim_one_other_state(world: World) -> None:
    """Claim that a reload which is refused shows no state between the original and the refused one."""
    others: list[Any] = []
    for settings, place in world.seen.readings:
        if not any(same(settings, known) for known in (world.seen.original, *others)):
            others.append(settings)
        if len(others) > 1:
            raise ContractViolation(
                expected=f"{shown(world.seen.original)} or one other state",
                observed=" and ".join(map(shown, others)),
                when=f"read while the reload was at {place}",
            )


# -- the event loop -------------------------------------------------------------------------------------------------------


class LoopWatch:
    """Measures how long each step kept the loop to itself: in virtual time slept away, and in real time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._now = real_time["perf_counter"]
        self._since = self._now()
        self._slept = self._sleeps()
        self.worst_slept = 0.0
        self.worst_real = 0.0
        self.place = ""

    def _sleeps(self) -> float:
        return sum(call.seconds for call in self._world.clock.blocked)

    def __call__(self, stepped: object) -> None:
        now, slept = self._now(), self._sleeps()
        if slept - self._slept > self.worst_slept:
            self.worst_slept = slept - self._slept
            self.place = self._world.clock.blocked[-1].place
        if now - self._since > self.worst_real:
            self.worst_real = now - self._since
            if not self.worst_slept:
                self.place = waiting_place(stepped.get_coro()) if hasattr(stepped, "get_coro") else "a callback"
        self._since, self._slept = self._now(), slept


async def watch_loop(world: World, *, runs: int) -> None:
    """Reload several fresh subjects and measure the loop; the least of them counts, so that a busy machine does not."""
    world.seen.watches = []
    for _ in range(runs):
        world.subject = await world.create()
        changes = await changes_of(world, "changes")
        watch = LoopWatch(world)
        world.loop.observers.append(watch)
        attempt: Attempt = await world.attempt(world.subject.reload, changes, limit=limit_of(world))
        world.loop.observers.remove(watch)
        require_end(world, attempt)
        world.seen.watches.append(watch)
    world.witness("the loop was watched during a reload", True)


def claim_not_blocked(world: World) -> None:
    """Claim that no step kept the loop for `BLOCKED_SECONDS` or more in every run."""
    slept = min(watch.worst_slept for watch in world.seen.watches)
    real = min(watch.worst_real for watch in world.seen.watches)
    place = world.seen.watches[0].place
    if slept >= BLOCKED_SECONDS:
        raise ContractViolation(expected="no step of 0.1 s or more", observed=f"a step of {slept:g} s", when=f"at {place}")
    if real >= BLOCKED_SECONDS:
        raise ContractViolation(
            expected="no step of 0.1 s or more", observed="a step of more than 0.1 s in three runs", when=f"at {place}"
        )
