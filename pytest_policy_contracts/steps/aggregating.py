"""Making an aggregator, asking it, and what may be expected of an answer.

The steps of `health_aggregator` say in plain language what happens; this is how it is done.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

from pytest_policy_contracts.contracts import AggregatorConfig, HealthStatus
from pytest_policy_contracts.environment.foreign_values import is_sequence, read, repr_of, text_of
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.environment.supplied_providers import (
    Behaviour,
    Change,
    Chronicle,
    SuppliedProvider,
)
from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.verification.attempts import Attempt, Ended
from pytest_policy_contracts.verification.violations import ContractViolation, Precondition, left_to
from pytest_policy_contracts.verification.world import World

ANSWERS = "AGG-001"
KNOWS_UNKNOWN = "AGG-002"
SURVIVES_PANICS = "AGG-003"
TELLS_ERRORS = "AGG-004"
CUTS_OFF = "AGG-005"
KEEPS_OPTIONAL = "AGG-006"
CONCURRENT = "AGG-007"
CACHES = "AGG-008"
ONE_FOR_ALL = "AGG-009"
NEWEST = "AGG-010"

GRACE_SECONDS = 1.0
"""How much longer than a provider's timeout an answer may take: an aggregator may wait a little for what it has cut off."""

_STATUSES = {status.value: status for status in HealthStatus}


# -- making and filling ---------------------------------------------------------------------------------------------------


async def create_aggregator(
    world: World, config: AggregatorConfig | None = None, publisher: Publisher | None = None
) -> Any:
    """Make a fresh aggregator the subject of the run."""
    world.seen.config = config or AggregatorConfig()
    world.seen.publisher = publisher or Publisher()
    world.seen.chronicle = Chronicle(world.clock)
    world.seen.attempts = []
    world.subject = await world.create(world.seen.config, world.seen.publisher)
    return world.subject


async def supply(
    world: World,
    name: str,
    *behaviours: Behaviour,
    optional: bool = False,
    kind: Callable[..., SuppliedProvider] = SuppliedProvider,
) -> SuppliedProvider:
    """Add a provider of ours to the aggregator."""
    provider = kind(name, world.seen.chronicle, *behaviours)
    await add(world, provider, optional=optional)
    return provider


async def add(world: World, provider: SuppliedProvider, *, optional: bool = False) -> None:
    """Add a provider, and write that down."""
    function = partial(world.subject.add_provider, provider.name, provider)
    # As an adopter's code does it: an aggregator without optional providers can still be tried with the others.
    await _change(world, provider.name, provider.generation, partial(function, optional=True) if optional else function)


async def remove(world: World, name: str) -> None:
    """Remove a provider, and write that down."""
    await _change(world, name, 0, partial(world.subject.remove_provider, name))


async def _change(world: World, name: str, generation: int, function: Callable[[], Any]) -> None:
    """Make a change that has to be accepted; it may be awaited."""
    chronicle: Chronicle = world.seen.chronicle
    change = Change(name, generation, chronicle.tick())
    chronicle.changes.append(change)
    try:
        answer = function()
        if inspect.isawaitable(answer):
            await answer
    except Exception as error:
        what = "added" if generation else "removed"
        observed = f"{type(error).__name__}: {text_of(error)}"
        raise Precondition(ANSWERS, expected=f"{name!r} is {what}", observed=observed) from error
    finally:
        change.ended = chronicle.tick()


async def try_call(world: World, function: Callable[[], Any]) -> Attempt:
    """Make a call that may be refused, and say how it ended."""
    return await world.attempt(function, limit=limit_of(world))


# -- asking ---------------------------------------------------------------------------------------------------------------


def timeout_of(world: World) -> float:
    """Return how many seconds a provider may take."""
    config: AggregatorConfig = world.seen.config
    return config.provider_timeout.total_seconds()


def ttl_of(world: World) -> float:
    """Return for how many seconds an answer is cached."""
    config: AggregatorConfig = world.seen.config
    return config.cache_ttl.total_seconds()


def limit_of(world: World) -> float:
    """Return how many seconds a check may take: as long as a provider may, and a little to come to an end."""
    return timeout_of(world) + GRACE_SECONDS


def asks(world: World, *, force: bool = False) -> Callable[[], Any]:
    """Return the call that asks the aggregator, as a caller makes it."""
    check: Callable[..., Any] = world.subject.check
    return partial(check, force_refresh=True) if force else check


async def check(world: World, *, force: bool = False, points: CancelPoints | None = None) -> Attempt:
    """Ask how everything is, and remember how that ended."""
    limit = limit_of(world) * (1 if points is None else 2)
    attempt = await world.attempt(asks(world, force=force), limit=limit, points=points)
    note(world, attempt)
    return attempt


def note(world: World, *attempts: Attempt) -> None:
    """Make the last attempt the one that the following claims speak of."""
    world.seen.attempt = attempts[-1]
    world.seen.attempts += attempts
    world.witness("the aggregator was asked", True)


# -- reading answers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """One report of an answer."""

    module: str
    component: object
    status: HealthStatus | None
    optional: object
    message: object

    def __str__(self) -> str:
        return f"{self.module} {self.status or 'without a status'}{' (optional)' if self.optional is True else ''}"


def require_answer(attempt: Attempt, *clauses: str) -> Any:
    """Return what a check answered; leave one that answers nothing to the clauses that may be it."""
    if attempt.ended is Ended.HUNG:
        raise Precondition(CUTS_OFF, *clauses, expected="the check ends in time", observed=str(attempt))
    if not attempt.accepted:
        raise Precondition(*clauses, ANSWERS, expected="an answer", observed=str(attempt))
    return attempt.value


def status_in(owner: object, name: str) -> HealthStatus | None:
    """Return a status, by name or value and in any case; None when it is none of the four."""
    value = read(owner, name)
    for text in (value.value, value.name) if isinstance(value, Enum) else (value,):
        if isinstance(text, str) and text.lower() in _STATUSES:
            return _STATUSES[text.lower()]
    return None


def reports_in(answer: object) -> list[Told]:
    """Return the reports of an answer; leave one without to the clause about answers."""
    reports = read(answer, "reports")
    if not is_sequence(reports):
        raise Precondition(ANSWERS, expected="reports is a sequence", observed=f"reports is {repr_of(reports)}")
    return [
        Told(
            text_of(read(one, "module", "?")),
            read(one, "component"),
            status_in(one, "status"),
            read(one, "optional", False),
            read(one, "message"),
        )
        for one in reports
    ]


def reports_of(answer: object, module: str, *clauses: str) -> list[Told]:
    """Return the reports about a provider; leave an answer without one to the clauses that may be it."""
    reports = reports_in(answer)
    found = [one for one in reports if one.module == module]
    if not found:
        with left_to(*clauses):
            raise ContractViolation(expected=f"a report about {module}", observed=listed(reports))
    return found


def listed(reports: Iterable[Told]) -> str:
    """Return reports in short."""
    return ", ".join(map(str, reports)) or "no reports"


def worst(reports: Iterable[Told]) -> HealthStatus:
    """Return what the aggregate of reports has to be: unknown counts as unhealthy."""
    statuses = [one.status or HealthStatus.UNKNOWN for one in reports]
    return HealthStatus.worst(HealthStatus.UNHEALTHY if one is HealthStatus.UNKNOWN else one for one in statuses)


# -- claims ---------------------------------------------------------------------------------------------------------------


def claim_status(answer: object, name: str, expected: HealthStatus, when: str = "") -> None:
    """Claim that health or readiness is as expected."""
    found = status_in(answer, name)
    if found is not expected:
        observed = f"{name} is {found or repr_of(read(answer, name))}, of {listed(reports_in(answer))}"
        raise ContractViolation(expected=f"{name} is {expected}", observed=observed, when=when)


def claim_provider_is(answer: object, module: str, expected: HealthStatus, *clauses: str, when: str = "") -> None:
    """Claim that the worst report about a provider has a status; leave one without a report to `clauses`."""
    reports = reports_of(answer, module, *clauses)
    if any(one.status is None for one in reports) or HealthStatus.worst(
        one.status for one in reports if one.status
    ) is not (expected):
        raise ContractViolation(expected=f"{module} is {expected}", observed=listed(reports), when=when)


def claim_kept(answer: object, names: Sequence[str], when: str = "") -> None:
    """Claim that each of some providers in good health is reported, once and healthy."""
    reports = reports_in(answer)
    times = Counter(one.module for one in reports)
    for name in names:
        if times[name] != 1 or any(one.module == name and one.status is not HealthStatus.HEALTHY for one in reports):
            raise ContractViolation(expected=f"one healthy report about {name}", observed=listed(reports), when=when)
