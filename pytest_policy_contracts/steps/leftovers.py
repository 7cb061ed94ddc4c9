"""What a call leaves behind, and altering what was handed over."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, MutableSequence, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

from pytest_policy_contracts.environment.foreign_values import RAISED_BY_A_LOOK, read
from pytest_policy_contracts.simulation.leaks import Leak, take_footprint
from pytest_policy_contracts.verification.violations import ContractViolation
from pytest_policy_contracts.verification.world import World

_COUNTED = ("task", "thread", "timer")
MARK = "altered by the suite afterwards"


async def create_with_footprint(world: World) -> None:
    """Create the subject and note what runs: before it where it can be disposed of, else with it."""
    before = take_footprint(world.loop)
    world.subject = await world.create()
    world.seen.footprint = before if world.has("dispose") else take_footprint(world.loop)
    world.seen.executors = [] if world.has("dispose") else list(world.loop.jobs.executors)
    world.seen.warnings = len(world.memo["warnings"])


async def claim_nothing_left(world: World) -> None:
    """Claim that nothing more runs than was noted, after disposing of the subject where that can be done."""
    await world.settle(0.0)
    _forget_frames(world)
    await world.dispose()
    await world.settle(0.0)
    gc.collect()
    leaks = [leak for leak in take_footprint(world.loop).minus(world.seen.footprint) if leak.kind in _COUNTED]
    leaks += [leak for leak in world.memo["warnings"][world.seen.warnings :] if leak.kind == "coroutine"]
    leaks += _executors_left(world)
    world.witness("what is running was counted before and after", True)
    if leaks:
        raise ContractViolation(expected="nothing left behind", observed="; ".join(map(described, leaks)))


def _executors_left(world: World) -> list[Leak]:
    """A pool that was used and not shut down has left its threads behind, although here its jobs ran on others."""
    left = (one for one in world.loop.jobs.executors if one not in world.seen.executors and not one._shutdown)
    return [Leak("thread", f"of a {type(one).__name__} that was not shut down", "") for one in left]


def _forget_frames(world: World) -> None:
    """Let go of the error's frames: they would keep a forgotten coroutine alive and hide it."""
    for attempt in world.seen.attempts:
        if attempt.error is not None:
            attempt.error.__traceback__ = None


def described(leak: Leak) -> str:
    """Return ``a task CacheModule._refresh (cache.py:12 …)``."""
    where = f" ({leak.where})" if leak.where else ""
    kind = "coroutine that was never awaited" if leak.kind == "coroutine" else leak.kind
    return f"a {kind}: {leak.name}{where}"


# -- altering what was handed in ------------------------------------------------------------------------------------------


def alter(handed_over: Any, fields: Sequence[str]) -> None:
    """Change everything that can be changed: of each item the named fields, with nested values, and the list itself."""
    for item in handed_over:
        for name in fields:
            alter_value(read(item, name))
            with _where_it_can_be():
                setattr(item, name, MARK)
    if isinstance(handed_over, MutableSequence):
        with _where_it_can_be():
            handed_over.clear()
            handed_over.append(MARK)


def alter_value(value: Any) -> None:
    """Change a mutable value and all mutable values in it."""
    left, met = [value], {}
    while left:
        inside = left.pop()
        if id(inside) not in met:
            met[id(inside)] = inside  # kept, so that no other value gets its identity
            with _where_it_can_be():
                left += list(_parts_of(inside))
                _overwrite(inside)


def _where_it_can_be() -> AbstractContextManager[None]:
    """Pass over what does not let itself be changed: frozen values, as ours are, and read-only views."""
    return suppress(*RAISED_BY_A_LOOK)


def _parts_of(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def _overwrite(value: Any) -> None:
    if isinstance(value, dict):
        value.clear()
        value[MARK] = True
    elif isinstance(value, list):
        value[:] = [MARK]
    elif isinstance(value, set):
        value.clear()
        value.add(MARK)
