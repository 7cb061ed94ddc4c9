"""What a reload leaves behind, and what it keeps of the changes."""

from __future__ import annotations

import gc
from typing import Any

from pytest_policy_contracts.simulation.leaks import Leak, take_footprint
from pytest_policy_contracts.verification.violations import ContractViolation
from pytest_policy_contracts.verification.world import World

_COUNTED = ("task", "thread", "timer")
_MARK = "altered by the suite after the reload"


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
    if world.seen.attempt.error is not None:
        world.seen.attempt.error.__traceback__ = None


def described(leak: Leak) -> str:
    """Return ``a task CacheModule._refresh (cache.py:12 …)``."""
    where = f" ({leak.where})" if leak.where else ""
    kind = "coroutine that was never awaited" if leak.kind == "coroutine" else leak.kind
    return f"a {kind}: {leak.name}{where}"


# -- altering what was handed in ------------------------------------------------------------------------------------------


def alter(changes: list[Any]) -> None:
    """Change everything in the change list that can be changed: nested values, own change objects, the list itself."""
    for change in changes:
        for name in ("old", "new"):
            alter_value(getattr(change, name, None))
            _overwrite(change, name)
    changes.clear()
    changes.append(_MARK)


def alter_value(value: Any) -> None:
    """Change a mutable value and all mutable values in it."""
    if isinstance(value, dict):
        for nested in list(value.values()):
            alter_value(nested)
        value.clear()
        value[_MARK] = True
    elif isinstance(value, (list, tuple)):
        for nested in value:
            alter_value(nested)
        if isinstance(value, list):
            value[:] = [_MARK]
    elif isinstance(value, set):
        value.clear()
        value.add(_MARK)


def _overwrite(change: Any, name: str) -> None:
    try:
        setattr(change, name, _MARK)
    except AttributeError:
        pass  # frozen, as ours are
