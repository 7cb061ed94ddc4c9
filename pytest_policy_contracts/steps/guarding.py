"""Handing accesses to a guard, reading what it remembers, and what may be expected of both.

The steps of `tenant_guard` say in plain language what happens; this is how it is done.
"""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from pytest_policy_contracts.contracts import GuardConfig, GuardMode, Severity, TenantViolation, ViolationKind
from pytest_policy_contracts.environment.foreign_values import (
    RAISED_BY_A_LOOK,
    entries_of,
    has,
    is_sequence,
    read,
    repr_of,
    text_of,
)
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.simulation.errors import SimulationError
from pytest_policy_contracts.verification.attempts import Attempt, Ended, outcome_of_error
from pytest_policy_contracts.verification.snapshots import same
from pytest_policy_contracts.verification.violations import ContractViolation, Precondition, Untested, left_to
from pytest_policy_contracts.verification.world import World

BASICS = ("TNT-002", "TNT-003")
"""The clauses that say what a strict and a lenient guard do at all; a mistake there shows in every other one, too."""

ALLOWS_ITS_PAIRS = "TNT-005"
REMEMBERS = "TNT-009"

LIMIT_SECONDS = 3600.0
"""After so long a call counts as one that does not end; the contract names no time, and a slow publisher takes a minute."""

TENANT, FRIENDS, STRANGER = "café-straße-7", ("globex-éfin-4", "Initech-2"), "umbrella-9"
"""Ids in which every confusion has something to get hold of: accents, a sharp s, upper case, digits, hyphens."""

OTHER_KINDS = (ViolationKind.INVALID_CONTEXT, ViolationKind.MISSING_CONTEXT, ViolationKind.UNAUTHORIZED)
MISSING_CONTEXT_ERROR = "TenantContextMissingError"


@dataclass(frozen=True, slots=True)
class Access:
    """An access before it is handed in, so that what a guard does to its violation does not reach us."""

    kind: Any = ViolationKind.CROSS_TENANT
    tenant_id: Any = TENANT
    target_id: Any = STRANGER
    severity: Any = Severity.HIGH
    timestamp: datetime | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    def violation(self) -> TenantViolation:
        """Return a fresh violation that shares nothing mutable with this or another one."""
        details = copy.deepcopy(dict(self.details))
        return TenantViolation(self.kind, self.severity, self.tenant_id, self.target_id, self.timestamp, details)

    def __str__(self) -> str:
        return f"{_word(self.severity)} {_word(self.kind)} of {self.tenant_id!r} to {self.target_id!r}"


@dataclass(slots=True)
class HandedIn:
    """An access that was handed in, the violation that stood for it, and how that ended."""

    access: Access
    violation: Any
    attempt: Attempt


# -- making guards --------------------------------------------------------------------------------------------------------


async def create_guard(world: World, config: GuardConfig, publisher: Publisher | None = None) -> Any:
    """Make a fresh guard the subject of the run."""
    world.seen.config = config
    world.seen.publisher = publisher or Publisher()
    world.seen.handed_in = []
    world.seen.left_to = BASICS
    world.seen.refused = ""
    world.subject = await world.create(config, world.seen.publisher)
    return world.subject


async def create_unless_refused(world: World, config: GuardConfig) -> bool:
    """Make a guard with a setting that it may refuse by raising; tell whether there is one."""
    try:
        await create_guard(world, config)
    except HarnessError as error:
        if not isinstance(error.__cause__, Exception) or isinstance(error.__cause__, HarnessError):
            raise
        world.asking = ""
        world.subject, world.seen.refused = None, text_of(error.__cause__)
        world.witness("the guard was created or refused", True)
    return world.subject is not None


def whitelist() -> dict[str, list[str]]:
    """Return a mapping in which one tenant may reach two others."""
    return {TENANT: list(FRIENDS)}


# -- handing in -----------------------------------------------------------------------------------------------------------


async def hand_in(world: World, *accesses: Access) -> None:
    """Hand accesses in, one after the other, and remember how each ended."""
    for access in accesses:
        await hand_in_violation(world, access, access.violation())


async def hand_in_violation(world: World, access: Access, violation: Any) -> None:
    """Hand in `violation`, which stands for `access`; nothing more can be handed to a guard that has come to a stop."""
    if world.is_stuck:
        return
    attempt = await world.attempt(world.subject.validate_access, violation, limit=LIMIT_SECONDS)
    world.seen.handed_in.append(HandedIn(access, violation, attempt))
    world.witness("accesses were handed in", True)


def of_every_kind(**fields: Any) -> list[Access]:
    """Return an access of each kind at each severity that no whitelist excuses."""
    pairs = itertools.product(ViolationKind, Severity)
    return [
        Access(kind=kind, severity=severity, details={"number": number}, **fields)
        for number, (kind, severity) in enumerate(pairs)
    ]


# -- what a guard remembers -----------------------------------------------------------------------------------------------


async def recent(world: World) -> Sequence[Any]:
    """Return what the guard remembers; leave one that cannot say to the clause about it."""
    require_decided(world)
    return await read_record(world)


async def read_record(world: World, when: str = "") -> Sequence[Any]:
    """As `recent`, of a guard that may have been handed anything."""
    attempt = await world.attempt(world.subject.recent_violations, limit=LIMIT_SECONDS)
    if inspect.isawaitable(attempt.value):
        attempt = await _awaited(attempt.value)
    if not attempt.accepted or not is_record(attempt.value):
        observed = repr_of(attempt.value) if attempt.accepted else str(attempt)
        raise Precondition(
            REMEMBERS, expected="recent_violations() answers a sequence of violations", observed=observed, when=when
        )
    records: Sequence[Any] = attempt.value
    return records


async def _awaited(answer: Awaitable[Any]) -> Attempt:
    """Await the answer of a guard that decides synchronously and remembers asynchronously."""
    try:
        return Attempt(Ended.RETURNED, await answer)
    except RAISED_BY_A_LOOK as error:
        return Attempt(outcome_of_error(error), error=error)


def require_decided(world: World) -> None:
    """Go on only if nothing has come to a stop for good: no further call could be made."""
    for one in world.seen.handed_in if world.is_stuck else ():
        if one.attempt.ended is Ended.HUNG:
            with left_to(*BASICS):
                raise ContractViolation(expected=f"decided: {one.access}", observed=str(one.attempt))


def require_ends(attempts: Iterable[Attempt]) -> None:
    """Leave callers that made several accesses, and came to no end, to the clauses about a single one."""
    for attempt in attempts:
        if not attempt.accepted:
            with left_to(*BASICS):
                raise ContractViolation(expected="every caller comes to an end", observed=str(attempt))


def is_record(value: object) -> bool:
    """Tell whether a value is a sequence of violations."""
    return is_sequence(value)


def word_of(record: Any, name: str) -> str:
    """Return kind or severity of a record as a plain word, whatever type it has there."""
    return _word(read(record, name))


def _word(value: object) -> str:
    if not isinstance(value, Enum):
        return text_of(value).lower()
    own = read(value, "value")
    return text_of(own if isinstance(own, str) else read(value, "name")).lower()


def matches(record: Any, access: Access) -> bool:
    """Tell whether a record is the one of an access: of the same kind, about the same two ids."""
    return (
        same_word(record, access, "kind")
        and same(read(record, "tenant_id"), access.tenant_id)
        and same(read(record, "target_id"), access.target_id)
    )


def same_word(record: Any, access: Access, name: str) -> bool:
    """Tell whether kind or severity agree, by name or by value."""
    return is_word(read(record, name), _word(getattr(access, name)))


def is_word(value: object, word: str) -> bool:
    """Tell whether a value of the subject is a word, given in lower case: as text, or as the name or value of an enum."""
    return word == _word(value) or (isinstance(value, Enum) and word == text_of(read(value, "name")).lower())


def is_whole(record: Any, access: Access) -> bool:
    """Tell whether a record has everything of an access, and nothing of another one."""
    return (
        matches(record, access)
        and same_word(record, access, "severity")
        and same(entries_of(read(record, "details")), dict(access.details))
    )


def plain(records: Iterable[Any]) -> list[dict[str, Any]]:
    """Return records as plain values, to be copied and compared."""
    names = ("kind", "severity", "tenant_id", "target_id", "timestamp", "details")
    return [
        {name: read(record, name) for name in names} if has(record, "tenant_id") else {"record": record}
        for record in records
    ]


def listed(records: Iterable[Any]) -> str:
    """Return records, or accesses, as one line."""
    return ", ".join(_shown(record) for record in records) or "nothing"


def _shown(record: Any) -> str:
    if not has(record, "tenant_id"):
        return repr_of(record)
    tenant, target = repr_of(read(record, "tenant_id")), repr_of(read(record, "target_id"))
    return f"{word_of(record, 'severity')} {word_of(record, 'kind')} of {tenant} to {target}"


# -- claims about decisions -----------------------------------------------------------------------------------------------


def handed_in(world: World) -> list[HandedIn]:
    """Return what was handed in since the guard was made; a scenario without anything proves nothing."""
    if not world.seen.handed_in:
        raise Untested("nothing was handed in")
    found: list[HandedIn] = world.seen.handed_in
    return found


def claim_denied(one: HandedIn, when: str = "") -> None:
    """Claim that an access was denied by raising."""
    if not one.attempt.refused:
        expected = f"denied by an Exception: {one.access}"
        raise ContractViolation(expected=expected, observed=str(one.attempt), when=when)


def claim_allowed(one: HandedIn, when: str = "") -> None:
    """Claim that an access was allowed by returning."""
    if not one.attempt.accepted:
        raise ContractViolation(expected=f"allowed: {one.access}", observed=str(one.attempt), when=when)


def claim_decided(one: HandedIn, mode: GuardMode) -> None:
    """Claim what a guard of that mode decides about a violation."""
    claim_denied(one) if mode is GuardMode.STRICT else claim_allowed(one)


async def claim_recorded(world: World) -> None:
    """Claim that each access handed in is among what the guard remembers."""
    records = await recent(world)
    for one in handed_in(world):
        if not any(matches(record, one.access) for record in records):
            raise ContractViolation(expected=f"recorded: {one.access}", observed=f"recorded: {listed(records)}")


async def claim_nothing_recorded(world: World) -> None:
    """Claim that the guard remembers nothing."""
    records = await recent(world)
    if records:
        raise ContractViolation(expected="nothing is recorded", observed=f"recorded: {listed(records)}")


async def settled_events(world: World) -> list[Any]:
    """Return what was published once everything has settled."""
    try:
        await world.settle()
    except SimulationError as error:
        raise Untested(f"what the guard has under way does not settle: {error}") from error
    events: list[Any] = world.seen.publisher.events
    return events


def says_context_missing(error: BaseException | None) -> bool:
    """Tell whether an error is of the type that a missing context has, or of an own class of that name."""
    return any(kind.__name__ == MISSING_CONTEXT_ERROR for kind in type(error).__mro__)
