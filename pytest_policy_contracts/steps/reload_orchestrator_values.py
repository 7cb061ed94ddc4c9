"""The vocabulary of the contract ReloadOrchestrator: modules that come later, and values that are altered on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pytest_policy_contracts.contracts import ConfigChange, ConfigDiff
from pytest_policy_contracts.steps import reload_bursts, supplied_modules
from pytest_policy_contracts.steps.orchestrating import (
    LIMIT_SECONDS,
    NAMES,
    RELOADS,
    Asking,
    answered,
    ask,
    calls,
    claim_status,
    create,
    last_module,
    learn_order,
    note_settings,
    supplied,
)
from pytest_policy_contracts.steps.reloading import fresh
from pytest_policy_contracts.steps.supplied_modules import SuppliedModule, concerns
from pytest_policy_contracts.steps.vocabulary import given, then, when
from pytest_policy_contracts.verification.attempts import describe_error
from pytest_policy_contracts.verification.snapshots import same
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

LATE = "late"


# -- late modules ---------------------------------------------------------------------------------------------------------


async def _register(world: World, module: SuppliedModule) -> None:
    """Register a module as a caller of its own; note when, and what was raised."""
    called, error = world.seen.journal.tick(), None
    try:
        await answered(world.subject.register(module.name, module))
    except Exception as refusal:
        error = refusal
    world.seen.registered.append((module, called, error))


@when("a module is registered by another caller while a reload runs")
async def _(world: World) -> None:
    late = reload_bursts.numbering(world, LATE)
    world.seen.registered, world.seen.late = [], late

    async def register_later() -> None:
        await asyncio.sleep(0.3)
        await _register(world, late)

    changes = [*reload_bursts.numbered(world, 1).changes, ConfigChange.added(f"{LATE}.request-1", 1)]
    world.seen.asking = Asking(world, ConfigDiff.of(changes))
    note_settings(world)
    await world.together([(world.seen.asking.ask, ()), (register_later, ())], limit=LIMIT_SECONDS)
    began = min((call.began for call in calls(world)), default=0)
    registered = world.seen.registered[0][1] if world.seen.registered else 0
    world.seen.meanwhile = began < registered < world.seen.asking.returned
    world.witness("a module was registered while a reload ran", world.seen.meanwhile)


@then("that reload is completed without it")
async def _(world: World) -> None:
    _, _, error = world.seen.registered[0]
    if error is not None:
        raise ContractViolation(
            expected="the module is registered", observed=f"register() raised {describe_error(error)}"
        )
    asking: Asking = world.seen.asking
    claim_status(asking, "completed")
    if world.seen.meanwhile and any(call.module == LATE for call in calls(world)):
        raise ContractViolation(
            expected=f"{LATE} joins the next reload", observed=f"{LATE} was called in the one that ran"
        )
    world.seen.modules[LATE] = world.seen.late


@when("modules are registered under names that are taken, before and while a reload runs")
async def _(world: World) -> None:
    world.seen.registered, world.seen.expected_refusals = [], 2
    await _register(world, reload_bursts.numbering(world, NAMES[0]))

    async def register_later() -> None:
        await asyncio.sleep(0.3)
        await _register(world, reload_bursts.numbering(world, NAMES[1]))

    asking = Asking(world, reload_bursts.numbered(world, 1))
    await world.together([(asking.ask, ()), (register_later, ())], limit=LIMIT_SECONDS)
    world.witness("modules were registered under names that are taken", len(world.seen.registered) == 2)


@when("two callers register modules under one new name")
async def _(world: World) -> None:
    world.seen.registered, world.seen.expected_refusals = [], 1
    modules = [reload_bursts.numbering(world, LATE) for _ in range(2)]
    await world.together([(lambda one=one: _register(world, one), ()) for one in modules], limit=LIMIT_SECONDS)
    world.witness("two callers registered a module", len(world.seen.registered) == 2)


@then("each of them is refused with ValueError")
async def _(world: World) -> None:
    _claim_refusals(world)


@then("one of them is refused with ValueError")
async def _(world: World) -> None:
    _claim_refusals(world)
    world.seen.modules[LATE] = next(module for module, _, error in world.seen.registered if error is None)


def _claim_refusals(world: World) -> None:
    refusals = [error for _, _, error in world.seen.registered if isinstance(error, ValueError)]
    if len(refusals) != world.seen.expected_refusals:
        told = ", ".join(
            "accepted" if error is None else describe_error(error) for _, _, error in world.seen.registered
        )
        raise ContractViolation(
            expected=f"{world.seen.expected_refusals} of {len(world.seen.registered)} refused with ValueError",
            observed=told,
        )


# -- values ---------------------------------------------------------------------------------------------------------------


@given("an orchestrator with modules that alter what they are handed")
async def _(world: World) -> None:
    names = ("cache", "cache.pool", "cache.pool.shards")
    await create(world, [supplied(world, name) for name in names])
    for module in world.seen.modules.values():
        module.settings["cache.pool.shards.hosts"] = ["a", {"port": 1}]
        module.settings["cache.pool.shards.weights"] = {"a": [1, 2]}
    await learn_order(world)
    for module in world.seen.modules.values():
        module.chooses = _altering(module)


def _altering(module: SuppliedModule) -> Callable[[Any], supplied_modules.Behaviour]:
    return lambda changes: module.script.popleft() if module.script else supplied_modules.obey_and_mutate


def _nested() -> ConfigDiff:
    hosts, weights = "cache.pool.shards.hosts", "cache.pool.shards.weights"
    return ConfigDiff.of(
        [
            ConfigChange.modified(hosts, ["a", {"port": 1}], ["b", {"port": [2, 3]}]),
            ConfigChange.removed(weights, {"a": [1, 2]}),
            ConfigChange.added("cache.pool.shards.zones", {"eu": ["x"]}),
        ]
    )


@when("changes with nested values that concern several of them are requested")
async def _(world: World) -> None:
    note_settings(world)
    world.seen.asking = await ask(world, _nested())
    world.witness("changes with nested values were requested", True)


@when("changes with nested values that concern several of them are requested, and the last of them fails")
async def _(world: World) -> None:
    note_settings(world)
    world.seen.modules[world.seen.order[-1]].script += (supplied_modules.fail_half_way, supplied_modules.obey)
    world.seen.asking = await ask(world, _nested())
    claim_status(world.seen.asking, "failed", "ORC-004")
    world.witness("changes with nested values were requested", True)


@then("each module was handed the changes as they were requested")
async def _(world: World) -> None:
    for call in calls(world):
        wanted = [change for change in _nested().changes if concerns(change.path, call.module)]
        got = [change for change in call.changes if concerns(change.path, call.module)]
        if not same(_plain(got), _plain(wanted)):
            with left_to(RELOADS):
                observed = f"it was handed {got!r}"
                raise ContractViolation(expected=f"{call.module} is handed {wanted!r}", observed=observed)


@then("the changes that were requested are as they were")
async def _(world: World) -> None:
    observed = world.seen.asking.diff.changes
    if not same(_plain(observed), _plain(_nested().changes)):
        raise ContractViolation(expected=repr(_nested().changes), observed=repr(observed))


def _plain(changes: Iterable[Any]) -> list[Any]:
    return [(change.path, change.old, change.new) for change in changes]


_OLD: tuple[Any, ...] = (
    1,
    True,
    1.0,
    "1",
    None,
    (1, [2]),
    {"a": {"b": 1}},
    b"x",
    Decimal("1.0"),
    timedelta(seconds=1),
    [],
)
_NEW: tuple[Any, ...] = (True, 1, 1, 1, "None", [1, (2,)], {"a": {"b": True}}, "x", 1.0, 1, None)


def _of_every_type(world: World) -> ConfigDiff:
    found: list[ConfigChange] = []
    for name, module in world.seen.modules.items():
        for number, (old, new) in enumerate(zip(_OLD, _NEW, strict=True)):
            changed, removed, added = (f"{name}.{what}-{number}" for what in ("changed", "removed", "added"))
            module.settings.update({changed: old, removed: old})
            found.append(ConfigChange.modified(changed, old, new))
            found.append(ConfigChange.removed(removed, old))
            found.append(ConfigChange.added(added, new))
    note_settings(world)
    return ConfigDiff.of(fresh(found))


@when("settings of every type are added, changed and removed")
async def _(world: World) -> None:
    world.seen.asking = await ask(world, _of_every_type(world))
    world.witness("settings of every type were changed", True)


@when("settings of every type are added, changed and removed, and the last module fails")
async def _(world: World) -> None:
    last_module(world).script += (supplied_modules.fail_half_way, supplied_modules.obey)
    world.seen.asking = await ask(world, _of_every_type(world))
    claim_status(world.seen.asking, "failed", "ORC-004")
    world.witness("settings of every type were changed", True)
