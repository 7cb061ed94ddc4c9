"""Several reloads of one subject at once, compared with every order in which they could have been made."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.simulation.history import Operation
from pytest_policy_contracts.simulation.linearizability import check
from pytest_policy_contracts.steps.reloading import (
    changes_of,
    limit_of,
    note,
    reload,
    require_accepted,
    require_end,
    settings_of,
    shown,
)
from pytest_policy_contracts.verification.attempts import Attempt
from pytest_policy_contracts.verification.snapshots import same
from pytest_policy_contracts.verification.violations import ContractViolation, NotApplicable
from pytest_policy_contracts.verification.world import Style, World

Order = tuple[str, ...]
MAX_ORDERS = 24


async def together_with_reload(
    world: World, calls: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]], *, atomic: frozenset[int] = frozenset()
) -> list[Attempt]:
    """Make calls at the same time, of which the first is a reload; one that never waits leaves no room for others."""
    points = CancelPoints()
    # Whoever waits for its turn behind the others may take the time of all of them.
    attempts = await world.together(calls, limit=len(calls) * limit_of(world), points=points, atomic=atomic)
    if world.style is Style.ASYNC and not points.seen and attempts[0].accepted:
        raise NotApplicable("a reload never waits, so nothing can happen beside it")
    note(world, attempts[0])
    require_end(world, attempts[0])
    return attempts


def overlap(one: Attempt, other: Attempt) -> bool:
    """Tell whether each of two calls began before the other had ended."""
    return one.called < other.returned and other.called < one.returned


async def ask_during_reload(world: World, *, callers: int) -> list[Attempt]:
    """Ask whether the subject can reload while it does."""
    calls: list[tuple[Any, tuple[Any, ...]]] = [(world.subject.reload, (await changes_of(world, "changes"),))]
    calls += [(world.subject.can_reload, ())] * callers
    reloading, *asking = await together_with_reload(world, calls)
    world.witness("somebody asked during the reload", any(overlap(reloading, one) for one in asking))
    return asking


# -- serial orders --------------------------------------------------------------------------------------------------------


async def reload_together(world: World, methods: Sequence[str]) -> None:
    """Reload several change sets at the same time, after finding out what every serial order leads to."""
    world.seen.methods = methods
    world.seen.states = await world.remember("serial states", lambda: _serial_states(world, methods))
    calls = [(world.subject.reload, (await changes_of(world, method),)) for method in methods]
    attempts = await together_with_reload(world, calls)
    for attempt in attempts[1:]:
        require_end(world, attempt)
    world.seen.concurrent = attempts
    met = any(overlap(one, other) for one, other in itertools.combinations(attempts, 2))
    world.witness("a reload began before another had ended", met)
    world.situation = "; ".join(
        f"{method}() {'accepted' if attempt.accepted else 'refused'}"
        for method, attempt in zip(methods, attempts, strict=True)
    )


async def _serial_states(world: World, methods: Sequence[str]) -> dict[Order, tuple[bool, Any]]:
    """Return for every order of some of the change sets whether all were accepted, and the settings afterwards."""
    orders = {order for length in range(len(methods) + 1) for order in itertools.permutations(methods, length)}
    return {order: await _state_after(world, order) for order in sorted(orders)}


async def _state_after(world: World, order: Order) -> tuple[bool, Any]:
    subject, accepted = await world.create(), True
    for method in order:
        changes = await changes_of(world, method)
        attempt = await world.attempt(subject.reload, changes, limit=limit_of(world))
        require_end(world, attempt)
        if len(order) == 1:
            require_accepted(world, attempt, method)
        accepted = accepted and attempt.accepted
    return accepted, await settings_of(world, subject)


class _SerialReloads:
    """The sequential model: a state is the order of the change sets accepted so far."""

    def __init__(self, states: dict[Order, tuple[bool, Any]]) -> None:
        self._states = states

    def initial(self) -> Order:
        return ()

    def partition(self, operation: Operation) -> Hashable:
        return None

    def step(self, state: Order, operation: Operation) -> tuple[bool, Order]:
        if operation.name == "read":
            return same(self._states[state][1], operation.result), state
        if operation.error is not None:
            return True, state
        after = (*state, operation.argument)
        return self._states[after][0], after


async def claim_serial_order(world: World) -> None:
    """Claim that some order of the accepted reloads explains the settings now."""
    settings = await settings_of(world, world.subject)
    if hasattr(world.seen, "explained") and same(world.seen.explained, settings):
        return  # nothing has changed since an order was found
    history = [
        Operation(
            f"caller {number}", "reload", method, attempt.called, attempt.returned,
            error=None if attempt.accepted else str(attempt.ended),
        )
        for number, (method, attempt) in enumerate(zip(world.seen.methods, world.seen.concurrent, strict=True), 1)
    ]  # fmt: skip
    last = max(operation.returned_at or 0 for operation in history)
    history.append(Operation("observer", "read", None, last + 1, last + 2, result=settings))
    if not check(_SerialReloads(world.seen.states), history).ok:
        raise ContractViolation(expected=_possible(world), observed=shown(settings))
    world.seen.explained = settings


def _possible(world: World) -> str:
    accepted = sorted(
        method for method, one in zip(world.seen.methods, world.seen.concurrent, strict=True) if one.accepted
    )
    possible: list[str] = []
    for order, (valid, settings) in world.seen.states.items():
        if valid and sorted(order) == accepted and shown(settings) not in possible:
            possible.append(shown(settings))
    return " or ".join(possible) or "a serial order in which these reloads are accepted"


# -- orders of the changes ------------------------------------------------------------------------------------------------


async def reload_in_orders(world: World) -> None:
    """Reload the changes in several orders of the unrelated ones, each into a fresh subject."""
    changes = await changes_of(world, "changes")
    orders = reorderings([change.path for change in changes])
    if len(orders) < 2:
        raise NotApplicable("changes() has no two unrelated changes")
    world.seen.orders = []
    for order in orders:
        world.subject = await world.create()
        fresh_changes = await changes_of(world, "changes")
        attempt = await reload(world, [fresh_changes[index] for index in order])
        require_end(world, attempt)
        settings = await settings_of(world, world.subject) if attempt.accepted else str(attempt)
        world.seen.orders.append(([changes[index].path for index in order], settings))
    world.witness("the changes were reloaded in another order", True)


def reorderings(paths: Sequence[str]) -> list[tuple[int, ...]]:
    """Return orders that differ only in how unrelated paths (neither a prefix of the other) follow each other."""
    related = [
        (first, second)
        for first, second in itertools.combinations(range(len(paths)), 2)
        if paths[first].startswith(paths[second]) or paths[second].startswith(paths[first])
    ]
    found = []
    for order in itertools.permutations(range(len(paths))) if len(paths) <= 4 else _some_orders(len(paths)):
        if all(order.index(first) < order.index(second) for first, second in related):
            found.append(order)
    return found[:MAX_ORDERS]


def _some_orders(length: int) -> list[tuple[int, ...]]:
    """Return the given order, its reverse, every neighbour swap and every rotation: permutations grow too fast."""
    straight = tuple(range(length))
    swaps = [(*straight[:i], straight[i + 1], straight[i], *straight[i + 2 :]) for i in range(length - 1)]
    rotations = [(*straight[i:], *straight[:i]) for i in range(1, length)]
    return [straight, straight[::-1], *swaps, *rotations]
