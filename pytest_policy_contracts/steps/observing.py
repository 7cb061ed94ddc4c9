"""Looking at a subject while it reloads, and at the event loop that it runs on."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.simulation.clock import real_time
from pytest_policy_contracts.simulation.tasks import waiting_place
from pytest_policy_contracts.steps.concurrent_reloads import overlap
from pytest_policy_contracts.steps.reloading import (
    claim_one_of,
    limit_of,
    note,
    reload,
)
from pytest_policy_contracts.verification.attempts import describe_error
from pytest_policy_contracts.verification.snapshots import frozen_copy, same
from pytest_policy_contracts.verification.violations import ContractViolation, NotApplicable
from pytest_policy_contracts.verification.world import Style, World

BLOCKED_SECONDS = 0.1
READERS = 8


class Observer:
    """Reads the settings after every step that is made while the task that `points` follows waits."""

    def __init__(self, world: World, points: CancelPoints) -> None:
        self._world = world
        self._points = points
        self.readings: list[tuple[Any, str]] = []

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
        return frozen_copy(answer)


async def read_during(world: World, changes: list[Any], points: CancelPoints | None = None) -> None:
    """Reload and read the settings between any two steps: of the loop, or of the source of a synchronous subject.

    What can only be read by waiting (another thread, an async snapshot) is read by callers of their own.
    """
    points = points or CancelPoints()
    if world.style is Style.SYNC or await _is_snapshot_async(world):
        await _read_beside(world, changes, points)
    else:
        await _read_between(world, changes, points)
    if world.style is Style.ASYNC and not points.seen:
        raise NotApplicable("a reload never waits, so nobody can read between its steps")


async def _is_snapshot_async(world: World) -> bool:
    return inspect.iscoroutinefunction(world.harness.snapshot)  # type: ignore[attr-defined]


async def _read_between(world: World, changes: list[Any], points: CancelPoints) -> None:
    observer = Observer(world, points)
    world.loop.observers.append(observer)
    await reload(world, changes, points)
    world.loop.observers.remove(observer)
    world.seen.readings = observer.readings
    world.witness("the settings were read during the reload", bool(observer.readings))


async def _read_beside(world: World, changes: list[Any], points: CancelPoints) -> None:
    calls: list[tuple[Any, tuple[Any, ...]]] = [(world.subject.reload, (changes,))]
    calls += [(world.harness.snapshot, (world.subject,))] * READERS  # type: ignore[attr-defined]
    reloading, *reading = await world.together(
        calls, limit=2 * limit_of(world), points=points, atomic=frozenset(range(1, READERS + 1))
    )
    note(world, reloading)
    world.seen.readings = [
        (frozen_copy(one.value) if one.accepted else f"snapshot() ended otherwise: {one}", "another caller")
        for one in reading
    ]
    during = any(overlap(reloading, one) for one in reading)
    world.witness("the settings were read during the reload", during)


def claim_whole_readings(world: World) -> None:
    """Claim that every reading is the original or the new state."""
    cancelled = f"{world.situation}; " if world.situation else ""
    for settings, place in world.seen.readings:
        claim_one_of(
            settings, world.seen.original, world.seen.new, when=f"{cancelled}read while the reload was at {place}"
        )


def claim_original_readings(world: World) -> None:
    """Claim that every reading is the original state: a reload that is refused has no new one."""
    for settings, place in world.seen.readings:
        claim_one_of(settings, world.seen.original, when=f"read while the reload was at {place}")


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


async def watch_loop(world: World, *, runs: int, call: Callable[[], Awaitable[None]]) -> None:
    """Call several fresh subjects and measure the loop; the least of them counts, so that a busy machine does not.

    `call` calls `world.subject` once.
    """
    world.seen.watches = []
    for _ in range(runs):
        world.subject = await world.create()
        watch = LoopWatch(world)
        world.loop.observers.append(watch)
        await call()
        world.loop.observers.remove(watch)
        world.seen.watches.append(watch)
    world.witness("the loop was watched during the call", True)


def claim_not_blocked(world: World) -> None:
    """Claim that no step kept the loop for `BLOCKED_SECONDS` or more in every run."""
    slept = min(watch.worst_slept for watch in world.seen.watches)
    real = min(watch.worst_real for watch in world.seen.watches)
    place = world.seen.watches[0].place
    if slept >= BLOCKED_SECONDS:
        raise ContractViolation(
            expected="no step of 0.1 s or more", observed=f"a step of {slept:g} s", when=f"at {place}"
        )
    if real >= BLOCKED_SECONDS:
        raise ContractViolation(
            expected="no step of 0.1 s or more", observed="a step of more than 0.1 s in three runs", when=f"at {place}"
        )
