"""The vocabulary of the contract TenantGuard: what a guard remembers and publishes, and what many callers do to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pytest_policy_contracts.environment.foreign_values import in_utc, read, repr_of
from pytest_policy_contracts.steps import guard_bursts, leftovers, remembering
from pytest_policy_contracts.steps.checking import now_of, require_same_clock
from pytest_policy_contracts.steps.guarding import (
    ALLOWS_ITS_PAIRS,
    BASICS,
    REMEMBERS,
    claim_nothing_recorded,
    claim_recorded,
    handed_in,
    listed,
    matches,
    plain,
    recent,
    settled_events,
)
from pytest_policy_contracts.steps.vocabulary import then, when
from pytest_policy_contracts.verification.snapshots import noted, same
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

A_MOMENT = timedelta(seconds=1)
FIELDS = ("kind", "severity", "tenant_id", "target_id", "timestamp", "details")


# -- records and events ---------------------------------------------------------------------------------------------------


@then("each of them is recorded")
async def _(world: World) -> None:
    with left_to(*BASICS):
        await claim_recorded(world)


@then("each of them is recorded, or the guard was refused")
async def _(world: World) -> None:
    if world.subject is not None:
        with left_to(*BASICS):
            await claim_recorded(world)


@then("none of them is recorded")
async def _(world: World) -> None:
    await claim_nothing_recorded(world)


@then("nothing is published")
async def _(world: World) -> None:
    events = await settled_events(world)
    if events:
        raise ContractViolation(expected="no event", observed=f"{len(events)} events: {repr_of(events)}")


@then("one event is published for each recorded violation")
async def _(world: World) -> None:
    records, events = await recent(world), await settled_events(world)
    if len(records) != len(events):
        observed = f"{len(events)} events for {len(records)} records"
        with left_to(*BASICS, ALLOWS_ITS_PAIRS):
            raise ContractViolation(expected="one event for each recorded violation", observed=observed)


@then("one event is published for each of them")
async def _(world: World) -> None:
    events, number = await settled_events(world), len(handed_in(world))
    if len(events) != number:
        with left_to(*BASICS):
            raise ContractViolation(expected=f"{number} events", observed=f"{len(events)} events")


@when("the recent violations are read and altered")
async def _(world: World) -> None:
    world.seen.noted = noted(plain(await recent(world)))
    leftovers.alter(await recent(world), FIELDS)
    world.witness("the recent violations were altered", bool(world.seen.noted))


@when("the violations handed in are altered")
async def _(world: World) -> None:
    world.seen.noted = noted(plain(await recent(world)))
    leftovers.alter([one.violation for one in handed_in(world)], FIELDS)
    world.witness("the violations handed in were altered", bool(world.seen.noted))


@then("the recent violations are what they were")
async def _(world: World) -> None:
    now = noted(plain(await recent(world)))
    if not same(now, world.seen.noted):
        raise ContractViolation(expected=repr_of(world.seen.noted), observed=repr_of(now))


@then("it is recorded with a timestamp that has a timezone, and the time of the access")
async def _(world: World) -> None:
    for record in await _records_of_all(world):
        stamp, now = in_utc(read(record, "timestamp")), now_of(world)
        if stamp is None:
            observed = f"timestamp is {repr_of(read(record, 'timestamp'))}"
            raise ContractViolation(expected="a timestamp with a timezone", observed=observed)
        require_same_clock(stamp, now, "the guard", "timestamp")
        if abs(stamp - now) > A_MOMENT:
            raise ContractViolation(expected=f"timestamp {now}", observed=f"timestamp is {stamp}")


@then("each of them is recorded with its own timestamp")
async def _(world: World) -> None:
    for record, one in zip(await _records_of_all(world), handed_in(world), strict=True):
        stamp = read(record, "timestamp")
        if in_utc(stamp) != one.access.timestamp:
            expected = f"timestamp {one.access.timestamp} of {one.access}"
            raise ContractViolation(expected=expected, observed=f"timestamp is {repr_of(stamp)}")


async def _records_of_all(world: World) -> list[Any]:
    """Return the record of each access handed in, in their order."""
    records = await recent(world)
    found = [next((r for r in records if matches(r, one.access)), None) for one in handed_in(world)]
    if None in found:
        with left_to(*BASICS):
            raise ContractViolation(expected="each of them is recorded", observed=f"recorded: {listed(records)}")
    return found


# -- any sequence, several at once ----------------------------------------------------------------------------------------


@when("guards with any room are handed any sequence of accesses, and are asked in between")
def _(world: World) -> None:
    remembering.try_any_sequence(world)


@then("the recent violations were always those of a bounded queue")
async def _(world: World) -> None:
    with left_to(*BASICS):
        remembering.claim_always_queue(world)


@when("more violations are handed in than the default has room for")
async def _(world: World) -> None:
    if world.subject is not None:
        await remembering.overfill(world)


@then("no more are recorded than the default has room for")
async def _(world: World) -> None:
    if world.subject is not None:
        await remembering.claim_default_room(world)


@when("several callers hand in violations at the same time")
async def _(world: World) -> None:
    await guard_bursts.hand_in_together(world)


@when("several callers hand in violations while others read the recent ones")
async def _(world: World) -> None:
    await guard_bursts.hand_in_together(world, readers=guard_bursts.READERS)


@then("each violation is recorded once and whole")
async def _(world: World) -> None:
    with left_to(*BASICS):
        await guard_bursts.claim_each_once(world)


@then("the recent violations are the newest of some order")
async def _(world: World) -> None:
    with left_to(*BASICS, REMEMBERS):
        await guard_bursts.claim_newest(world)


@then("each reading is whole and in order")
async def _(world: World) -> None:
    with left_to(*BASICS, REMEMBERS):
        await guard_bursts.claim_whole_readings(world)


@when("a few tenants make mixed accesses at the same time")
async def _(world: World) -> None:
    await guard_bursts.make_mixed_accesses(world, guard_bursts.CALLERS, 7 * guard_bursts.CALLERS)


@when("50 tenants make 10,000 mixed accesses at the same time")
async def _(world: World) -> None:
    await guard_bursts.make_mixed_accesses(world, guard_bursts.TENANTS, guard_bursts.BURST)


@then("every decision is the expected one")
async def _(world: World) -> None:
    with left_to(*BASICS, "TNT-005", "TNT-006"):
        guard_bursts.claim_expected_decisions(world)


@when("a flood of violations comes from ever new tenants")
async def _(world: World) -> None:
    await remembering.flood(world)


@then("the memory in use does not grow with them")
async def _(world: World) -> None:
    remembering.claim_bounded(world)
