"""The vocabulary of the contract HealthAggregator: many callers, late evaluations, and answers beside each other."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from pytest_policy_contracts.contracts import AggregatorConfig
from pytest_policy_contracts.environment.supplied_providers import KeepsItsReports, SuppliedProvider, says
from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.steps import aggregated_values, cancelling, explained_answers, leftovers
from pytest_policy_contracts.steps.aggregating import (
    CACHES,
    CONCURRENT,
    add,
    asks,
    check,
    create_aggregator,
    limit_of,
    note,
    remove,
    require_answer,
    supply,
)
from pytest_policy_contracts.steps.asking_together import (
    A_SECOND,
    ANCHOR,
    a_few,
    add_flaky,
    ask_together,
    burst,
    caller,
    changer,
    claim_whole,
    create_slow,
    note_changed_meanwhile,
    note_forced_meanwhile,
    read_answers,
)
from pytest_policy_contracts.steps.health_aggregator import (
    HEALTHY,
)
from pytest_policy_contracts.steps.vocabulary import given, then, when
from pytest_policy_contracts.verification.violations import left_to
from pytest_policy_contracts.verification.world import World

# -- given ----------------------------------------------------------------------------------------------------------------


@given("an aggregator with a provider that takes a second")
async def _(world: World) -> None:
    await create_slow(world)


@given("another provider that takes a second")
async def _(world: World) -> None:
    await supply(world, "guest", says(HEALTHY, seconds=A_SECOND))


@given("an aggregator with a provider whose first answer takes 2 seconds and the others none")
async def _(world: World) -> None:
    await create_aggregator(world, AggregatorConfig(cache_ttl=timedelta(seconds=10)))
    await supply(world, ANCHOR, says(HEALTHY, seconds=2.0), says(HEALTHY))


@given("an aggregator with a provider that keeps its reports")
async def _(world: World) -> None:
    await create_aggregator(world)
    world.seen.keeper = await supply(world, "keeper", kind=KeepsItsReports)


@given("an aggregator with providers that fail and recover")
async def _(world: World) -> None:
    await create_aggregator(world, AggregatorConfig(provider_timeout=timedelta(seconds=1)))
    await add_flaky(world)


# -- several callers ------------------------------------------------------------------------------------------------------


@when("three callers ask at the same time")
@when("three callers ask in the same evaluation")
async def _(world: World) -> None:
    await ask_together(world, [caller(world) for _ in range(3)])
    read_answers(world)


@when("three callers ask at the same time, of which two force a refresh")
async def _(world: World) -> None:
    await ask_together(world, [caller(world, force=number > 0) for number in range(3)])
    read_answers(world)


@when("{callers:d} callers ask at the same time, of which {forced:d} force a refresh")
async def _(world: World, callers: int, forced: int) -> None:
    await ask_together(world, [caller(world, force=number % (callers // forced) == 1) for number in range(callers)])
    read_answers(world)


@when("three callers ask at the same time, and the first is cancelled at each place where it waits")
async def _(world: World) -> None:
    points = CancelPoints(world.plan.place)
    await ask_together(world, [caller(world) for _ in range(3)], points=points)
    cancelling.note_cancellation(world, points, "check")


@when("it is asked, a refresh is forced while that is under way, and it is asked again twice")
async def _(world: World) -> None:
    calls = [caller(world), caller(world, force=True, after=1.0), caller(world, after=1.5), caller(world, after=2.5)]
    await ask_together(world, calls, longest=2.5)
    read_answers(world)
    note_forced_meanwhile(world)


@when("it is asked by several callers while a provider is added")
async def _(world: World) -> None:
    guest = SuppliedProvider("guest", world.seen.chronicle)
    await _ask_while(world, partial(add, world, guest))


@when("it is asked by several callers while that one is removed")
async def _(world: World) -> None:
    await _ask_while(world, partial(remove, world, "guest"))


async def _ask_while(world: World, change: Any) -> None:
    calls = [caller(world), changer(change, 0.5), caller(world, after=1.2), caller(world, after=2.0)]
    await ask_together(world, calls, longest=2.0)
    read_answers(world)
    note_changed_meanwhile(world)


@when("a few callers ask again and again while providers come and go")
async def _(world: World) -> None:
    await a_few(world)


@when("50 callers make 5,000 checks while providers come and go")
async def _(world: World) -> None:
    await burst(world)


@then("no evaluation was made that nobody needed")
async def _(world: World) -> None:
    with left_to(CACHES, CONCURRENT):
        explained_answers.claim_needed(world)


@then("each of those got the answer of an evaluation that began after its call")
async def _(world: World) -> None:
    with left_to(CACHES):
        explained_answers.claim_forced(world)


@then("each of them got a whole answer")
async def _(world: World) -> None:
    for attempt in world.seen.together:
        claim_whole(attempt)


@then("each of the others got a whole answer")
async def _(world: World) -> None:
    for attempt in world.seen.together[1:]:
        claim_whole(attempt)


@then("nobody got an older answer than one that had been given before")
async def _(world: World) -> None:
    with left_to(CACHES):
        explained_answers.claim_newest(world)


@then("every answer has the providers that were there during the whole of its evaluation")
async def _(world: World) -> None:
    explained_answers.claim_sets(world)


@then("every answer is one that some moment explains")
async def _(world: World) -> None:
    explained_answers.claim_explained(world)


# -- independence ---------------------------------------------------------------------------------------------------------


@when("two callers ask at the same time, and one of them alters its answer")
async def _(world: World) -> None:
    attempts = await world.together([(asks(world), ())] * 2, limit=limit_of(world))
    note(world, *attempts)
    first, other = (require_answer(attempt) for attempt in attempts)
    aggregated_values.note_answer(world, other)
    aggregated_values.alter(world, first)


@when("it is asked, the answer is altered, and it is asked again at once")
async def _(world: World) -> None:
    aggregated_values.alter(world, require_answer(await check(world)))
    await check(world)


@when("it is asked, the answer is altered, and a refresh is forced")
async def _(world: World) -> None:
    aggregated_values.alter(world, require_answer(await check(world)))
    await check(world, force=True)


@when("it is asked, and the provider alters what it has reported")
async def _(world: World) -> None:
    aggregated_values.note_answer(world, require_answer(await check(world)))
    leftovers.alter(world.seen.keeper.kept, aggregated_values.FIELDS)
    world.witness("an answer was altered", True)


@then("the answer of the other one is what it was")
@then("the answer is what it was")
async def _(world: World) -> None:
    aggregated_values.claim_untouched(world)


@then("the new answer shows nothing of the alteration")
async def _(world: World) -> None:
    aggregated_values.claim_unmarked(require_answer(world.seen.attempt))
