"""The vocabulary of the contract HealthAggregator: events, publishers that raise, order, and closing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from pytest_policy_contracts.environment import publishing
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.environment.supplied_providers import Raises, says
from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.simulation.leaks import take_footprint
from pytest_policy_contracts.steps import aggregated_events, cancelling, leftovers
from pytest_policy_contracts.steps.aggregating import (
    ANSWERS,
    CUTS_OFF,
    ONE_FOR_ALL,
    SURVIVES_PANICS,
    asks,
    check,
    create_aggregator,
    limit_of,
    note,
    remove,
    reports_in,
    require_answer,
    supply,
)
from pytest_policy_contracts.steps.asking_together import (
    A_SECOND,
    ANCHOR,
    ask_together,
    caller,
    claim_whole,
    create_slow,
    note_forced_meanwhile,
    read_answers,
)
from pytest_policy_contracts.steps.health_aggregator import (
    FAULTY,
    HEALTHY,
    UNHEALTHY,
    create_with_three,
)
from pytest_policy_contracts.steps.vocabulary import given, then, when
from pytest_policy_contracts.verification.attempts import Attempt, Ended
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

AT_ONCE_SECONDS = 0.01
FIVE = ("delta", "alpha", "echo", "bravo", "charlie")


# -- given ----------------------------------------------------------------------------------------------------------------


@given("an aggregator with a provider that was healthy in an evaluation that takes 2 seconds, and is unhealthy since")
async def _(world: World) -> None:
    await create_aggregator(world)
    await supply(world, ANCHOR, says(HEALTHY, seconds=2.0), says(UNHEALTHY))


@given("an aggregator with a required and an optional provider whose statuses change")
async def _(world: World) -> None:
    await aggregated_events.create_that_changes(world, Publisher())


@given(
    "an aggregator with a required and an optional provider whose statuses change, and a publisher that returns an awaitable"
)
async def _(world: World) -> None:
    await aggregated_events.create_that_changes(world, Publisher(awaitable=True))


@given("an aggregator whose publisher {fault}, with a required and an optional provider whose statuses change")
async def _(world: World, fault: str) -> None:
    awaitable = fault == "raises when it is awaited"
    await aggregated_events.create_that_changes(world, Publisher(awaitable=awaitable, fault=publishing.raising))


@given("an aggregator whose publisher raises, with a provider that takes a second")
async def _(world: World) -> None:
    await create_slow(world, Publisher(fault=publishing.raising))


@given("an aggregator whose publisher raises, with three healthy providers")
async def _(world: World) -> None:
    await create_with_three(world, publisher=Publisher(fault=publishing.raising))


@given("an unhealthy provider")
async def _(world: World) -> None:
    await supply(world, FAULTY, says(UNHEALTHY))


@given("an aggregator with five providers of which each in turn is the slowest")
async def _(world: World) -> None:
    await create_five(world, fails=False)


@given("an aggregator with five providers of which each in turn is the one that raises")
async def _(world: World) -> None:
    await create_five(world, fails=True)


async def create_five(world: World, *, fails: bool) -> None:
    """Make an aggregator of five providers that end in another order each time, or of which another one raises."""
    await create_aggregator(world)
    for place, name in enumerate(FIVE):
        behaviours = [
            Raises(lambda: RuntimeError("the table is missing"))
            if fails and turn == place
            else says(HEALTHY, seconds=0.01 * ((place * 2 + turn) % len(FIVE)))
            for turn in range(len(FIVE))
        ]
        await supply(world, name, *behaviours)


@given("an aggregator with three healthy providers, with what is running noted")
async def _(world: World) -> None:
    world.seen.footprint = take_footprint(world.loop)
    world.seen.executors = []
    world.seen.warnings = len(world.memo["warnings"])
    await create_with_three(world)


# -- events ---------------------------------------------------------------------------------------------------------------


@when("a refresh is forced once for each of their statuses")
async def _(world: World) -> None:
    await aggregated_events.force_for_each(world)


@when("a refresh is forced, that provider is removed, and a refresh is forced again")
async def _(world: World) -> None:
    world.seen.expected = [(UNHEALTHY, UNHEALTHY), (HEALTHY, HEALTHY)]
    world.seen.steps = [await aggregated_events.force(world)]
    await remove(world, FAULTY)
    world.seen.steps.append(await aggregated_events.force(world))


@when("it is asked, a refresh is forced while that is under way, and another one when both have ended")
async def _(world: World) -> None:
    await ask_together(world, [caller(world), caller(world, force=True, after=1.0)], longest=1.0)
    read_answers(world)
    note_forced_meanwhile(world)
    await world.pass_time(A_SECOND)
    require_answer(await check(world, force=True))


@then("each evaluation published one evaluated event")
async def _(world: World) -> None:
    await aggregated_events.claim_evaluated(world)


@then("a changed event was published exactly where health or readiness changed")
async def _(world: World) -> None:
    aggregated_events.claim_changed(world)


@then("the last changed event came from the newer evaluation")
async def _(world: World) -> None:
    await aggregated_events.claim_not_inverted(world)


@then("each answer was what its providers said")
async def _(world: World) -> None:
    aggregated_events.claim_answers(world)


# -- publishers that raise ----------------------------------------------------------------------------------------------


@then("each of them got a whole answer in spite of that")
async def _(world: World) -> None:
    for attempt in world.seen.together:
        with left_to(ONE_FOR_ALL):
            claim_whole(attempt)


# -- order ----------------------------------------------------------------------------------------------------------------


@when("a refresh is forced five times")
async def _(world: World) -> None:
    world.seen.orders = getattr(world.seen, "orders", [])
    for _turn in FIVE:
        answer = require_answer(await check(world, force=True), SURVIVES_PANICS)
        world.seen.orders.append([one.module for one in reports_in(answer)])
        await world.pass_time(A_SECOND)


@when("the same is done with another aggregator")
async def _(world: World) -> None:
    await create_five(world, fails=False)
    for _turn in FIVE:
        world.seen.orders.append([one.module for one in reports_in(require_answer(await check(world, force=True)))])


@then("the reports came in the same order every time")
async def _(world: World) -> None:
    first, *others = world.seen.orders
    for number, order in enumerate(others, 2):
        if sorted(order) != sorted(FIVE) or sorted(first) != sorted(FIVE):
            with left_to(ANSWERS, SURVIVES_PANICS):
                raise ContractViolation(expected=f"reports of {', '.join(FIVE)}", observed=", ".join(order))
        if order != first:
            raise ContractViolation(expected=", ".join(first), observed=f"{', '.join(order)}, in answer {number}")


# -- ends -----------------------------------------------------------------------------------------------------------------


class TimedPoints(CancelPoints):
    """Remembers when the cancellation was delivered."""

    def __init__(self, world: World) -> None:
        super().__init__(world.plan.place)
        self._clock = world.clock
        self.hit_at: float | None = None

    def _cancel(self, task: asyncio.Task[Any]) -> None:
        if self.hit_at is None:
            self.hit_at = self._clock.now
        super()._cancel(task)


@when("it is asked, and the caller is cancelled at each place where it waits")
async def _(world: World) -> None:
    world.seen.points = points = TimedPoints(world)
    await check(world, points=points)
    cancelling.note_cancellation(world, points, "check")


@then("the caller returned at once, as cancelled")
async def _(world: World) -> None:
    attempt: Attempt = world.seen.attempt
    cancelling.claim_cancelled(attempt, "check")
    late = attempt.ended_at - world.seen.points.hit_at
    if late > AT_ONCE_SECONDS:
        raise ContractViolation(
            expected="the cancelled caller returns at once", observed=f"it returned {late:g} s later"
        )


@when("it is closed")
async def _(world: World) -> None:
    await close(world)


@when("it is closed while somebody is asking")
async def _(world: World) -> None:
    async def close_later() -> None:
        await asyncio.sleep(A_SECOND)
        answer: Any = world.subject.close()
        if isinstance(answer, Awaitable):
            await answer

    attempts = await world.together([(asks(world), ()), (close_later, ())], limit=2 * limit_of(world))
    note(world, *attempts)
    asking, closing = attempts
    world.witness("somebody was asking when it was closed", asking.began_at < A_SECOND <= asking.ended_at)
    _claim_closed(closing)
    if asking.ended is Ended.HUNG:
        with left_to(CUTS_OFF):
            raise ContractViolation(expected="whoever was asking gets to an end", observed=str(asking))


async def close(world: World) -> None:
    """Close the aggregator, which has to come to an end."""
    attempt = await world.attempt(world.subject.close, limit=limit_of(world))
    note(world, attempt)
    _claim_closed(attempt)


def _claim_closed(attempt: Attempt) -> None:
    if not attempt.accepted:
        raise ContractViolation(expected="it can be closed", observed=str(attempt))


@then("nothing is left running")
async def _(world: World) -> None:
    await leftovers.claim_nothing_left(world)
