"""What an aggregator publishes: an event for each evaluation, and one where health or readiness has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_policy_contracts.contracts import HealthStatus
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.environment.supplied_providers import Chronicle, says
from pytest_policy_contracts.simulation.errors import SimulationError
from pytest_policy_contracts.steps.aggregating import (
    ANSWERS,
    CACHES,
    KNOWS_UNKNOWN,
    ONE_FOR_ALL,
    check,
    claim_provider_is,
    claim_status,
    create_aggregator,
    require_answer,
    status_in,
    supply,
)
from pytest_policy_contracts.steps.asking_together import A_SECOND
from pytest_policy_contracts.steps.cloud_events import data_of, is_kind, of_kind, told
from pytest_policy_contracts.verification.violations import ContractViolation, Untested, left_to
from pytest_policy_contracts.verification.world import World

EVALUATED, CHANGED = "health.evaluated", "health.status.changed"
REQUIRED, OPTIONAL = "required", "optional"
_H, _D, _U = HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.UNHEALTHY
STATUSES = (
    (_H, _H), (_H, _H), (_D, _H), (_U, _H), (_U, _H), (_H, _H), (_H, _U), (_H, _U), (_U, _U), (_D, _D), (_D, _H), (_H, _H),
)  # fmt: skip
"""How the required and the optional provider are, evaluation by evaluation: changes of health, of readiness, of both."""

Pair = tuple[HealthStatus, HealthStatus]


@dataclass(frozen=True, slots=True)
class Step:
    """One forced evaluation: what it answered, and what was published because of it."""

    answer: Any
    events: list[Any]


async def create_that_changes(world: World, publisher: Publisher) -> None:
    """Make an aggregator of two providers, of which one is optional, that change as `STATUSES` says."""
    await create_aggregator(world, publisher=publisher)
    await supply(world, REQUIRED, *(says(one) for one, _ in STATUSES))
    await supply(world, OPTIONAL, *(says(other) for _, other in STATUSES), optional=True)
    world.seen.expected = [(HealthStatus.worst(pair), pair[0]) for pair in STATUSES]


async def force(world: World) -> Step:
    """Force a refresh, and return what came of it once everything has settled."""
    before = len(world.seen.publisher.events)
    answer = require_answer(await check(world, force=True))
    events = (await settled_events(world))[before:]
    await world.pass_time(A_SECOND)
    return Step(answer, list(events))


async def force_for_each(world: World) -> None:
    """Force a refresh for each pair of statuses."""
    world.seen.steps = [await force(world) for _ in STATUSES]


async def settled_events(world: World) -> list[Any]:
    """Return what was published once everything has settled."""
    try:
        await world.settle()
    except SimulationError as error:
        raise Untested(f"what the aggregator has under way does not settle: {error}") from error
    events: list[Any] = world.seen.publisher.events
    return events


# -- claims ---------------------------------------------------------------------------------------------------------------


async def claim_evaluated(world: World) -> None:
    """Claim that there are as many evaluated events as evaluations, each after its own, with what it found."""
    chronicle: Chronicle = world.seen.chronicle
    events = await settled_events(world)
    evaluations = max(map(len, chronicle.calls.values()))
    found = of_kind(events, EVALUATED)
    if len(found) != evaluations:
        with left_to(CACHES, ONE_FOR_ALL):
            raise ContractViolation(
                expected=f"{evaluations} events {EVALUATED}, for {evaluations} evaluations", observed=told(events)
            )
    for number, step in enumerate(getattr(world.seen, "steps", ()), 1):
        of_this = of_kind(step.events, EVALUATED)
        if len(of_this) != 1:
            expected = f"one event {EVALUATED} once evaluation {number} has settled"
            raise ContractViolation(expected=expected, observed=told(step.events))
        _claim_data(of_this[0], world.seen.expected[number - 1], number)


def claim_changed(world: World) -> None:
    """Claim that there is a changed event exactly where an evaluation found something else than the one before."""
    claim_answers(world)
    before: Pair | None = None
    for number, (pair, step) in enumerate(zip(world.seen.expected, world.seen.steps, strict=True), 1):
        wanted = int(pair != before)
        found = of_kind(step.events, CHANGED)
        if len(found) != wanted:
            was = "unknown" if before is None else _shown(before)
            raise ContractViolation(
                expected=f"{wanted} events {CHANGED}, since evaluation {number} found {_shown(pair)} after {was}",
                observed=told(step.events),
            )
        for event in found:
            _claim_data(event, pair, number)
        before = pair


def _claim_data(event: Any, pair: Pair, number: int) -> None:
    """Claim that health and readiness are those of the evaluation, where the data of an event has them by name."""
    data = data_of(event)
    for name, expected in zip(("health", "readiness"), pair, strict=True):
        found = status_in(_Named(data), name) if isinstance(data, dict) else None
        if found is not None and found is not expected:
            kind = EVALUATED if is_kind(event, EVALUATED) else CHANGED
            with left_to(ANSWERS, KNOWS_UNKNOWN):
                raise ContractViolation(
                    expected=f"{name} {expected} in the event {kind} of evaluation {number}", observed=f"{name} {found}"
                )


class _Named:
    """The entries of a mapping as attributes."""

    def __init__(self, entries: dict[str, Any]) -> None:
        self.health, self.readiness = entries.get("health"), entries.get("readiness")


def _shown(pair: Pair) -> str:
    return f"health {pair[0]} and readiness {pair[1]}"


async def claim_not_inverted(world: World) -> None:
    """Claim that an older evaluation which ended after a newer one has published no change back."""
    older, newer, *_ = world.seen.chronicle.calls["anchor"]
    in_turn = 0 < older.ended < newer.began
    events = of_kind(await settled_events(world), CHANGED)
    wanted = 2 if in_turn else 1
    if len(events) != wanted:
        raise ContractViolation(
            expected=f"{wanted} events {CHANGED}: the provider is unhealthy since the newer evaluation",
            observed=f"{len(events)} of them",
        )
    _claim_data(events[-1], (_U, _U), newer.number)


def claim_answers(world: World) -> None:
    """Claim that each answer is what the providers said."""
    for number, ((health, readiness), step) in enumerate(zip(world.seen.expected, world.seen.steps, strict=True)):
        with left_to(ANSWERS):
            claim_status(step.answer, "health", health, when=f"in evaluation {number + 1}")
            claim_status(step.answer, "readiness", readiness, when=f"in evaluation {number + 1}")
            if len(world.seen.steps) == len(STATUSES):
                claim_provider_is(step.answer, REQUIRED, STATUSES[number][0])
                claim_provider_is(step.answer, OPTIONAL, STATUSES[number][1])
