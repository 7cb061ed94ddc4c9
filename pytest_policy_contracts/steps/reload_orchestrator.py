"""The vocabulary of the contract ReloadOrchestrator: reloads, modules that misbehave, and rollbacks."""

from __future__ import annotations

from datetime import timedelta

from pytest_policy_contracts.contracts import ConfigDiff, OrchestratorConfig
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.steps import reload_events, rollbacks, supplied_modules
from pytest_policy_contracts.steps.harness_doubts import require_shape
from pytest_policy_contracts.steps.orchestrating import (
    NAMES,
    RELOADS,
    ROLLS_BACK,
    after,
    ask,
    ask_for_changes,
    calls,
    changes_for,
    changes_of_every_kind,
    claim_completed,
    claim_named,
    claim_original,
    claim_settings,
    claim_status,
    create,
    ends_of,
    learn_order,
    note_settings,
    place,
    settled_events,
    supplied,
    watch,
)
from pytest_policy_contracts.steps.supplied_modules import (
    SuppliedModule,
    SynchronousModule,
    concerns,
    order_of,
)
from pytest_policy_contracts.steps.vocabulary import given, style_probe, then, when
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

_FAILS = {
    "fails before it has its changes": supplied_modules.fail_before,
    "fails with half of its changes": supplied_modules.fail_half_way,
    "fails with all of its changes": supplied_modules.fail_after,
    "takes too long": supplied_modules.hang,
}
_PLACES = {"first": 0, "third": 2, "last": -1}


@style_probe("ReloadOrchestrator")
async def _(world: World, may_call: bool) -> bool | None:
    subject = await world.create(OrchestratorConfig(), Publisher())
    require_shape(world, subject, "register", "start", "stop", "request_reload")
    return True


# -- given ----------------------------------------------------------------------------------------------------------------


@given("an orchestrator with three modules")
async def _(world: World) -> None:
    await create(world)


@given("an orchestrator with three modules that have been reloaded before")
async def _(world: World) -> None:
    await create(world)
    await _have_reloaded(world)


@given("an orchestrator with four modules that have been reloaded before")
async def _(world: World) -> None:
    await create(world, [supplied(world, name) for name in NAMES])
    await _have_reloaded(world)


@given("an orchestrator with modules that take three seconds and have been reloaded before")
async def _(world: World) -> None:
    await create(world, [supplied(world, name, seconds=3.0) for name in NAMES[:3]])
    await _have_reloaded(world)


@given("an orchestrator with modules that take three of their four seconds and have been reloaded before")
async def _(world: World) -> None:
    four = timedelta(seconds=4)
    await create(world, [supplied(world, name, seconds=3.0, timeout=four) for name in NAMES[:3]])
    await _have_reloaded(world)


async def _have_reloaded(world: World) -> None:
    await learn_order(world)
    await settled_events(world)
    reload_events.note_events(world)
    world.seen.asked.clear()
    note_settings(world)


@given("an orchestrator with modules whose names begin alike")
async def _(world: World) -> None:
    await create(world, [supplied(world, name) for name in ("cache", "cached", "cache.pool")])


@given("an orchestrator with a module between two others whose reload is a plain function")
async def _(world: World) -> None:
    kinds = (SuppliedModule, SynchronousModule, SuppliedModule)
    await create(world, [supplied(world, name, kind) for name, kind in zip(NAMES[:3], kinds, strict=True)])


@given("an orchestrator with modules that take most of their different timeouts")
async def _(world: World) -> None:
    limits = dict(zip(NAMES[:3], (10, 100, 40), strict=True))
    await create(
        world,
        [supplied(world, name, seconds=0.9 * s, timeout=timedelta(seconds=s)) for name, s in limits.items()],
    )


@given("an orchestrator with a default timeout of {seconds:d} seconds")
async def _(world: World, seconds: int) -> None:
    await create(world, config=OrchestratorConfig(default_timeout=timedelta(seconds=seconds)))
    await _have_reloaded(world)


# -- reloads --------------------------------------------------------------------------------------------------------------


@when("changes for every module are requested")
async def _(world: World) -> None:
    await ask_for_changes(world)
    world.witness("a reload was requested", True)


@when("changes of every kind are requested for every module")
async def _(world: World) -> None:
    note_settings(world)
    world.seen.asking = await ask(world, changes_of_every_kind(world))
    world.witness("a reload was requested", True)


@when("changes of every kind are requested for one of the modules")
async def _(world: World) -> None:
    note_settings(world)
    world.seen.asking = await ask(world, changes_of_every_kind(world, NAMES[1]))
    world.witness("a reload was requested", True)


@given("two orchestrators with the same modules")
async def _(world: World) -> None:
    world.seen.orders = []


@when("each of them reloads the modules three times")
async def _(world: World) -> None:
    for _ in range(2):
        await create(world, [supplied(world, name) for name in NAMES])
        for _ in range(3):
            claim_completed(await ask_for_changes(world))
            world.seen.orders.append(order_of(calls(world)))
    world.witness("the modules were reloaded several times", all(world.seen.orders))


@then("the modules were reloaded in the same order every time")
async def _(world: World) -> None:
    first, *others = world.seen.orders
    for number, order in enumerate(others, 2):
        if order != first:
            expected = f"reloaded in the order {', '.join(first)}"
            raise ContractViolation(expected=expected, observed=f"reload {number}: {', '.join(order)}")


@then("the reload is completed")
async def _(world: World) -> None:
    claim_completed(world.seen.asking)


@then("each module got every change that concerns it, once")
async def _(world: World) -> None:
    for name in world.seen.modules:
        wanted = [change for change in world.seen.asking.diff.changes if concerns(change.path, name)]
        got = [c for call in calls(world) if call.module == name for c in call.changes if concerns(c.path, name)]
        if [change.path for change in got] != [change.path for change in wanted]:
            expected = f"{name} gets {', '.join(change.path for change in wanted) or 'nothing'}"
            observed = f"{name} got {', '.join(change.path for change in got) or 'nothing'}"
            raise ContractViolation(expected=expected, observed=observed)


@then("the outcome names the modules that changes concern as applied")
async def _(world: World) -> None:
    changes = world.seen.asking.diff.changes
    concerned = [name for name in world.seen.modules if any(concerns(change.path, name) for change in changes)]
    claim_named(world.seen.asking, "applied", concerned)


@then("each module has the new settings")
async def _(world: World) -> None:
    claim_settings(world, after(world.seen.noted, world.seen.asking.diff), "after a completed reload", RELOADS)


# -- modules that cannot --------------------------------------------------------------------------------------------------


@when("changes are requested while one of the modules says that it cannot reload")
async def _(world: World) -> None:
    watch(world, NAMES[1]).answers.append(False)
    await ask_for_changes(world)
    watch(world, NAMES[1]).answers.clear()
    world.witness("a reload was requested", True)


@when("changes are requested while one of the modules raises when it is asked whether it can reload")
async def _(world: World) -> None:
    module = watch(world, NAMES[1])
    module.answers.append(supplied_modules.ModuleFailed("it is not known whether it can reload"))
    await ask_for_changes(world)
    if module.answers:
        with left_to(RELOADS):
            observed = f"nobody asked it: {world.seen.asking}"
            raise ContractViolation(expected=f"{module.name} is asked whether it can reload", observed=observed)
    world.witness("a reload was requested", True)


@then("the reload has failed")
async def _(world: World) -> None:
    claim_status(world.seen.asking, "failed")


@then("the outcome names that module as {field:w}")
async def _(world: World, field: str) -> None:
    claim_named(world.seen.asking, field, [world.seen.that_module], RELOADS)


@then("that module was not reloaded")
async def _(world: World) -> None:
    if any(call.module == world.seen.that_module for call in calls(world)):
        name = world.seen.that_module
        raise ContractViolation(expected=f"{name} is not reloaded", observed=f"{name} was reloaded")


@then("the other modules have the new settings")
async def _(world: World) -> None:
    expected = after(world.seen.noted, world.seen.asking.diff)
    expected.pop(world.seen.that_module)
    claim_settings(world, expected, "after a completed reload", RELOADS)


@then("each module has the settings that it had")
async def _(world: World) -> None:
    claim_original(world, ROLLS_BACK)


@then("the other modules have the settings that they had")
async def _(world: World) -> None:
    claim_original(world, ROLLS_BACK, but=[world.seen.that_module])


# -- no changes -----------------------------------------------------------------------------------------------------------


@when("a reload without changes is requested")
async def _(world: World) -> None:
    note_settings(world)
    world.seen.asking = await ask(world, ConfigDiff())
    world.witness("a reload was requested", True)


@when("a reload without changes is requested between two with changes")
async def _(world: World) -> None:
    first = place(world, changes_for(world, NAMES[0]))
    world.seen.asking = place(world, ConfigDiff())
    last = place(world, changes_for(world, NAMES[1]))
    await ends_of(world, first, world.seen.asking, last)
    for asking in (first, last):
        claim_completed(asking)
    world.witness("a reload was requested", True)


@then("the outcome is noop")
async def _(world: World) -> None:
    claim_status(world.seen.asking, "noop")


@then("no module was called")
async def _(world: World) -> None:
    found = [call for call in world.seen.journal.calls if call.began > world.seen.mark]
    if found:
        observed = ", ".join(f"{call.module}.{call.what}()" for call in found)
        raise ContractViolation(expected="no call of a module", observed=observed)


@then("one noop event is published, and nothing else")
async def _(world: World) -> None:
    reload_events.claim_kinds(await settled_events(world), ["noop"])


@then("one noop event is published, and no started event belongs to it")
async def _(world: World) -> None:
    reload_events.claim_noop_apart(await settled_events(world), started=2)


# -- failures -------------------------------------------------------------------------------------------------------------


@when("changes are requested of which the {which:w} module {fails}")
async def _(world: World, which: str, fails: str) -> None:
    module = watch(world, world.seen.order[_PLACES[which]])
    module.script.append(_FAILS[fails])
    if fails == "takes too long":
        module.timeout = min(module.timeout, timedelta(seconds=4))  # type: ignore[type-var]
    await ask_for_changes(world)
    world.witness("the module was reloaded", not module.script)


@then("the modules reloaded before it were rolled back, each once and in reverse order")
async def _(world: World) -> None:
    rollbacks.claim_rolled_back_in_reverse(world, world.seen.that_module)


@then("the failing module was asked to restore itself, or is listed as dirty")
async def _(world: World) -> None:
    rollbacks.claim_restored_or_dirty(world, world.seen.that_module)


@then("each module that is not dirty has the settings that it had")
async def _(world: World) -> None:
    await rollbacks.claim_clean_ones_original(world, ROLLS_BACK)


@when("changes are requested, the last module fails, and one of the others {fails} when it is rolled back")
async def _(world: World, fails: str) -> None:
    behaviours = {
        "raises": supplied_modules.fail_before,
        "panics": supplied_modules.panic(supplied_modules.Panic("nobody has foreseen this")),
        "hangs": supplied_modules.hang,
    }
    *_, middle, _, last = world.seen.order
    stuck = watch(world, middle)
    stuck.timeout = timedelta(seconds=4)
    stuck.script += (supplied_modules.obey, behaviours[fails])
    world.seen.modules[last].script.append(supplied_modules.fail_before)
    await ask_for_changes(world)
    with left_to(RELOADS, "ORC-007", ROLLS_BACK):
        _claim_used_up(stuck, "a rollback was tried")
    world.witness("a rollback failed", True)


def _claim_used_up(module: SuppliedModule, what: str) -> None:
    if module.script:
        raise ContractViolation(expected=f"{what} of {module.name}", observed="it was not")


@when("changes are requested, the last module fails, and none of them can be rolled back")
async def _(world: World) -> None:
    *others, last = world.seen.order
    for name in others:
        world.seen.modules[name].script += (supplied_modules.obey, supplied_modules.fail_before)
    world.seen.modules[last].script += (supplied_modules.fail_half_way, supplied_modules.fail_before)
    await ask_for_changes(world)
    world.witness("a rollback failed", True)


@then("the rest of the modules are back all the same")
async def _(world: World) -> None:
    claim_status(world.seen.asking, "failed", "ORC-007")
    claim_original(world, ROLLS_BACK, but=[world.seen.that_module])


@then("the rollback is told as {status:w}, with the modules that are back")
async def _(world: World, status: str) -> None:
    last = world.seen.order[-1]
    others = rollbacks.reloaded_before(world, last)
    dirty = [last] if last in world.seen.asking.names("dirty") else []
    await rollbacks.claim_told(world, "partial" if dirty else status, others, dirty)


@then("the rollback is told as {status:w}, with the modules that are back and those that are not")
async def _(world: World, status: str) -> None:
    before = rollbacks.reloaded_before(world, world.seen.order[-1])
    back = [name for name in before if name != world.seen.that_module]
    await rollbacks.claim_told(world, status, back, [world.seen.that_module])


@then("the rollback is told as {status:w}, with the modules that are not back")
async def _(world: World, status: str) -> None:
    last = world.seen.order[-1]
    await rollbacks.claim_told(world, status, [], [*rollbacks.reloaded_before(world, last), last])


@then("the rollback is told as none")
async def _(world: World) -> None:
    claim_completed(world.seen.asking)
    rollbacks.claim_nothing_rolled_back(world)
