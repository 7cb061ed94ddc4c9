"""The vocabulary of the contract HealthAggregator: what is done, and what one caller asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any

from pytest_policy_contracts.contracts import AggregatorConfig, HealthStatus
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.environment.supplied_providers import (
    OwnReport,
    OwnStatus,
    Raises,
    ReturnsAwaitable,
    Says,
    SuppliedProvider,
    SyncProvider,
    says,
)
from pytest_policy_contracts.steps.aggregating import (
    check,
    create_aggregator,
    remove,
    require_answer,
    supply,
    try_call,
    ttl_of,
)
from pytest_policy_contracts.steps.harness_doubts import require_shape
from pytest_policy_contracts.steps.provider_faults import FAULTS, OTHER_ERRORS, TEMPORARY_ERRORS
from pytest_policy_contracts.steps.vocabulary import given, style_probe, when
from pytest_policy_contracts.verification.world import World

HEALTHY, DEGRADED = HealthStatus.HEALTHY, HealthStatus.DEGRADED
UNHEALTHY, UNKNOWN = HealthStatus.UNHEALTHY, HealthStatus.UNKNOWN

THREE = ("orders", "payments", "search")
FAULTY = "storage"
AFTER_IT = "tickets"
"""Stands behind the faulty one, so that whoever stops at the first error is seen."""

A_MINUTE = 60.0
JUST_BEFORE_SECONDS = 0.001
SLOW_SECONDS = (1.0, 1.5, 0.5, 2.0, 1.0)
NOT, REGISTERED, SAYS_SO = "required", "optional", "optional by its report"


@style_probe("HealthAggregator")
async def _(world: World, may_call: bool) -> bool | None:
    subject = await world.create(AggregatorConfig(), Publisher())
    require_shape(world, subject, "add_provider", "remove_provider", "check", "close")
    return True  # an aggregator is awaited


# -- given ----------------------------------------------------------------------------------------------------------------


@given("an aggregator")
async def _(world: World) -> None:
    await create_aggregator(world)


@given("an aggregator with three healthy providers")
async def _(world: World) -> None:
    await create_with_three(world)


async def create_with_three(
    world: World, config: AggregatorConfig | None = None, publisher: Publisher | None = None
) -> None:
    """Make an aggregator that asks three healthy providers."""
    await create_aggregator(world, config, publisher)
    await supply_three(world)


async def supply_three(world: World) -> None:
    """Add three healthy providers."""
    world.seen.healthy = list(THREE)
    for name in THREE:
        await supply(world, name)


@given("an aggregator with a provider timeout of 1 second, and three healthy providers")
async def _(world: World) -> None:
    await create_with_three(world, AggregatorConfig(provider_timeout=timedelta(seconds=1)))


@given("a provider among them that {faults}")
async def _(world: World, faults: str) -> None:
    kind, behaviour = FAULTS[faults]
    await supply(world, FAULTY, behaviour, kind=kind)
    await supply(world, AFTER_IT)
    world.seen.healthy.append(AFTER_IT)


@given("an optional provider that {fails}")
async def _(world: World, fails: str) -> None:
    kind, behaviour = FAULTS[fails]
    await supply(world, FAULTY, behaviour, kind=kind, optional=True)


@given("a required provider whose report is unhealthy and says that it is optional")
async def _(world: World) -> None:
    await supply(world, FAULTY, says(UNHEALTHY, optional=True))


@given("an optional provider whose report is unhealthy and does not say that it is optional")
async def _(world: World) -> None:
    await supply(world, FAULTY, says(UNHEALTHY), optional=True)


@given("a required provider whose reports say that they are optional, and that raises from the second time on")
async def _(world: World) -> None:
    await supply(world, FAULTY, says(HEALTHY, optional=True), FAULTS["raises"][1])


@given("a provider with a healthy, a degraded and a healthy report")
async def _(world: World) -> None:
    await supply(world, "several", says(HEALTHY, DEGRADED, HEALTHY))


@given("a provider with no reports")
async def _(world: World) -> None:
    await supply(world, "silent", says())


@given("providers whose statuses are words in any case, or of a type of their own")
async def _(world: World) -> None:
    await supply(world, "words", says("HEALTHY", "Degraded", "healthy"))
    await supply(world, "own", Says((OwnStatus.HEALTHY, OwnStatus.DEGRADED), make=OwnReport))


@given("a provider that is not awaited, and one that returns an awaitable")
async def _(world: World) -> None:
    await supply(world, "sync", says(DEGRADED), kind=SyncProvider)
    await supply(world, "awaitable", says(HEALTHY), kind=ReturnsAwaitable)


@given("an unhealthy provider that was removed again")
async def _(world: World) -> None:
    await supply(world, FAULTY, says(UNHEALTHY))
    require_answer(await check(world))
    await remove(world, FAULTY)
    await world.pass_time(ttl_of(world))


@given("an aggregator with providers that take 1, 1.5, 0.5, 2 and 1 seconds")
async def _(world: World) -> None:
    await create_aggregator(world)
    for number, seconds in enumerate(SLOW_SECONDS):
        await supply(world, f"slow-{number}", says(seconds=seconds))


@given("an aggregator with providers that take 1, 1.5, 0.5, 2 and 1 seconds, and of which every second one then raises")
async def _(world: World) -> None:
    await create_aggregator(world)
    for number, seconds in enumerate(SLOW_SECONDS):
        fails = Raises(lambda: RuntimeError("the table is missing"), seconds=seconds)
        await supply(world, f"slow-{number}", fails if number % 2 else says(seconds=seconds))


@given("an aggregator with a provider that is healthy once and then unhealthy")
async def _(world: World) -> None:
    await create_that_changes(world, AggregatorConfig())


@given("an aggregator with a cache TTL of 2 seconds, and a provider that is healthy once and then unhealthy")
async def _(world: World) -> None:
    await create_that_changes(world, AggregatorConfig(cache_ttl=timedelta(seconds=2)))


async def create_that_changes(world: World, config: AggregatorConfig) -> None:
    """Make an aggregator whose provider is healthy in its first call only."""
    await create_aggregator(world, config)
    world.seen.statuses = (HEALTHY, UNHEALTHY)
    await supply(world, FAULTY, says(HEALTHY), says(UNHEALTHY))


@given("an aggregator with a provider that raises once and is then healthy")
async def _(world: World) -> None:
    await create_aggregator(world)
    world.seen.statuses = (UNHEALTHY, HEALTHY)
    await supply(world, FAULTY, FAULTS["raises"][1], says(HEALTHY))


# -- asking ---------------------------------------------------------------------------------------------------------------


@when("it is asked")
async def _(world: World) -> None:
    await check(world)


@when("it is asked again after a minute")
async def _(world: World) -> None:
    await ask_after(world, A_MINUTE)


@when("it is asked again just before the answer expires")
async def _(world: World) -> None:
    await ask_after(world, ttl_of(world) - JUST_BEFORE_SECONDS)


@when("it is asked again at the moment when the answer expires")
async def _(world: World) -> None:
    await ask_after(world, ttl_of(world))


@when("it is asked again a moment later")
async def _(world: World) -> None:
    await ask_after(world, JUST_BEFORE_SECONDS)


@when("it is asked again at once")
async def _(world: World) -> None:
    await check(world)


@when("a refresh is forced at once")
async def _(world: World) -> None:
    await check(world, force=True)


async def ask_after(world: World, seconds: float) -> None:
    """Ask again after some time, if there was an answer."""
    require_answer(world.seen.attempt)
    await world.pass_time(seconds)
    await check(world)


@when("another provider is added under a name that is taken")
async def _(world: World) -> None:
    another = SuppliedProvider(THREE[0], world.seen.chronicle, says(UNHEALTHY))
    world.seen.refusal = await try_call(world, partial(world.subject.add_provider, another.name, another))


@when("a provider is removed under a name that nobody has")
async def _(world: World) -> None:
    world.seen.refusal = await try_call(world, partial(world.subject.remove_provider, "nobody"))


@when("aggregators are asked about every combination of two providers that are required, optional or say so themselves")
async def _(world: World) -> None:
    world.seen.told = []
    ways, statuses = (NOT, REGISTERED, SAYS_SO), (HEALTHY, DEGRADED, UNHEALTHY)
    for first, second in product(product(statuses, ways), repeat=2):
        await _ask_about(world, (first, second))


@when("aggregators are asked about a provider that does not know how it is, alone and beside others")
async def _(world: World) -> None:
    world.seen.told = []
    for word, way in product((UNKNOWN, "Unknown", OwnStatus.UNKNOWN), (NOT, REGISTERED)):
        await _ask_about(world, ((word, way),))
        await _ask_about(world, ((word, way), (HEALTHY, NOT)))
        await _ask_about(world, ((DEGRADED, NOT), (word, way)))


async def _ask_about(world: World, providers: Sequence[tuple[Any, str]]) -> None:
    """Ask a fresh aggregator about providers with a status each, that are optional in some way."""
    await create_aggregator(world)
    for number, (status, way) in enumerate(providers):
        behaviour = says(status, optional=way == SAYS_SO)
        await supply(world, f"provider-{number}", behaviour, optional=way == REGISTERED)
    world.seen.told.append((providers, await check(world)))


@when("it is asked about providers that raise each kind of temporary error")
async def _(world: World) -> None:
    for name, make in TEMPORARY_ERRORS.items():
        await supply(world, name, Raises(make, DEGRADED))
    await check(world)


@when("it is asked about providers that raise each kind of other error")
async def _(world: World) -> None:
    for name, make in OTHER_ERRORS.items():
        await supply(world, name, Raises(make))
    await check(world)
