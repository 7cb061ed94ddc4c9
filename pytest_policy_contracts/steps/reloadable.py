"""The vocabulary of the contract Reloadable."""

from __future__ import annotations

import inspect
from typing import Any

from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.simulation.tasks import awaitable_as_coroutine
from pytest_policy_contracts.steps import concurrent_reloads, leftovers, observing, secrecy
from pytest_policy_contracts.steps.harness_doubts import require_shape
from pytest_policy_contracts.steps.reloading import (
    changes_of,
    claim_accepted,
    claim_cancelled,
    claim_one_of,
    is_sound_timeout,
    know_settings,
    known_part,
    note_cancellation,
    reload,
    reload_cancelled_at_place,
    require_accepted,
    require_end,
    require_end_after_cancellation,
    require_refused,
    settings_of,
)
from pytest_policy_contracts.steps.timeouts import claim_ended_in_time, read_timeouts
from pytest_policy_contracts.steps.unknown_settings import claim_unknown_harmless, unknown_change
from pytest_policy_contracts.steps.vocabulary import given, style_probe, then, when
from pytest_policy_contracts.verification.attempts import Ended, describe_error
from pytest_policy_contracts.verification.snapshots import same
from pytest_policy_contracts.verification.violations import ContractViolation
from pytest_policy_contracts.verification.world import World

AN_HOUR = 3600.0


@style_probe("Reloadable")
async def _(world: World, may_call: bool) -> bool | None:
    subject = await world.create()
    require_shape(world, subject, "can_reload", "reload_timeout", "reload")
    if inspect.iscoroutinefunction(subject.reload):
        return True
    if not may_call:
        return None
    result = subject.reload(await changes_of(world, "changes"))
    if not inspect.isawaitable(result):
        return False
    task = world.loop.create_task(awaitable_as_coroutine(result))
    task.cancel()
    return True


# -- given ----------------------------------------------------------------------------------------------------------------


@given("a fresh module")
async def _(world: World) -> None:
    world.subject = await world.create()


@given("a fresh module, with what is running noted")
async def _(world: World) -> None:
    await leftovers.create_with_footprint(world)


@given("its settings are noted")
async def _(world: World) -> None:
    world.seen.noted = await settings_of(world, world.subject)
    world.witness("the settings were read before and after", True)


@given("its original and its new settings are known")
async def _(world: World) -> None:
    await know_settings(world)


@given("the changes have been reloaded")
async def _(world: World) -> None:
    require_accepted(world, await reload(world, await changes_of(world, "changes")))


@given("the log is recorded at every level")
async def _(world: World) -> None:
    await secrecy.record_logs(world)


# -- reading the timeout --------------------------------------------------------------------------------------------------


@when("its reload timeout is read five times in an hour")
async def _(world: World) -> None:
    world.seen.readings = await read_timeouts(world, times=5, seconds=AN_HOUR)


@then("every reading is above zero and at most 24 hours")
async def _(world: World) -> None:
    for reading in world.seen.readings:
        if not is_sound_timeout(reading):
            expected = "a timedelta above 0:00:00 and at most 1 day, 0:00:00"
            raise ContractViolation(expected=expected, observed=f"reload_timeout is {reading!r}")


@then("all readings are the same")
async def _(world: World) -> None:
    first, *others = world.seen.readings
    for number, reading in enumerate(others, 2):
        if reading != first:
            when_read = f"reading {number} of {len(others) + 1}"
            raise ContractViolation(
                expected=f"reload_timeout is {first!r}", observed=f"reload_timeout is {reading!r}", when=when_read
            )


# -- asking ---------------------------------------------------------------------------------------------------------------


@when("it is asked whether it can reload")
async def _(world: World) -> None:
    world.seen.answers = [await world.attempt(world.subject.can_reload, limit=AN_HOUR)]
    world.witness("the module was asked", True)


@when("a hundred callers ask at the same time whether it can reload")
async def _(world: World) -> None:
    world.seen.answers = await world.together([(world.subject.can_reload, ())] * 100, limit=AN_HOUR)
    world.witness("a hundred callers asked", len(world.seen.answers) == 100)


@when("three callers ask whether it can reload while the changes are reloaded")
async def _(world: World) -> None:
    world.seen.answers = await concurrent_reloads.ask_during_reload(world, callers=3)


@then("every answer is a plain yes or no")
async def _(world: World) -> None:
    for answer in world.seen.answers:
        if answer.ended is not Ended.RETURNED or type(answer.value) is not bool:
            observed = repr(answer.value) if answer.accepted else str(answer)
            raise ContractViolation(expected="True or False", observed=observed)


@then("no answer took any time")
async def _(world: World) -> None:
    for answer in world.seen.answers:
        if answer.seconds > 0:
            raise ContractViolation(
                expected="an answer at once", observed=f"can_reload() answered after {answer.seconds:g} s"
            )


# -- reloading ------------------------------------------------------------------------------------------------------------


@when("the changes are reloaded")
async def _(world: World) -> None:
    await reload(world, await changes_of(world, "changes"))


@when("the alternative changes are reloaded")
async def _(world: World) -> None:
    await reload(world, await changes_of(world, "alternative_changes"))


@when("it is reloaded with no changes")
async def _(world: World) -> None:
    await reload(world, [])


@when("the invalid changes are reloaded")
async def _(world: World) -> None:
    # After another reload it is not certain that they are invalid.
    world.seen.invalid_alone = not hasattr(world.seen, "attempts")
    await reload(world, await changes_of(world, "invalid_changes"))


@when("the valid and the invalid changes are reloaded together")
async def _(world: World) -> None:
    world.seen.invalid_alone = False
    valid, invalid = await changes_of(world, "changes"), await changes_of(world, "invalid_changes")
    await reload(world, valid + invalid)


@when("the inverse changes are reloaded")
async def _(world: World) -> None:
    changes = await changes_of(world, "changes")
    await reload(world, list(await world.ask("inverse", changes)))


@then("the reload is accepted")
async def _(world: World) -> None:
    claim_accepted(world, world.seen.attempt)


@then("the reload ended within its timeout")
async def _(world: World) -> None:
    world.witness("the reload was called", True)
    claim_ended_in_time(world)


@then("the reload is refused with an exception")
async def _(world: World) -> None:
    world.witness("the invalid changes were handed in", True)
    attempt = world.seen.attempt
    require_end(world, attempt)
    if not attempt.refused:
        raise ContractViolation(expected="the reload is refused with an Exception", observed=str(attempt))


# -- settings afterwards --------------------------------------------------------------------------------------------------


@when("everything has settled")
async def _(world: World) -> None:
    await world.settle()


@then("its settings are what they were")
async def _(world: World) -> None:
    claim_one_of(await settings_of(world, world.subject), world.seen.noted)


@then("its settings are what they were unless the changes were accepted")
async def _(world: World) -> None:
    require_refused(world)
    claim_one_of(
        await settings_of(world, world.subject),
        world.seen.noted,
        when=f"after {describe_error(world.seen.attempt.error)}",
    )


@then("its settings are the new ones")
async def _(world: World) -> None:
    world.witness("the settings were read before and after", True)
    claim_one_of(await settings_of(world, world.subject), world.seen.new)


@then("its settings are the original ones")
async def _(world: World) -> None:
    world.witness("the reload had changed the settings", True)
    claim_one_of(await settings_of(world, world.subject), world.seen.original)


@then("its settings are the original or the new ones every time")
async def _(world: World) -> None:
    require_end_after_cancellation(world)
    claim_one_of(await settings_of(world, world.subject), world.seen.original, world.seen.new)


# -- cancelling -----------------------------------------------------------------------------------------------------------


@when("the reload is cancelled at each place where it waits")
async def _(world: World) -> None:
    await reload_cancelled_at_place(world)


@when("a reload is cancelled before its first step")
async def _(world: World) -> None:
    task = world.loop.create_task(_called(world.subject.reload(await changes_of(world, "changes"))))
    task.cancel()
    await world.settle(0.0)
    world.witness("the reload was cancelled before its first step", True)


def _called(result: Any) -> Any:
    """A future that is already under way is cancelled itself; a coroutine is cancelled with the task around it."""
    if inspect.isawaitable(result) and not inspect.iscoroutine(result) and hasattr(result, "cancel"):
        result.cancel()
    return awaitable_as_coroutine(result)


@then("the reload ends as cancelled every time")
async def _(world: World) -> None:
    claim_cancelled(world)


# -- several at once ------------------------------------------------------------------------------------------------------


@when("the changes and the alternative changes are reloaded at the same time")
async def _(world: World) -> None:
    await concurrent_reloads.reload_together(world, ["changes", "alternative_changes"])


@when("the changes are reloaded twice at the same time as the alternative changes")
async def _(world: World) -> None:
    await concurrent_reloads.reload_together(world, ["changes", "alternative_changes", "changes"])


@then("its settings are those of some serial order")
async def _(world: World) -> None:
    await concurrent_reloads.claim_serial_order(world)


# -- reading meanwhile ----------------------------------------------------------------------------------------------------


@when("its settings are read between any two steps of a reload")
async def _(world: World) -> None:
    await observing.read_during(world, await changes_of(world, "changes"))
    require_accepted(world, world.seen.attempt)


@when("its settings are read between any two steps of a reload of valid and invalid changes together")
async def _(world: World) -> None:
    world.seen.invalid_alone = False
    valid, invalid = await changes_of(world, "changes"), await changes_of(world, "invalid_changes")
    await observing.read_during(world, valid + invalid)
    require_refused(world)


@when("its settings are read between any two steps of a reload that is cancelled at each place where it waits")
async def _(world: World) -> None:
    points = CancelPoints(world.plan.place)
    await observing.read_during(world, await changes_of(world, "changes"), points)
    note_cancellation(world, points)


@then("every reading shows the original or the new settings")
async def _(world: World) -> None:
    observing.claim_whole_readings(world)


@then("every reading shows the original settings")
async def _(world: World) -> None:
    observing.claim_original_readings(world)


# -- what was handed in, and what is left ---------------------------------------------------------------------------------


@then("the changes handed in are what they were")
async def _(world: World) -> None:
    require_end(world, world.seen.attempt)
    world.witness("the changes were handed in", True)
    claim_one_of(world.seen.handed_in, world.seen.pristine)


@when("the changes handed in are altered")
async def _(world: World) -> None:
    leftovers.alter(world.seen.handed_in, ("old", "new"))


@then("nothing more is running than before")
async def _(world: World) -> None:
    require_end(world, world.seen.attempt)
    await leftovers.claim_nothing_left(world)


@when("the changes are reloaded while the event loop is watched")
async def _(world: World) -> None:
    async def call() -> None:
        require_end(world, await reload(world, await changes_of(world, "changes")))

    await observing.watch_loop(world, runs=3, call=call)


@then("the event loop was never blocked for 100 milliseconds")
async def _(world: World) -> None:
    observing.claim_not_blocked(world)


# -- unknown settings, secrets, orders ------------------------------------------------------------------------------------


@when("an unknown setting is reloaded")
async def _(world: World) -> None:
    await reload(world, [await unknown_change(world)])


@when("the changes and an unknown setting are reloaded together")
async def _(world: World) -> None:
    await reload(world, [*await changes_of(world, "changes"), await unknown_change(world)])


@then("the unknown setting is ignored or refused")
async def _(world: World) -> None:
    world.witness("the unknown setting was handed in", True)
    claim_unknown_harmless(world)


@then("its known settings are what they were")
async def _(world: World) -> None:
    claim_unknown_harmless(world)
    claim_one_of(known_part(await settings_of(world, world.subject), world.seen.noted), world.seen.noted)


@then("its known settings are the new ones, or the original ones if it was refused")
async def _(world: World) -> None:
    claim_unknown_harmless(world)
    world.witness("the settings were read before and after", True)
    wanted = world.seen.new if world.seen.attempt.accepted else world.seen.original
    claim_one_of(known_part(await settings_of(world, world.subject), wanted), wanted)


@then("no secret appears in an error, in the log or in the text form of the module")
async def _(world: World) -> None:
    require_end(world, world.seen.attempt)
    handed_in = repr([(change.old, change.new) for change in world.seen.pristine])
    world.witness("a secret was among the changes", any(secret in handed_in for secret in world.seen.secrets))
    module = world.subject
    texts = (("repr() of the module", repr(module)), ("str() of the module", str(module)))
    secrecy.claim_no_secret_in(world, texts)


@when("the changes are reloaded in other orders by other fresh modules")
async def _(world: World) -> None:
    await concurrent_reloads.reload_in_orders(world)


@then("the settings are the same in every order")
async def _(world: World) -> None:
    first, *others = world.seen.orders
    for order, settings in others:
        if not same(settings, first[1]):
            raise ContractViolation(expected=repr(first[1]), observed=repr(settings), when=f"in the order {order}")
