"""A world for tests: a thread that takes part in virtual time, and schedulers over a module of subjects."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from threading import get_ident
from types import ModuleType
from typing import Any

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.clock import VirtualClock, participants
from pytest_policy_contracts.simulation.policies import Policy, RandomWalk, Recorded
from pytest_policy_contracts.simulation.threads import (
    ThreadResult,
    ThreadScheduler,
    controlled_primitives,
)
from tests.simulation.threads import subjects


class WorldThread:
    """The participant of the test's own thread; its sleeps are time that passes."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock

    def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)


@contextlib.contextmanager
def world(*modules: ModuleType) -> Iterator[VirtualClock]:
    """Patch, and make the calling thread a participant."""
    clock = VirtualClock()
    participants[get_ident()] = WorldThread(clock)
    try:
        with controlled_primitives(modules):
            yield clock
    finally:
        del participants[get_ident()]


def scheduler(clock: VirtualClock, policy: Policy | None = None, *files: str, **options: Any) -> ThreadScheduler:
    """Return a scheduler over `files`, by default over `subjects.py`."""
    choices = Choices(policy or Policy())
    return ThreadScheduler(choices, clock, files=files or (subjects.__file__,), **options)


def values(results: list[ThreadResult[Any]]) -> list[Any]:
    """Return the values; raise the first error."""
    for result in results:
        if result.error is not None:
            raise result.error
    return [result.value for result in results]


def guard_run(
    make: Callable[[], subjects.CallBetween],
    clock: VirtualClock,
    policy: Policy,
    callers: int = 3,
    **options: Any,
) -> tuple[bool, list[int]]:
    """Let callers record twice each; return whether every record arrived, and the decisions."""
    choices = Choices(policy)
    threads = ThreadScheduler(choices, clock, files=(subjects.__file__,), **options)
    guard = make()
    calls = [functools.partial(subjects.call_twice, guard, f"t{i}") for i in range(callers)]
    values(threads.run(*calls))
    return guard.complete(2 * callers), choices.decisions


def losing_seeds(make: Callable[[], subjects.CallBetween], granularity: str, seeds: int) -> list[int]:
    """Return the seeds under which a record gets lost."""
    with world(subjects) as clock:
        return [
            seed for seed in range(seeds) if not guard_run(make, clock, RandomWalk(seed), granularity=granularity)[0]
        ]


__all__ = ["Recorded", "guard_run", "losing_seeds", "scheduler", "values", "world"]
