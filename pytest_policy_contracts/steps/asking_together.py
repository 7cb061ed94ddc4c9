"""Several callers of an aggregator at the same time, with changes of its providers in between, each written down.

What they were told is kept in a form in which `explained_answers` can say whether it may be so.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

from pytest_policy_contracts.contracts import AggregatorConfig, HealthStatus, TemporaryError
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.environment.supplied_providers import (
    Behaviour,
    Chronicle,
    Hangs,
    Raises,
    SuppliedProvider,
    says,
)
from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.steps import aggregating
from pytest_policy_contracts.steps.aggregating import (
    ANSWERS,
    Told,
    add,
    asks,
    claim_kept,
    create_aggregator,
    limit_of,
    note,
    remove,
    reports_in,
    require_answer,
    supply,
)
from pytest_policy_contracts.verification.attempts import Attempt
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

ANCHOR = "anchor"
"""The provider that is always there and never fails: the number of its call is the number of the evaluation."""

FLAKY = "flaky"
GUESTS = ("guest-1", "guest-2")
A_SECOND = 1.0

Made = Callable[[], Awaitable[Any]]


@dataclass(slots=True)
class Asking:
    """One question: between which places in the order of events it was open, and what the answer was."""

    force: bool
    called: int = 0
    called_at: float = 0.0
    returned: int = 0
    health: HealthStatus | None = None
    readiness: HealthStatus | None = None
    reports: list[Told] = field(default_factory=list)

    def __str__(self) -> str:
        forced = "forced, " if self.force else ""
        return f"{aggregating.listed(self.reports)} ({forced}asked at {self.called_at:g} s)"


def caller(world: World, *, force: bool = False, after: float = 0.0) -> Made:
    """Return a caller that asks once, after some seconds, and writes down what it was told."""

    async def ask() -> Any:
        if after:
            await asyncio.sleep(after)
        return await ask_and_note(world, force)

    return ask


async def ask_and_note(world: World, force: bool) -> Any:
    """Ask, and write down what was asked and told."""
    chronicle: Chronicle = world.seen.chronicle
    asking = Asking(force, chronicle.tick(), world.clock.now)
    world.seen.askings.append(asking)
    answer = asks(world, force=force)()
    if inspect.isawaitable(answer):
        answer = await answer
    asking.returned = chronicle.tick()
    world.seen.answered.append((asking, answer))
    return answer


def changer(change: Made, after: float) -> Made:
    """Return somebody who makes a change after some seconds."""

    async def make() -> None:
        await asyncio.sleep(after)
        await change()

    return make


async def ask_together(
    world: World,
    calls: Sequence[Made],
    *,
    longest: float = 0.0,
    points: CancelPoints | None = None,
    steps: int = 10_000,
) -> list[Attempt]:
    """Let callers and changers go at the same time; every one has to come to an end."""
    world.seen.askings = getattr(world.seen, "askings", [])
    world.seen.answered = getattr(world.seen, "answered", [])
    limit = limit_of(world) * (1 if points is None else 2) + longest
    attempts = await world.together([(call, ()) for call in calls], limit=limit, points=points, steps=steps)
    note(world, *attempts)
    world.seen.together = attempts
    return attempts


def read_answers(world: World, *clauses: str) -> None:
    """Read what the callers were told; leave one that was told nothing to the clauses that may be it."""
    for attempt in world.seen.together:
        require_answer(attempt, *clauses)
    for asking, answer in world.seen.answered:
        asking.health, asking.readiness = (aggregating.status_in(answer, name) for name in ("health", "readiness"))
        asking.reports = reports_in(answer)
    world.seen.answered.clear()
    overlap = any(other.called < one.returned for one, other in pairwise(world.seen.askings))
    world.witness("several callers were asking at the same time", overlap)


async def create_slow(world: World, publisher: Publisher | None = None) -> None:
    """Make an aggregator whose provider takes a second, and whose answers live for two."""
    await create_aggregator(world, AggregatorConfig(cache_ttl=timedelta(seconds=2)), publisher)
    await supply(world, ANCHOR, says(HealthStatus.HEALTHY, seconds=A_SECOND))


def claim_whole(attempt: Attempt) -> None:
    """Claim that a caller got an answer with everything in it."""
    if not attempt.accepted:
        with left_to(ANSWERS):
            raise ContractViolation(expected="each of them gets an answer", observed=str(attempt))
    with left_to(ANSWERS):
        claim_kept(attempt.value, (ANCHOR,))


def note_forced_meanwhile(world: World) -> None:
    """Say whether a refresh was forced while the first evaluation was under way."""
    forced = [asking.called for asking in world.seen.askings if asking.force]
    world.witness("a refresh was forced while an evaluation was under way", any(map(_during_first(world), forced)))


def note_changed_meanwhile(world: World) -> None:
    """Say whether a provider came or went while the first evaluation was under way."""
    changed = [change.began for change in world.seen.chronicle.changes]
    world.witness("a provider came or went while an evaluation was under way", any(map(_during_first(world), changed)))


def _during_first(world: World) -> Callable[[int], bool]:
    first = next(iter(world.seen.chronicle.calls.get(ANCHOR, ())), None)
    return lambda place: first is not None and first.began < place and not 0 < first.ended < place


# -- bursts ---------------------------------------------------------------------------------------------------------------

CALLERS = 50
ROUNDS = 20
CHECKS_OF_A_ROUND = 5
FORCED_ONE_IN = 25
STEPS_OF_A_ROUND = 100_000
"""More steps of the loop than a round may take while no time passes; one that spins takes any number."""


def _failing(status: HealthStatus) -> Behaviour:
    if status is HealthStatus.DEGRADED:
        return Raises(lambda: TemporaryError("overloaded"), status, 0.01)
    return Raises(lambda: RuntimeError("the table is missing"), status, 0.01)


def _flaky() -> list[Behaviour]:
    """Return what a provider does that fails, recovers and fails again, and again."""
    healthy, degraded, unhealthy = HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.UNHEALTHY
    good, bad = says(healthy, seconds=0.02), says(unhealthy)
    turn = [good, _failing(unhealthy), good, _failing(degraded), *[_failing(unhealthy)] * 3, good]
    return [*turn, says(degraded, seconds=0.05), good, bad, *turn, Hangs(), good, says(HealthStatus.UNKNOWN)] * 40


async def add_flaky(world: World) -> None:
    """Add the providers of a burst: one that is always healthy, and one that fails and recovers."""
    await supply(world, ANCHOR, *[says(HealthStatus.HEALTHY, seconds=one) for one in (0.03, 0.0, 0.01)] * 200)
    await supply(world, FLAKY, *_flaky())


def guests(world: World, visits: int, pause: float) -> Made:
    """Return somebody who lets providers come and go; each time they come back they are others, and otherwise."""

    async def come_and_go() -> None:
        for number in range(visits):
            name = GUESTS[number % len(GUESTS)]
            status = (HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.UNHEALTHY)[number % 3]
            await asyncio.sleep(pause)
            await add(world, SuppliedProvider(name, world.seen.chronicle, says(status, seconds=0.01 * (number % 3))))
            await asyncio.sleep(pause)
            await remove(world, name)

    return come_and_go


def asks_again(world: World, number: int, times: int) -> Made:
    """Return a caller that asks several times, with pauses of its own."""

    async def ask() -> None:
        for turn in range(times):
            await ask_and_note(world, (number + turn * 7) % FORCED_ONE_IN == 1)
            await asyncio.sleep(0.03 * ((number + turn) % 4))

    return ask


async def burst(world: World) -> None:
    """Let 50 callers make 5,000 checks, in rounds, so that an aggregator that spins is told from one with much to do."""
    for _ in range(ROUNDS):
        calls = [asks_again(world, number, CHECKS_OF_A_ROUND) for number in range(CALLERS)]
        calls.append(guests(world, 3, 0.04))
        await ask_together(world, calls, longest=CHECKS_OF_A_ROUND * limit_of(world), steps=STEPS_OF_A_ROUND)
        read_answers(world)
        await asyncio.sleep(A_SECOND)
    answered = sum(1 for asking in world.seen.askings if asking.returned)
    world.witness("5,000 checks were answered", answered == CALLERS * ROUNDS * CHECKS_OF_A_ROUND)
    _note_changes(world)


def _note_changes(world: World) -> None:
    told = [(one.module, one.status) for asking in world.seen.askings for one in asking.reports]
    world.witness(
        "a provider failed and recovered", {"healthy", "unhealthy"} <= {s for name, s in told if name == FLAKY}
    )
    world.witness("a provider came and went", any(name in GUESTS for name, _ in told))


async def a_few(world: World) -> None:
    """Let three callers ask twice each, while providers come and go."""
    calls = [asks_again(world, number, 2) for number in range(3)]
    calls.append(guests(world, 1, 0.03))
    await ask_together(world, calls, longest=2 * limit_of(world))
    read_answers(world)
    _note_changes(world)
