"""The vocabulary of the contract ReloadOrchestrator: the circuit, its probes, and callers that give up."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from pytest_policy_contracts.contracts import ConfigDiff, OrchestratorConfig
from pytest_policy_contracts.steps import reload_bursts, reload_circuits, supplied_modules
from pytest_policy_contracts.steps.orchestrating import (
    LIMIT_SECONDS,
    NAMES,
    Asking,
    ask,
    awaited,
    changes_for,
    claim_completed,
    claim_status,
    ends_of,
    note_settings,
    place,
)
from pytest_policy_contracts.steps.reload_bursts import ask_together, create_numbered, numbered
from pytest_policy_contracts.steps.reload_circuits import OPENS, PROBES
from pytest_policy_contracts.steps.vocabulary import given, then, when
from pytest_policy_contracts.verification.violations import ContractViolation
from pytest_policy_contracts.verification.world import World

# -- the circuit ----------------------------------------------------------------------------------------------------------


@given("an orchestrator whose circuit opens after {threshold:d} failures")
async def _(world: World, threshold: int) -> None:
    await reload_circuits.create_with_circuit(world, threshold)


@given("an orchestrator whose circuit opens after 2 failures, for 5 seconds at first and 12 at most")
async def _(world: World) -> None:
    await reload_circuits.create_with_circuit(world, 2, base=5, cap=12)


@when("reloads fail one after the other")
async def _(world: World) -> None:
    world.seen.failures = 0
    for _ in range(world.seen.config.failure_threshold + 1):
        world.seen.asking = await reload_circuits.fail(world)
        world.seen.failures += world.seen.asking.accepted
    world.witness("reloads failed", world.seen.failures > 0)


@then("exactly {threshold:d} of them were accepted, and the next one is refused")
async def _(world: World, threshold: int) -> None:
    if world.seen.failures < threshold:
        observed = f"refused after {world.seen.failures} failures: {world.seen.asking}"
        raise ContractViolation(expected=f"{threshold} failures until the circuit opens", observed=observed)
    reload_circuits.claim_open(world.seen.asking, f"after {threshold} failures")


@when("the circuit is opened, and every probe fails")
async def _(world: World) -> None:
    world.seen.failed = await reload_circuits.open_circuit(world)


@then("the open periods are {periods} seconds")
async def _(world: World, periods: str) -> None:
    found = [int(word) for word in periods.replace("and", "").replace(",", " ").split()]
    await reload_circuits.claim_periods(world, found)


@when("reloads end as {sequence}")
async def _(world: World, sequence: str) -> None:
    await reload_circuits.end_in_turn(world, sequence.split(", "))


@then("the next request is {decision:w}")
async def _(world: World, decision: str) -> None:
    endings = getattr(world.seen, "endings", ())
    world.seen.asking = await ask(world, changes_for(world))
    when = f"after {', '.join(endings)}" if endings else "after callers gave up"
    if decision == "refused":
        reload_circuits.claim_open(world.seen.asking, when)
    else:
        reload_circuits.claim_let_through(world.seen.asking, when, *reload_circuits.left_for(endings))


@when("the circuit is opened, two probes fail and the third succeeds")
async def _(world: World) -> None:
    world.seen.failed = await reload_circuits.open_circuit(world)
    for period in (2, 4):
        await world.pass_time(period + reload_circuits.A_LITTLE_SECONDS)
        probe = await reload_circuits.fail(world)
        reload_circuits.claim_let_through(probe, f"{period} s after the circuit opened", PROBES)
    await world.pass_time(8 + reload_circuits.A_LITTLE_SECONDS)
    probe = await reload_circuits.complete(world)
    reload_circuits.claim_let_through(probe, "8 s after the circuit opened", PROBES)
    world.witness("a probe succeeded", True)


@then("the circuit opens after {threshold:d} failures again, for {period:d} seconds at first")
async def _(world: World, threshold: int, period: int) -> None:
    for number in range(threshold):
        world.seen.failed = await reload_circuits.fail(world)
        clauses = () if number else (PROBES,)
        reload_circuits.claim_let_through(
            world.seen.failed, f"{number} failures after the circuit was closed", *clauses
        )
    await reload_circuits.claim_periods(world, [period])


@then("the circuit is open, and refuses the next request")
async def _(world: World) -> None:
    asking = place(world, changes_for(world))
    reload_circuits.claim_open(asking, "after three panics", OPENS)


# -- probes ---------------------------------------------------------------------------------------------------------------


@given("an orchestrator with one module whose circuit has opened, and the period is over")
async def _(world: World) -> None:
    config = OrchestratorConfig(failure_threshold=1, backoff_base=timedelta(seconds=2))
    await create_numbered(world, NAMES[:1], config=config)
    world.seen.behaviours[NAMES[0], 99] = supplied_modules.fail_before
    asking = await ask(world, numbered(world, 99))
    claim_status(asking, "failed", "ORC-004")
    reload_circuits.claim_open(place(world, numbered(world, 98)), "after a failure", OPENS)
    await world.pass_time(2.5)
    note_settings(world)


@when("several callers request reloads at the same time, and the probe fails")
async def _(world: World) -> None:
    for number in range(1, reload_bursts.CALLERS + 1):
        world.seen.behaviours[NAMES[0], number] = supplied_modules.fail_before
    await ask_together(world)


@when("a probe is {abandoned}, and several callers request reloads after it")
async def _(world: World, abandoned: str) -> None:
    world.seen.behaviours[NAMES[0], 97] = supplied_modules.hang
    changes = ConfigDiff() if abandoned == "a request without changes" else numbered(world, 97)
    probe = place(world, changes)
    if not probe.accepted and changes.has_changes:
        raise ContractViolation(expected="the first to arrive is let through", observed=str(probe))
    if not changes.has_changes:
        await ends_of(world, probe)
        if probe.accepted:
            claim_status(probe, "noop", "ORC-003")
    if abandoned == "cancelled while it runs":
        await world.pass_time(0.5)
    if probe.task is not None and changes.has_changes:
        await awaited(probe)
        probe.task.cancel()
    await world.pass_time(2.0)
    note_settings(world)
    await ask_together(world)


@then("only the first to arrive was let through until it had ended, and then everybody")
async def _(world: World) -> None:
    probe = reload_circuits.claim_first_let_through(world)
    reload_circuits.claim_closed_after(world, probe)
    await world.pass_time(60.0)
    late = place(world, numbered(world, 50))
    reload_circuits.claim_let_through(late, "a minute after the probe had succeeded")


@then("only the first to arrive was let through, and the circuit is open again")
async def _(world: World) -> None:
    probe = reload_circuits.claim_first_let_through(world)
    reload_circuits.claim_open_after(world, probe)


# -- giving up ------------------------------------------------------------------------------------------------------------


@when("five callers {give_up}, one after the other")
async def _(world: World, give_up: str) -> None:
    module = reload_circuits.the_module(world)
    waits = give_up.endswith("wait")
    running = _occupy(world) if waits else None
    await world.pass_time(0.1)
    for _ in range(5):
        if not waits:
            module.script.append(supplied_modules.hang)
        asking = await _given_up(world, with_deadline="deadlines" in give_up)
        if not asking.accepted:
            raise ContractViolation(
                expected="the request is accepted", observed=str(asking), when="after callers gave up"
            )
    if running is not None:
        await ends_of(world, running)
    await world.pass_time(0.5)
    module.script.clear()
    world.witness("callers gave up", True)


def _occupy(world: World) -> Asking:
    """Let a reload run for a minute, so that the next requests have to wait."""
    reload_circuits.the_module(world).script.append(supplied_modules.take(50.0))
    return place(world, changes_for(world))


async def _given_up(world: World, *, with_deadline: bool) -> Asking:
    asking = Asking(world, changes_for(world))
    if with_deadline:
        await world.attempt(lambda: asyncio.wait_for(asking.ask(), 1.0), limit=LIMIT_SECONDS)
    elif asking.call():
        asking.task = world.loop.create_task(asking.wait(), name="caller")
        await world.pass_time(1.0)
        asking.task.cancel()
    await world.pass_time(0.5)
    return asking


@then("it is completed")
async def _(world: World) -> None:
    claim_completed(world.seen.asking)
