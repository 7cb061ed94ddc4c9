"""The vocabulary of the contract ReloadOrchestrator: requests that are given up, and modules that panic, hang or do not listen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from pytest_policy_contracts.contracts import GRACE
from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.steps import cancelling, reload_events, rollbacks, supplied_modules
from pytest_policy_contracts.steps.orchestrating import (
    LIMIT_SECONDS,
    NAMES,
    RELOADS,
    ROLLS_BACK,
    Asking,
    after,
    ask_for_changes,
    calls,
    changes_for,
    claim_completed,
    claim_ended,
    claim_named,
    claim_settings,
    claim_status,
    ends_of,
    note_settings,
    place,
    register,
    require_abandoned,
    require_called,
    settled_events,
    stop,
    watch,
)
from pytest_policy_contracts.steps.supplied_modules import DEAF_SECONDS, SuppliedModule, TimeoutAsMethod
from pytest_policy_contracts.steps.vocabulary import then, when
from pytest_policy_contracts.verification.attempts import Ended, describe_error
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

GRACE_SECONDS = GRACE.total_seconds()
SLACK_SECONDS = 3.0
"""How much longer than its limit a request may take: for the rollback, and for telling."""

DEAF_TIMEOUT_SECONDS = 10.0
_ASKS = {"can_reload": "ORC-002", "reload_timeout": "ORC-008", "reload": "ORC-001"}
"""The clause that says that a module is asked."""

_PANICS: dict[str, Callable[[], BaseException]] = {
    "a BaseException of its own": lambda: supplied_modules.Panic("nobody has foreseen this"),
    "SystemExit": lambda: SystemExit(3),
    "GeneratorExit": GeneratorExit,
    "CancelledError": lambda: asyncio.CancelledError("a scope of the module's own was cancelled"),
    "RecursionError": lambda: RecursionError("maximum recursion depth exceeded"),
    "RuntimeError": lambda: RuntimeError("the timeout is not known yet"),
}


# -- given up -------------------------------------------------------------------------------------------------------------


@when("changes are requested, and the request is cancelled at each place where it waits")
async def _(world: World) -> None:
    points = CancelPoints(world.plan.place)
    asking = world.seen.asking = Asking(world, changes_for(world))
    world.seen.attempt = await world.attempt(asking.ask, limit=LIMIT_SECONDS, points=points)
    if not world.plan.place:
        claim_completed(asking)
    cancelling.note_cancellation(world, points, "request")


@then("the caller sees the cancellation")
async def _(world: World) -> None:
    asking: Asking = world.seen.asking
    if asking.ended is not Ended.CANCELLED:
        raise ContractViolation(expected="the answer ends with CancelledError", observed=str(asking))


@then("all modules have the settings that they had, or all have the new ones")
async def _(world: World) -> None:
    await rollbacks.claim_all_or_none(world)


@then("the events tell how it ended")
async def _(world: World) -> None:
    await rollbacks.claim_end_told(world)


@then("the events tell of the rollback")
async def _(world: World) -> None:
    await rollbacks.claim_rollback_told(world)


@then("the orchestrator serves the next request")
async def _(world: World) -> None:
    await claim_next_served(world)


async def claim_next_served(world: World) -> None:
    """Claim that another request is completed, whatever happened before it."""
    for module in world.seen.modules.values():
        module.script.clear()
    asking = await ask_for_changes(world)
    claim_ended(asking)
    if "completed" not in asking.status:
        raise ContractViolation(expected="the next request is completed", observed=str(asking))


@then("each module is back, apart from one that is dirty because it failed")
async def _(world: World) -> None:
    await rollbacks.claim_back(world, ROLLS_BACK)


@when("changes are requested, and while the last module hangs the caller {how}")
async def _(world: World, how: str) -> None:
    hanging = world.seen.modules[world.seen.order[-1]]
    hanging.script.append(supplied_modules.hang)
    note_settings(world)
    if how == "has a deadline of its own":
        asking = await _ask_with_deadline(world, seconds=8.0)
    else:
        asking = place(world, changes_for(world))
        await world.pass_time(8.0)
        give_up(asking, through_answer=how == "cancels the answer")
        if how.endswith("again later"):
            await world.pass_time(1.0)
            give_up(asking)
    world.seen.asking = asking
    await world.settle(600.0)
    require_called(hanging)
    world.witness("the caller gave up while the module was hanging", True)


async def _ask_with_deadline(world: World, seconds: float) -> Asking:
    asking = Asking(world, changes_for(world))
    await world.attempt(lambda: asyncio.wait_for(asking.ask(), seconds), limit=LIMIT_SECONDS)
    return asking


def give_up(asking: Asking, *, through_answer: bool = False) -> None:
    """Cancel what awaits the outcome: the answer itself where it can be cancelled, else the task of the caller."""
    if through_answer and hasattr(asking.answer, "cancel"):
        asking.answer.cancel()
    elif asking.task is not None:
        asking.task.cancel()


@when("changes are requested, and while the last module hangs the orchestrator is stopped")
async def _(world: World) -> None:
    hanging = world.seen.modules[world.seen.order[-1]]
    hanging.script.append(supplied_modules.hang)
    note_settings(world)
    world.seen.asking = place(world, changes_for(world))
    await world.pass_time(3.0)
    await stop(world)
    await world.settle(600.0)
    require_called(hanging)
    world.witness("the orchestrator was stopped while the module was hanging", True)


# -- panics ---------------------------------------------------------------------------------------------------------------


@when("changes are requested, and the last module raises {what} in {where:w}")
async def _(world: World, what: str, where: str) -> None:
    module, error = watch(world, world.seen.order[-1]), _PANICS[what]()
    if where == "can_reload":
        module.answers.append(error)
    elif where == "reload_timeout":
        module.timeout = error
    else:
        module.script.append(supplied_modules.panic(error))
    world.situation = f"{module.name} raised {describe_error(error)} in {where}"
    await ask_for_changes(world)
    unused = bool(module.answers or module.script or module.timeout is error)
    world.witness("the module panicked", not unused)
    if unused:
        with left_to(_ASKS[where]):
            raise ContractViolation(expected=f"{module.name}.{where} is asked", observed=str(world.seen.asking))
    module.timeout = supplied_modules.A_MINUTE


@when("the last module panics in three requests")
async def _(world: World) -> None:
    module = watch(world, world.seen.order[-1])
    for _ in range(3):
        module.script.append(supplied_modules.panic(supplied_modules.Panic("nobody has foreseen this")))
        claim_status(await ask_for_changes(world), "failed")
        module.script.clear()
    world.witness("the module panicked", True)


# -- timeouts -------------------------------------------------------------------------------------------------------------


@when("changes are requested, and the last module hangs with a timeout of {timeout}")
async def _(world: World, timeout: str) -> None:
    name = world.seen.order[-1]
    module = watch(world, name)
    module.timeout = timedelta(seconds=int(timeout.split(maxsplit=1)[0]))
    module.script.append(supplied_modules.hang)
    if timeout.endswith("as method"):
        module.__class__ = TimeoutAsMethod
    await ask_for_changes(world)
    world.witness("the module was hanging", not module.script)


@then("that module was cut off after {seconds:d} seconds")
async def _(world: World, seconds: int) -> None:
    call = next(call for call in calls(world) if call.module == world.seen.that_module)
    took = call.ended_at - call.began_at
    if call.how != "cancelled" or not seconds - 0.01 <= took <= seconds + 1:
        ended = f"{call.how} after {took:g} s" if call.how else "still running"
        raise ContractViolation(
            expected=f"{call.module} is cancelled after {seconds} s", observed=f"{call.module}: {ended}"
        )


# -- deaf modules ---------------------------------------------------------------------------------------------------------


@when("changes are requested, and the last module ignores its cancellation")
async def _(world: World) -> None:
    module = deafen(world)
    await ask_for_changes(world)
    require_abandoned(world.seen.asking)
    world.witness("the module ignored its cancellation", not module.script)


def deafen(world: World) -> SuppliedModule:
    """Let the last module ignore its cancellation when it is reloaded next."""
    module = watch(world, world.seen.order[-1])
    module.timeout = timedelta(seconds=DEAF_TIMEOUT_SECONDS)
    module.script.append(supplied_modules.ignore_cancellation)
    return module


@then("the reload has failed after the timeout and the grace")
async def _(world: World) -> None:
    asking: Asking = world.seen.asking
    claim_status(asking, "failed")
    call = next(call for call in calls(world) if call.module == world.seen.that_module)
    took, limit = asking.returned_at - call.began_at, DEAF_TIMEOUT_SECONDS + GRACE_SECONDS
    if not limit - 0.01 <= took <= limit + SLACK_SECONDS:
        expected = f"given up after {limit:g} s, its timeout and the grace"
        with left_to("ORC-008"):
            raise ContractViolation(expected=expected, observed=f"the request ended {took:g} s after the module began")


@then("the outcome and the failed event name that module as quarantined")
async def _(world: World) -> None:
    claim_named(world.seen.asking, "quarantined", [world.seen.that_module])
    claim_named(world.seen.asking, "failed", [world.seen.that_module])
    reload_events.claim_event_names(await reload_events.failed_event(world), "quarantin", [world.seen.that_module])


@when("that module is registered anew")
async def _(world: World) -> None:
    old = world.seen.modules[world.seen.that_module]
    new = SuppliedModule(old.name, world.seen.journal, settings=world.seen.noted[old.name])
    try:
        await register(world, new)
    except Exception as error:
        raise ContractViolation(
            expected=f"a new {old.name} may be registered in the place of the quarantined one",
            observed=f"register() raised {describe_error(error)}",
        ) from error


@when("changes are requested, with two more behind, and the last module ignores its cancellation")
async def _(world: World) -> None:
    module = deafen(world)
    note_settings(world)
    world.seen.asking = place(world, changes_for(world))
    world.seen.behind = [place(world, changes_for(world, NAMES[0])) for _ in range(2)]
    await ends_of(world, world.seen.asking, *world.seen.behind)
    world.witness("the module ignored its cancellation", not module.script)


@then("the requests behind are completed within the timeout and the grace")
async def _(world: World) -> None:
    limit = DEAF_TIMEOUT_SECONDS + GRACE_SECONDS
    for asking in world.seen.behind:
        claim_ended(asking)
        if "completed" not in asking.status or asking.returned_at - asking.called_at > limit + 2 * SLACK_SECONDS:
            after_seconds = f" after {asking.returned_at - asking.called_at:g} s" if asking.status else ""
            with left_to("ORC-008"):
                raise ContractViolation(
                    expected=f"completed soon after {limit:g} s", observed=f"{asking}{after_seconds}"
                )


@when("changes are requested, and the last module takes three seconds to end when it is cancelled")
async def _(world: World) -> None:
    module = watch(world, world.seen.order[-1])
    module.timeout = timedelta(seconds=DEAF_TIMEOUT_SECONDS)
    module.script.append(supplied_modules.tidy_up_when_cancelled)
    await ask_for_changes(world)
    world.witness("the module made use of the grace", not module.script)


@then("no module is quarantined")
async def _(world: World) -> None:
    if world.seen.asking.names("quarantined"):
        raise ContractViolation(expected="no module quarantined", observed=str(world.seen.asking))


@then("the next reload reaches every module")
async def _(world: World) -> None:
    await claim_reaches_all(world)


async def claim_reaches_all(world: World) -> None:
    """Claim that the next request is completed, and that every module has the new settings."""
    await claim_next_served(world)
    claim_settings(world, after(world.seen.noted, world.seen.asking.diff), "after the next reload", RELOADS)


@when("it ends an hour later")
async def _(world: World) -> None:
    await settled_events(world)
    reload_events.note_events(world)
    await world.pass_time(DEAF_SECONDS + 100)
    world.witness("the module has ended", not any(supplied_modules.running(world.seen.journal.calls)))


@then("nothing more is published, and the orchestrator serves the next request")
async def _(world: World) -> None:
    found = await reload_events.new_events(world)
    if found:
        reload_events.claim_kinds(found, [])
    await claim_next_served(world)
