"""What an orchestrator publishes, and what may be expected of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_policy_contracts.environment.foreign_values import entries_of, is_sequence, repr_of
from pytest_policy_contracts.steps import cloud_events
from pytest_policy_contracts.steps.cloud_events import is_kind
from pytest_policy_contracts.steps.orchestrating import Asking, settled_events
from pytest_policy_contracts.steps.words import words_of
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

STARTED, COMPLETED, FAILED, NOOP = (f"config.reload.{word}" for word in ("started", "completed", "failed", "noop"))
ENDS = (COMPLETED, FAILED)
TELLS = "ORC-017"
"""The clause that says which events there are at all."""

NOTHING = "ORC-003"
"""The clause that says what is published where nothing has changed."""

_ROLLBACKS = frozenset({"none", "complete", "partial", "failed"})


def note_events(world: World) -> None:
    """Note that what was published so far is not asked about."""
    world.seen.published = len(world.seen.publisher.events)


async def new_events(world: World) -> list[Any]:
    """Return what was published since `note_events`, once everything has settled."""
    return (await settled_events(world))[getattr(world.seen, "published", 0) :]


# -- one event ------------------------------------------------------------------------------------------------------------


async def failed_event(world: World) -> Any:
    """Return the last event that tells of a failure; leave it to the clause about events where there is none."""
    events = await new_events(world)
    found = cloud_events.of_kind(events, FAILED)
    if not found:
        with left_to(TELLS):
            raise ContractViolation(expected=f"an event {FAILED}", observed=f"published: {cloud_events.told(events)}")
    return found[-1]


def _entries(data: Any, depth: int = 8) -> Iterator[tuple[str, Any]]:
    """Yield the names and values in the data of an event, those within others included."""
    entries = entries_of(data)
    if entries is not None and depth:
        for name, value in entries.items():
            yield str(name), value
            yield from _entries(value, depth - 1)
    elif is_sequence(data) and depth:
        for value in data:
            yield "", value
            yield from _entries(value, depth - 1)


def rollback_in(event: Any) -> frozenset[str]:
    """Return the words that the data of an event says about the rollback: what is named after it holds one of them."""
    found = set()
    for name, value in _entries(cloud_events.data_of(event)):
        if "rollback" in name.lower():
            inner = [value, *(one for _, one in _entries(value))]
            found |= {word for one in inner for word in words_of(one) if word in _ROLLBACKS}
    return frozenset(found)


def names_in(event: Any, field: str) -> frozenset[str]:
    """Return the texts that the data of an event has under a name, or under one that contains it."""
    return frozenset(
        str(one)
        for name, value in _entries(cloud_events.data_of(event))
        if field in name.lower()
        for one in ([*value] if is_sequence(value) or isinstance(value, (set, frozenset, Mapping)) else [value])
    )


def claim_event_names(event: Any, field: str, names: Sequence[str]) -> None:
    """Claim that the data of an event has these modules under a name."""
    missing = [name for name in names if name not in names_in(event, field)]
    if missing:
        raise ContractViolation(
            expected=f"the data of the failed event has {', '.join(missing)} under {field!r}",
            observed=f"its data is {repr_of(cloud_events.data_of(event))}",
        )


def claim_event_rollback(event: Any, status: str) -> None:
    """Claim what the data of an event says about the rollback."""
    if rollback_in(event) != {status}:
        raise ContractViolation(
            expected=f"the data of the failed event has {status!r} under 'rollback'",
            observed=f"its data is {repr_of(cloud_events.data_of(event))}",
        )


# -- all events -----------------------------------------------------------------------------------------------------------


def _by_request(events: Sequence[Any]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for event in events:
        correlation = cloud_events.attribute(event, "correlationid")
        found[correlation if isinstance(correlation, str) else repr_of(correlation)].append(event)
    return found


def claim_one_end_each(events: Sequence[Any]) -> None:
    """Claim that each started event is followed by exactly one that tells the end, of the same request."""
    ours = cloud_events.of_kind(events, STARTED, NOOP, *ENDS)
    for correlation, own in _by_request(ours).items():
        told = f"for correlationid {correlation!r}: {cloud_events.told(own)}"
        if cloud_events.of_kind(own, NOOP) and len(own) > 1:
            with left_to(NOTHING):
                raise ContractViolation(expected="a noop event has nothing beside it", observed=told)
        if len(cloud_events.of_kind(own, STARTED)) > 1:
            raise ContractViolation(expected="one started event for each request", observed=told)
        ends = cloud_events.of_kind(own, *ENDS)
        begins = cloud_events.of_kind(own, STARTED)
        if begins and (len(ends) != 1 or _place(own, ends[0]) < _place(own, begins[0])):
            raise ContractViolation(
                expected="the started event is followed by exactly one of completed and failed", observed=told
            )
        if len(ends) > 1:
            raise ContractViolation(expected="one end of each request", observed=told)


def _place(events: Sequence[Any], event: Any) -> int:
    return next(number for number, one in enumerate(events) if one is event)


def claim_valid(events: Sequence[Any]) -> None:
    """Claim that every event is valid, has an id of its own, and a correlation id."""
    seen: set[tuple[str, str]] = set()
    for event in events:
        problem = cloud_events.problem_of(event)
        if problem:
            raise ContractViolation(expected="valid CloudEvents 1.0", observed=f"{problem}: {repr_of(event)}")
        key = (str(cloud_events.attribute(event, "source")), str(cloud_events.attribute(event, "id")))
        if key in seen:
            raise ContractViolation(expected="an id of its own for each event", observed=f"id {key[1]!r} twice")
        seen.add(key)
        correlation = cloud_events.attribute(event, "correlationid")
        if not isinstance(correlation, str) or not correlation:
            raise ContractViolation(expected="a correlationid", observed=f"correlationid is {correlation!r}")


def claim_one_correlation_each(events: Sequence[Any], requests: Sequence[Asking]) -> None:
    """Claim that each request that was served has a correlation id, and no other one has it."""
    begun = [own for own in _by_request(events).values() if cloud_events.of_kind(own, STARTED, NOOP)]
    if len(begun) != len(requests):
        raise ContractViolation(
            expected=f"{len(requests)} requests with a correlation id each",
            observed=f"{len(begun)} correlation ids: {cloud_events.told(events)}",
        )


def claim_kinds(events: Sequence[Any], kinds: Sequence[str]) -> None:
    """Claim that these events were published, in this order, and no others of a reload."""
    ours = cloud_events.of_kind(events, STARTED, NOOP, *ENDS)
    if len(ours) != len(kinds) or not all(
        is_kind(event, f"config.reload.{k}") for event, k in zip(ours, kinds, strict=True)
    ):
        with left_to(*((NOTHING,) if "noop" in kinds else ())):
            raise ContractViolation(
                expected=", ".join(f"config.reload.{kind}" for kind in kinds) or "no event of a reload",
                observed=cloud_events.told(ours),
            )


def claim_noop_apart(events: Sequence[Any], started: int) -> None:
    """Claim that there is one noop event, and that none of the started ones belongs to the same request."""
    noops, begun = cloud_events.of_kind(events, NOOP), cloud_events.of_kind(events, STARTED)
    correlations = {repr_of(cloud_events.attribute(event, "correlationid")) for event in begun}
    mixed = any(repr_of(cloud_events.attribute(event, "correlationid")) in correlations for event in noops)
    if len(noops) != 1 or len(begun) != started or mixed:
        expected = f"one event {NOOP}, and {started} others {STARTED}"
        with left_to(*((TELLS,) if len(noops) == 1 and len(begun) == started else ())):
            raise ContractViolation(expected=expected, observed=cloud_events.told(events))
