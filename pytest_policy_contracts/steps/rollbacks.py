"""Reloads that fail: what is rolled back, in which order, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_policy_contracts.environment.foreign_values import read
from pytest_policy_contracts.steps.cloud_events import of_kind, told
from pytest_policy_contracts.steps.orchestrating import (
    RELOADS,
    ROLLS_BACK,
    Asking,
    after,
    calls,
    claim_named,
    claim_original,
)
from pytest_policy_contracts.steps.reload_events import (
    COMPLETED,
    ENDS,
    FAILED,
    STARTED,
    TELLS,
    claim_event_names,
    claim_event_rollback,
    failed_event,
    names_in,
    new_events,
)
from pytest_policy_contracts.steps.supplied_modules import Call, order_of
from pytest_policy_contracts.steps.words import words_of
from pytest_policy_contracts.verification.snapshots import same
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World


def _around_failure(world: World, failing: str) -> tuple[list[str], list[Call]]:
    """Return which modules were reloaded before the failing one, and the calls after its failure."""
    own = calls(world)
    first = next((call for call in own if call.module == failing), None)
    if first is None:
        with left_to("ORC-001"):
            raise ContractViolation(expected=f"{failing} is reloaded", observed="it was not")
    before = order_of(call for call in own if call.began < first.began)
    later = [call for call in own if call.began > first.began and call.began > (first.ended or first.began)]
    return before, later


def reloaded_before(world: World, failing: str) -> list[str]:
    """Return which modules were reloaded before the failing one, in their order."""
    return _around_failure(world, failing)[0]


def claim_rolled_back_in_reverse(world: World, failing: str) -> None:
    """Claim that the modules that were reloaded before the failing one were rolled back, each once, the last one first."""
    before, later = _around_failure(world, failing)
    world.witness("a module failed after others had been reloaded", bool(before) or failing == world.seen.order[0])
    observed = [call.module for call in later if call.module in before]
    if observed != before[::-1]:
        raise ContractViolation(
            expected=f"rolled back in this order: {', '.join(before[::-1]) or 'none'}",
            observed=f"rolled back: {', '.join(observed) or 'none'}",
        )


def claim_restored_or_dirty(world: World, failing: str) -> None:
    """Claim that the failing module was asked to restore itself, or is listed as dirty."""
    _, later = _around_failure(world, failing)
    asking: Asking = world.seen.asking
    if failing not in asking.names("dirty") and not any(call.module == failing for call in later):
        expected = f"{failing} is asked to restore itself, or listed as dirty"
        raise ContractViolation(expected=expected, observed=f"it was not asked, and the outcome is: {asking}")


async def claim_back(world: World, *clauses: str) -> None:
    """Claim that every module has the settings that it had, apart from the failing one where that is called dirty."""
    asking: Asking = world.seen.asking
    failures = of_kind(await new_events(world), FAILED)
    dirty = {*asking.names("dirty"), *(name for event in failures for name in names_in(event, "dirty"))}
    claim_original(world, *clauses, but=dirty & {world.seen.order[-1]})


async def claim_clean_ones_original(world: World, *clauses: str) -> None:
    """Claim that each module that nobody calls dirty has the settings that it had."""
    asking: Asking = world.seen.asking
    failures = of_kind(await new_events(world), FAILED)
    dirty = {*asking.names("dirty"), *(name for event in failures for name in names_in(event, "dirty"))}
    claim_original(world, *clauses, but=dirty)


# -- what is told of it ---------------------------------------------------------------------------------------------------


async def claim_told(world: World, status: str, back: Sequence[str], not_back: Sequence[str]) -> None:
    """Claim that outcome and event say how far the rollback got, and name the modules."""
    asking: Asking = world.seen.asking
    with left_to(RELOADS, ROLLS_BACK, "ORC-007"):
        _claim_rollback(asking, status)
        claim_named(asking, "rolled_back", back)
        claim_named(asking, "dirty", not_back)
    wrong = [name for name in not_back if name in asking.names("rolled_back")]
    wrong += [name for name in back if name in asking.names("dirty")]
    if wrong:
        raise ContractViolation(expected=f"rolled_back {back}, dirty {not_back}", observed=str(asking))
    event = await failed_event(world)
    claim_event_rollback(event, status)
    claim_event_names(event, "rolled", back)
    claim_event_names(event, "dirty", not_back)


def _claim_rollback(asking: Asking, status: str) -> None:
    observed = read(asking.outcome, "rollback")
    if status not in words_of(observed):
        shown = ", ".join(sorted(words_of(observed))) or repr(observed)
        raise ContractViolation(expected=f"rollback {status}", observed=f"rollback {shown}: {asking}")


def claim_nothing_rolled_back(world: World) -> None:
    """Claim that an outcome says that there was nothing to roll back."""
    asking: Asking = world.seen.asking
    _claim_rollback(asking, "none")
    if asking.names("rolled_back") or asking.names("dirty"):
        raise ContractViolation(expected="no module rolled back or dirty", observed=str(asking))


# -- given up -------------------------------------------------------------------------------------------------------------


async def claim_all_or_none(world: World) -> None:
    """Claim that all modules have the settings that they had, or all the new ones, once everything has settled."""
    await world.settle(600.0)
    observed = {name: dict(module.settings) for name, module in world.seen.modules.items()}
    world.seen.is_new = same(observed, after(world.seen.noted, world.seen.asking.diff))
    if not world.seen.is_new and not same(observed, world.seen.noted):
        changed = [name for name in observed if not same(observed[name], world.seen.noted[name])]
        with left_to(ROLLS_BACK):
            raise ContractViolation(
                expected="all modules have the settings that they had, or all have the new ones",
                observed=f"changed: {', '.join(changed)}; as before: {', '.join(sorted({*observed} - {*changed}))}",
            )


async def claim_end_told(world: World) -> None:
    """Claim that the events of the one request say what became of it."""
    events = await new_events(world)
    begun, ends = of_kind(events, STARTED), of_kind(events, *ENDS)
    if not begun and not world.seen.is_new:
        return
    wanted = COMPLETED if world.seen.is_new else FAILED
    if len(ends) != 1:
        with left_to(TELLS):
            raise ContractViolation(expected=f"an event {wanted}", observed=told(events))
    if not of_kind(ends, wanted):
        with left_to(RELOADS):
            raise ContractViolation(expected=f"an event {wanted}", observed=told(events))


async def claim_rollback_told(world: World) -> None:
    """Claim that the failed event of a request whose caller is gone tells of the rollback."""
    event: Any = await failed_event(world)
    claim_event_names(event, "rolled", reloaded_before(world, world.seen.order[-1]))
