"""The vocabulary of the contract TenantGuard."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from pytest_policy_contracts.contracts import GuardConfig, GuardMode, ViolationKind
from pytest_policy_contracts.environment import publishing
from pytest_policy_contracts.environment.foreign_values import read, repr_of, text_of
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.simulation.tasks import awaitable_as_coroutine
from pytest_policy_contracts.steps import confusable_ids, guard_bursts, guard_faults
from pytest_policy_contracts.steps.guarding import (
    ALLOWS_ITS_PAIRS,
    BASICS,
    FRIENDS,
    OTHER_KINDS,
    STRANGER,
    TENANT,
    Access,
    HandedIn,
    claim_allowed,
    claim_decided,
    claim_denied,
    create_guard,
    create_unless_refused,
    hand_in,
    handed_in,
    of_every_kind,
    require_decided,
    says_context_missing,
    whitelist,
)
from pytest_policy_contracts.steps.harness_doubts import require_shape
from pytest_policy_contracts.steps.vocabulary import given, style_probe, then, when
from pytest_policy_contracts.verification.violations import ContractViolation, NotApplicable, left_to
from pytest_policy_contracts.verification.world import World

ROOM = 100
NESTED = {"path": ["/data", {"rows": [1, 2]}], "caller": {"name": "job"}}
_FAULTS = {"raises": publishing.raising, "takes 60 seconds": publishing.slow}
_AWAITED_FAULTS = {"raises": publishing.raising, "takes 60 seconds": publishing.slow_awaitable}


@style_probe("TenantGuard")
async def _(world: World, may_call: bool) -> bool | None:
    subject = await world.create(GuardConfig(GuardMode.DISABLED), Publisher())
    require_shape(world, subject, "mode", "validate_access", "recent_violations")
    if inspect.iscoroutinefunction(subject.validate_access):
        return True
    if not may_call:
        return None
    result = subject.validate_access(Access().violation())
    if not inspect.isawaitable(result):
        return False
    world.loop.create_task(awaitable_as_coroutine(result)).cancel()
    return True


# -- given ----------------------------------------------------------------------------------------------------------------


@given("a guard in each mode")
async def _(world: World) -> None:
    world.seen.guards = [(mode, await create_guard(world, GuardConfig(mode))) for mode in GuardMode]


@given("a {mode:w} guard")
async def _(world: World, mode: str) -> None:
    await create_guard(world, GuardConfig(GuardMode(mode), {}, ROOM))


@given("a lenient guard with room for {room:d} violations")
async def _(world: World, room: int) -> None:
    await create_guard(world, GuardConfig(GuardMode.LENIENT, {}, room))


@given("a lenient guard that is asked to have room for {room:d} violations, unless it refuses")
async def _(world: World, room: int) -> None:
    await create_unless_refused(world, GuardConfig(GuardMode.LENIENT, {}, room))


@given('a guard whose mode is the plain string "{mode}", unless it refuses')
async def _(world: World, mode: str) -> None:
    await create_unless_refused(world, GuardConfig(mode, whitelist(), ROOM))


@given("a strict guard whose whitelist lets one tenant reach two others")
async def _(world: World) -> None:
    await create_guard(world, GuardConfig(GuardMode.STRICT, whitelist(), ROOM))


@given("a strict guard whose whitelist names patterns")
async def _(world: World) -> None:
    await _create_with_whitelist(world, confusable_ids.patterns())


@given("a strict guard whose whitelist names ids with separators")
async def _(world: World) -> None:
    await _create_with_whitelist(world, confusable_ids.whitelist_with_separators())


@given("a strict guard whose whitelist has empty ids")
async def _(world: World) -> None:
    await _create_with_whitelist(world, {"": [FRIENDS[0], ""], TENANT: ["", FRIENDS[0]]})


async def _create_with_whitelist(world: World, entries: dict[str, list[str]]) -> None:
    if not await create_unless_refused(world, GuardConfig(GuardMode.STRICT, entries, ROOM)):
        raise NotApplicable(f"the guard refuses such a whitelist: {world.seen.refused}")


@given("a strict guard whose whitelist lets half of the tenants reach their neighbour")
async def _(world: World) -> None:
    await create_guard(world, GuardConfig(GuardMode.STRICT, guard_bursts.burst_whitelist(), ROOM))


@given("a strict guard whose publisher returns an awaitable")
async def _(world: World) -> None:
    await create_guard(world, GuardConfig(GuardMode.STRICT, {}, ROOM), Publisher(awaitable=True))


@given("a {mode:w} guard with a publisher that {fault}")
async def _(world: World, mode: str, fault: str) -> None:
    await create_guard(world, GuardConfig(GuardMode(mode), {}, ROOM), Publisher(fault=_FAULTS[fault]))


@given("a {mode:w} guard with a publisher whose awaitable {fault}")
async def _(world: World, mode: str, fault: str) -> None:
    publisher = Publisher(awaitable=True, fault=_AWAITED_FAULTS[fault])
    await create_guard(world, GuardConfig(GuardMode(mode), {}, ROOM), publisher)


# -- handing in -----------------------------------------------------------------------------------------------------------


@when("each guard is asked for its mode")
async def _(world: World) -> None:
    world.seen.modes = [(mode, read(guard, "mode")) for mode, guard in world.seen.guards]
    world.witness("each guard was asked", len(world.seen.modes) == len(GuardMode))


@when("every kind of violation is handed in")
async def _(world: World) -> None:
    if world.subject is not None:
        await hand_in(world, *of_every_kind())


@when("a tenant reaches for what is its own")
async def _(world: World) -> None:
    await hand_in(world, *(Access(tenant_id=one, target_id=one) for one in (TENANT, STRANGER, " ", "0", "none")))


@when("an access without a tenant and without a target is handed in")
async def _(world: World) -> None:
    await hand_in(world, Access(tenant_id="", target_id=""))


@when("every other kind of violation is handed in by a tenant about itself")
async def _(world: World) -> None:
    await hand_in(world, *(Access(kind=kind, tenant_id=TENANT, target_id=TENANT) for kind in OTHER_KINDS))


@when("the tenant reaches for each of the two")
async def _(world: World) -> None:
    await hand_in(world, *(Access(tenant_id=TENANT, target_id=friend) for friend in FRIENDS))


@when("each of the two reaches for the tenant, and for each other")
async def _(world: World) -> None:
    one, other = FRIENDS
    pairs = ((one, TENANT), (other, TENANT), (one, other), (other, one))
    await hand_in(world, *(Access(tenant_id=tenant, target_id=target) for tenant, target in pairs))


@when("ids that look like those of the pair are used in place of either")
async def _(world: World) -> None:
    await hand_in(world, *confusable_ids.confused_pairs())


@when("ids that the patterns would match are used")
async def _(world: World) -> None:
    await hand_in(world, *confusable_ids.pattern_matches())


@when("the ids are split at their separators in another way")
async def _(world: World) -> None:
    await hand_in(world, *confusable_ids.split_otherwise())


@when("every other kind of violation is handed in between whitelisted tenants")
async def _(world: World) -> None:
    await hand_in(world, *(Access(kind=kind, target_id=friend) for kind in OTHER_KINDS for friend in FRIENDS))


@when("cross-tenant accesses with an empty id are handed in")
async def _(world: World) -> None:
    pairs = (("", FRIENDS[0]), (TENANT, ""))
    await hand_in(world, *(Access(tenant_id=tenant, target_id=target) for tenant, target in pairs))


@when("pairs are added to the mapping, and used")
async def _(world: World) -> None:
    entries: Any = world.seen.config.whitelist
    entries[TENANT].append(STRANGER)
    entries[STRANGER] = [TENANT]
    await hand_in(world, Access(target_id=STRANGER), Access(tenant_id=STRANGER, target_id=TENANT))


@when("the pairs are removed from the mapping, and used")
async def _(world: World) -> None:
    entries: Any = world.seen.config.whitelist
    entries[TENANT].clear()
    await hand_in(world, Access(target_id=FRIENDS[0]))
    entries.clear()
    await hand_in(world, Access(target_id=FRIENDS[1]))


@when("an access with a missing context is handed in")
async def _(world: World) -> None:
    await hand_in(world, *(Access(ViolationKind.MISSING_CONTEXT, tenant, FRIENDS[0]) for tenant in ("", TENANT)))


@when("a cross-tenant access is handed in")
async def _(world: World) -> None:
    await hand_in(world, Access(target_id=STRANGER))


@when("three violations are handed in")
async def _(world: World) -> None:
    if world.subject is not None:
        await hand_in(world, *(Access(tenant_id=f"tenant-{number}") for number in range(3)))


@when("ten violations are handed in")
async def _(world: World) -> None:
    await hand_in(world, *(Access(tenant_id=f"tenant-{number}") for number in range(10)))


@when("violations and allowed accesses are handed in")
async def _(world: World) -> None:
    allowed = (Access(target_id=FRIENDS[0]), Access(tenant_id=STRANGER, target_id=STRANGER))
    await hand_in(world, *of_every_kind(), *allowed, Access(tenant_id=STRANGER, target_id=FRIENDS[0]))


@when("violations with nested details are handed in")
async def _(world: World) -> None:
    await hand_in(world, *(Access(tenant_id=f"tenant-{number}", details=NESTED) for number in range(2)))


@when("a violation without a timestamp is handed in")
async def _(world: World) -> None:
    await hand_in(world, Access(timestamp=None))


@when("violations with timestamps of several timezones are handed in")
async def _(world: World) -> None:
    zones = (UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-11)))
    moments = [datetime(2020, 2, 29, 23, 59, 59, 999_999, zone) for zone in zones]
    await hand_in(
        world, *(Access(tenant_id=f"tenant-{number}", timestamp=moment) for number, moment in enumerate(moments))
    )


@when("accesses are handed in with {fault}")
async def _(world: World, fault: str) -> None:
    await guard_faults.hand_in_with(world, fault)


@when("the targets that exist have been seen to make accesses of their own")
async def _(world: World) -> None:
    await hand_in(world, *(Access(tenant_id=one, target_id=one) for one in (*FRIENDS, TENANT)))
    await hand_in(world, Access(tenant_id=FRIENDS[0], target_id=TENANT))


@when("a stranger reaches for a target that exists and for one that does not")
async def _(world: World) -> None:
    require_decided(world)
    world.seen.handed_in.clear()
    await hand_in(
        world, Access(tenant_id=STRANGER, target_id=FRIENDS[0]), Access(tenant_id=STRANGER, target_id="nobody")
    )


# -- decisions ------------------------------------------------------------------------------------------------------------


@then("each guard names the mode that it was configured with")
async def _(world: World) -> None:
    for mode, found in world.seen.modes:
        if mode not in (text_of(one).lower() for one in (read(found, "value", found), read(found, "name", ""))):
            raise ContractViolation(expected=f"mode is {mode}", observed=f"mode is {repr_of(found)}")


@then("each of them is denied")
async def _(world: World) -> None:
    for one in handed_in(world):
        with left_to(*world.seen.left_to):
            claim_denied(one)


@then("each of them is allowed")
async def _(world: World) -> None:
    for one in handed_in(world):
        with left_to(*BASICS, ALLOWS_ITS_PAIRS):
            claim_allowed(one)


@then("none of them is allowed")
async def _(world: World) -> None:
    for one in handed_in(world):
        if one.attempt.accepted:
            with left_to(*BASICS):
                raise ContractViolation(expected=f"not allowed: {one.access}", observed=str(one.attempt))


@then("each of them is decided as a {mode:w} guard does")
async def _(world: World, mode: str) -> None:
    for one in handed_in(world):
        with left_to(*BASICS):
            claim_decided(one, GuardMode(mode))


@then("each of them is denied, or the guard was refused")
async def _(world: World) -> None:
    for one in world.seen.handed_in:
        with left_to(*BASICS):
            claim_denied(one)


@then("the error says that the context is missing")
async def _(world: World) -> None:
    for one in handed_in(world):
        if not says_context_missing(one.attempt.error):
            expected = f"a TenantContextMissingError for {one.access}"
            with left_to(*world.seen.left_to):
                raise ContractViolation(expected=expected, observed=str(one.attempt))


@then("the error does not say that the context is missing")
async def _(world: World) -> None:
    for one in handed_in(world):
        if says_context_missing(one.attempt.error):
            raise ContractViolation(expected=f"another error for {one.access}", observed=str(one.attempt))


@then("the denials differ in nothing but the ids")
async def _(world: World) -> None:
    known, unknown = map(_without_ids, handed_in(world))
    if known != unknown:
        raise ContractViolation(expected=f"for both {known!r}", observed=f"for the one that does not exist {unknown!r}")


def _without_ids(one: HandedIn) -> str:
    with left_to(*BASICS):
        claim_denied(one)
    text = f"{type(one.attempt.error).__name__}: {text_of(one.attempt.error)}"
    for own in (one.access.tenant_id, one.access.target_id):
        text = text.replace(repr(own), "«id»").replace(own, "«id»")
    return text
