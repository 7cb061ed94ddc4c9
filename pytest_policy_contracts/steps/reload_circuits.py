"""Opening the circuit of an orchestrator, looking how long it stays open, and who is let through as a probe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pytest_policy_contracts.contracts import ConfigDiff, OrchestratorConfig
from pytest_policy_contracts.steps import supplied_modules
from pytest_policy_contracts.steps.orchestrating import (
    NAMES,
    OPEN_ERROR,
    REFUSES,
    ROLLS_BACK,
    Asking,
    ask,
    changes_for,
    claim_ended,
    claim_status,
    create,
    is_error,
    place,
    supplied,
)
from pytest_policy_contracts.steps.reload_bursts import calls_of
from pytest_policy_contracts.steps.supplied_modules import SuppliedModule
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

GIVING_UP = "ORC-016"
OPENS = "ORC-014"
PROBES = "ORC-015"
A_LITTLE_SECONDS = 0.1


async def create_with_circuit(world: World, threshold: int, base: int = 2, cap: int = 120) -> None:
    """Make an orchestrator with one module that is quick, and a circuit that is set up like that."""
    config = OrchestratorConfig(
        failure_threshold=threshold, backoff_base=timedelta(seconds=base), backoff_cap=timedelta(seconds=cap)
    )
    await create(world, [supplied(world, NAMES[0], seconds=0.0)], config=config)


def the_module(world: World) -> SuppliedModule:
    """Return the module whose reloads fail."""
    module: SuppliedModule = next(iter(world.seen.modules.values()))
    return module


def is_open(asking: Asking) -> bool:
    """Tell whether a call was refused because the circuit is open."""
    return asking.refusal is not None and is_error(asking.refusal, OPEN_ERROR)


# -- requests that end in a way -------------------------------------------------------------------------------------------


async def fail(world: World) -> Asking:
    """Request a reload that fails, unless the call is refused."""
    module = the_module(world)
    module.script.clear()
    module.script.append(supplied_modules.fail_before)
    asking = await ask(world, changes_for(world))
    module.script.clear()
    if asking.accepted:
        claim_status(asking, "failed", ROLLS_BACK)
    return asking


async def complete(world: World) -> Asking:
    """Request a reload that is completed, unless the call is refused."""
    asking = await ask(world, changes_for(world))
    if asking.accepted:
        claim_status(asking, "completed")
    return asking


async def noop(world: World) -> Asking:
    """Request a reload without changes."""
    asking = await ask(world, ConfigDiff())
    if asking.accepted:
        claim_status(asking, "noop", "ORC-003")
    return asking


async def cancel(world: World) -> Asking:
    """Request a reload, and give up while it runs."""
    module = the_module(world)
    module.script.append(supplied_modules.hang)
    asking = place(world, changes_for(world))
    await world.pass_time(0.5)
    if asking.task is not None:
        asking.task.cancel()
    await world.pass_time(0.5)
    module.script.clear()
    return asking


ENDINGS = {"failed": fail, "completed": complete, "noop": noop, "cancelled": cancel}


async def end_in_turn(world: World, endings: Sequence[str]) -> None:
    """Make requests that end in these ways, one after the other; all of them have to be accepted."""
    for number, ending in enumerate(endings, 1):
        asking = await ENDINGS[ending](world)
        if not asking.accepted:
            told = ", ".join(endings[: number - 1])
            with left_to(*left_for(endings)):
                raise ContractViolation(expected=f"request {number} is accepted, after {told}", observed=str(asking))
    world.seen.endings = endings
    world.witness("requests ended one after the other", True)


def left_for(endings: Sequence[str]) -> tuple[str, ...]:
    """Return the clause that says that giving up does not count, where somebody gave up."""
    return (GIVING_UP,) if "cancelled" in endings else ()


# -- open and closed ------------------------------------------------------------------------------------------------------


def claim_open(asking: Asking, when: str, *clauses: str) -> None:
    """Claim that a call was refused because the circuit is open."""
    if asking.accepted:
        with left_to(*((REFUSES,) if asking.is_refused_late else ()), *clauses):
            raise ContractViolation(expected="refused because the circuit is open", observed=str(asking), when=when)
    if not is_open(asking):
        with left_to(REFUSES):
            raise ContractViolation(expected=f"a {OPEN_ERROR}", observed=str(asking), when=when)


def claim_let_through(asking: Asking, when: str, *clauses: str) -> None:
    """Claim that a call was accepted."""
    if not asking.accepted:
        with left_to(*clauses):
            raise ContractViolation(expected="the request is accepted", observed=str(asking), when=when)


async def open_circuit(world: World) -> Asking:
    """Let as many requests fail as it takes; return the last one."""
    for number in range(1, world.seen.config.failure_threshold + 1):
        asking = await fail(world)
        claim_let_through(asking, f"after {number - 1} failures", OPENS)
    return asking


async def claim_periods(world: World, periods: Sequence[int]) -> None:
    """Claim that the circuit is open for these periods, one after each failed probe."""
    asking = world.seen.failed
    for number, period in enumerate(periods, 1):
        opened_at = asking.returned_at
        early, late = 0.95 * period, period + A_LITTLE_SECONDS
        await world.pass_time(opened_at + early - world.clock.now)
        claim_open(await fail(world), f"open period {number} of {period} s, {early:g} s after it began")
        await world.pass_time(opened_at + late - world.clock.now)
        asking = await fail(world)
        claim_let_through(asking, f"open period {number} of {period} s, {late:g} s after it began")
        claim_ended(asking)
    world.witness("the circuit was open several times", True)


# -- probes ---------------------------------------------------------------------------------------------------------------


def claim_first_let_through(world: World) -> Asking:
    """Claim that of all callers the first to arrive was let through, and nobody else until that had ended."""
    askings = sorted((one for one in world.seen.asked if one.called), key=lambda one: one.called)
    probe: Asking = askings[0]
    others = askings[1:]
    if not probe.accepted:
        raise ContractViolation(expected="the first to arrive is let through", observed=str(probe))
    claim_ended(probe)
    ended = max((call.ended for call in calls_of(world, probe)), default=probe.returned)
    meanwhile = [one for one in others if one.called < min(ended, probe.returned)]
    for one in meanwhile:
        claim_open(one, "while the probe was under way")
    world.witness("somebody arrived while the probe was under way", bool(meanwhile))
    world.seen.later = [one for one in others if one.called > probe.returned]
    return probe


def claim_closed_after(world: World, probe: Asking) -> None:
    """Claim that everybody was let through once the probe had succeeded."""
    claim_status(probe, "completed", "ORC-001")
    for one in world.seen.later:
        claim_let_through(one, "after the probe had succeeded")


def claim_open_after(world: World, probe: Asking) -> None:
    """Claim that nobody was let through after the probe had failed, until the next period has ended."""
    claim_status(probe, "failed", ROLLS_BACK)
    period = 2 * world.seen.config.backoff_base.total_seconds()
    for one in world.seen.later:
        if one.called_at < probe.returned_at + period:
            claim_open(one, "after the probe had failed", OPENS)
