"""The world of one run: how calls end, when they come, and how time passes around them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.exploration import Plan
from pytest_policy_contracts.simulation.policies import Policy, Recorded
from pytest_policy_contracts.simulation.schedules import Mode
from pytest_policy_contracts.verification.attempts import Attempt, Ended
from pytest_policy_contracts.verification.surroundings import surroundings
from pytest_policy_contracts.verification.violations import EnoughSeen
from pytest_policy_contracts.verification.world import Style, World
from tests.verification.little_contract import LittleHarness


def run(
    step: Callable[[World], Awaitable[Any]],
    policy: Policy | None = None,
    moments: tuple[float, ...] = (),
    style: Style = Style.ASYNC,
) -> Any:
    """Run one step in a world of its own."""
    plan = Plan(Choices(policy or Policy()), Mode.STOCK, moments=moments)
    world = World(LittleHarness(), frozenset(), style, plan, {})

    async def main() -> Any:
        return await step(world)

    with surroundings(style):
        try:
            return world.loop.complete(main())
        finally:
            world.close()


def attempted(call: Callable[[], Any], limit: float = 60) -> Attempt:
    async def step(world: World) -> Attempt:
        return await world.attempt(call, limit=limit)

    found: Attempt = run(step)
    return found


async def succeed() -> str:
    await asyncio.sleep(3)
    return "value"


async def fail() -> None:
    raise LookupError("gone")


async def leave() -> None:
    raise SystemExit(2)


async def cancel_itself() -> None:
    raise asyncio.CancelledError


async def hang() -> None:
    await asyncio.Event().wait()


async def spin() -> None:
    while True:
        await asyncio.sleep(0)


async def resist() -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


async def be_late() -> None:
    time.sleep(100)


@pytest.mark.parametrize(
    ("call", "ended", "text"),
    [
        (succeed, Ended.RETURNED, "it returned"),
        (lambda: "at once", Ended.RETURNED, "it returned"),
        (fail, Ended.RAISED, "it raised: LookupError: gone"),
        (leave, Ended.EXITED, "it tried to exit the process: SystemExit: 2"),
        (cancel_itself, Ended.CANCELLED, "it cancelled: CancelledError"),
        (hang, Ended.HUNG, "it did not end within 60 s: tests/verification/test_world.py:"),
        (spin, Ended.HUNG, "it did not end while no time passed: tests/verification/test_world.py:"),
        (resist, Ended.HUNG, "it did not end within 60 s"),
        (be_late, Ended.HUNG, "it ended only after 100 s"),
    ],
)
def test_how_a_call_ends(call: Callable[[], Any], ended: Ended, text: str) -> None:
    """Every way in which a call can end has its own name and its own words."""
    attempt = attempted(call)
    assert attempt.ended is ended
    assert str(attempt).startswith(text)


def test_a_call_that_ends_at_its_limit_is_in_time() -> None:
    """A limit is kept by whoever ends exactly then."""
    assert attempted(succeed, limit=3).ended is Ended.RETURNED
    assert attempted(succeed, limit=2.9).ended is Ended.HUNG
    assert attempted(succeed).seconds == 3.0


@pytest.mark.parametrize("begins", [0.0, 0.1, 1 / 3, 1e5 + 0.7])
def test_a_call_with_a_timeout_of_its_own_is_in_time(begins: float) -> None:
    """A call that gives itself up exactly at its limit ended, whatever rounding makes of the moment."""

    async def give_up() -> None:
        async with asyncio.timeout(30):
            await asyncio.Event().wait()

    async def step(world: World) -> Attempt:
        await asyncio.sleep(begins)
        return await world.attempt(give_up, limit=30)

    assert run(step).ended is Ended.RAISED


def test_a_call_is_cancelled_when_it_is_given_up() -> None:
    """A hanging call does not run on behind the back of what follows."""
    ended: list[str] = []

    async def linger() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    assert attempted(linger).ended is Ended.HUNG
    assert ended == ["ended"]


def test_attempts_are_ordered() -> None:
    """Calls and returns are numbered in the order in which they happened, for histories."""

    async def step(world: World) -> list[Attempt]:
        return await world.together([(asyncio.sleep, (2,)), (asyncio.sleep, (1,))], limit=60)

    slow, fast = run(step)
    assert slow.called < fast.called < fast.returned < slow.returned


def arrivals(decisions: list[int], moments: tuple[float, ...] = (5.0, 9.0)) -> list[float]:
    async def step(world: World) -> list[float]:
        async def come() -> None: ...

        found = await world.together([(come, ()), (come, ())], limit=1)
        assert all(attempt.ended is Ended.RETURNED for attempt in found)
        return [attempt.began_at for attempt in found]

    seen: list[float] = run(step, Recorded(decisions, stock=True), moments)
    return seen


def test_callers_come_when_the_schedule_says() -> None:
    """Undisturbed callers come at once; others after some turns or at a moment, without their limit suffering."""
    assert arrivals([]) == [0.0, 0.0]
    assert arrivals([2, 1, 3, 0]) == [9.0, 5.0] or arrivals([2, 3, 1, 0]) == [9.0, 5.0]
    assert arrivals([1, 7, 1, 3]) == [0.0, 0.0]
    assert arrivals([3, 3], moments=()) == [0.0, 0.0]


def test_a_single_caller_is_never_late() -> None:
    """Arriving late means something among several callers only."""

    async def step(world: World) -> float:
        return (await world.attempt(succeed, limit=10)).began_at

    assert run(step, Recorded([3, 3, 3], stock=True), (5.0,)) == 0.0


def test_passing_time_runs_what_is_due() -> None:
    """An hour passes with everything that the subject does in it, and takes exactly an hour."""

    async def step(world: World) -> tuple[list[str], float]:
        seen: list[str] = []
        world.loop.call_later(1800, seen.append, "due")
        world.loop.call_later(7200, seen.append, "not due")
        await world.pass_time(3600)
        return seen, world.clock.now

    assert run(step) == (["due"], 3600.0)


def test_what_is_remembered_is_computed_once() -> None:
    """What is the same in all runs is computed by the first one that needs it."""
    computed = []

    async def step(world: World) -> list[int]:
        async def compute() -> int:
            computed.append(1)
            return len(computed)

        return [await world.remember("key", compute) for _ in range(3)]

    assert run(step) == [1, 1, 1]


def test_a_run_may_end_early() -> None:
    """A run that was made for counting ends where it has seen enough."""

    async def step(world: World) -> None:
        world.enough_seen()

    with pytest.raises(EnoughSeen):
        run(step)


def test_synchronous_calls_run_on_threads_of_the_world() -> None:
    """A synchronous subject sleeps in virtual time, and is told apart when it hangs."""

    def sleep() -> float:
        time.sleep(20)
        return time.monotonic()

    async def step(world: World) -> list[Attempt]:
        return await world.together([(sleep, ()), (sleep, ())], limit=60)

    found = run(step, style=Style.SYNC)
    assert [(attempt.ended, attempt.value) for attempt in found] == [(Ended.RETURNED, 20.0)] * 2


def test_synchronous_calls_fail_in_their_own_ways() -> None:
    """Errors, exits and overruns of synchronous calls are told apart as well."""

    def fail_now() -> None:
        raise LookupError("gone")

    def leave_now() -> None:
        raise SystemExit(2)

    async def step(world: World) -> list[Ended]:
        return [(await world.attempt(call, limit=5)).ended for call in (fail_now, leave_now, lambda: time.sleep(6))]

    assert run(step, style=Style.SYNC) == [Ended.RAISED, Ended.EXITED, Ended.HUNG]


def test_who_has_come_to_a_stop_does_not_answer_again() -> None:
    """A subject whose threads are stuck for good may be asked again: it hangs at the same place, and time may pass."""

    def wait_for_ever() -> None:
        threading.Event().wait()

    async def step(world: World) -> list[Attempt]:
        first = await world.attempt(wait_for_ever, limit=5)
        await world.settle()
        return [first, *await world.together([(wait_for_ever, ()), (time.time, ())], limit=5)]

    first, *others = run(step, style=Style.SYNC)
    assert first.ended is Ended.HUNG and "in wait_for_ever" in first.place
    assert [(one.ended, one.place) for one in others] == [(Ended.HUNG, first.place)] * 2
