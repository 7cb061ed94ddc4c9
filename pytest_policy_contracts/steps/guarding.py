"""Handing accesses to a guard, reading what it remembers, and what may be expected of both.

The steps of `tenant_guard` say in plain language what happens; this is how it is done.
"""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from pytest_policy_contracts.contracts import GuardConfig, GuardMode, Severity, TenantViolation, ViolationKind
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.simulation.errors import SimulationError
from pytest_policy_contracts.verification.attempts import Attempt, Ended
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
        world.subject, world.seen.refused = None, str(error.__cause__)
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
    attempt = await world.attempt(world.subject.recent_violations, limit=LIMIT_SECONDS)
    value = await attempt.value if inspect.isawaitable(attempt.value) else attempt.value
    if not attempt.accepted or not is_record(value):
        observed = repr(value) if attempt.accepted else str(attempt)
        raise Precondition(REMEMBERS, expected="recent_violations() answers a sequence", observed=observed)
    records: Sequence[Any] = value
    return records


def require_decided(world: World) -> None:
    """Go on only if nothing has come to a stop for good: no further call could be made."""
    for one in world.seen.handed_in if world.is_stuck else ():
        if one.attempt.ended is Ended.HUNG:
            with left_to(*BASICS):
                raise ContractViolation(expected=f"decided: {one.access}", observed=str(one.attempt))


def is_record(value: object) -> bool:
    """Tell whether a value is a sequence of violations."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def word_of(record: Any, name: str) -> str:
    """Return kind or severity of a record as a plain word, whatever type it has there."""
    return _word(getattr(record, name, None))


def _word(value: object) -> str:
    return str(value.value if isinstance(value, Enum) and isinstance(value.value, str) else _named(value)).lower()


def _named(value: object) -> object:
    return value.name if isinstance(value, Enum) else value


def matches(record: Any, access: Access) -> bool:
    """Tell whether a record is the one of an access: of the same kind, about the same two ids."""
    return (
        same_word(record, access, "kind")
        and same(getattr(record, "tenant_id", None), access.tenant_id)
        and same(getattr(record, "target_id", None), access.target_id)
    )


def same_word(record: Any, access: Access, name: str) -> bool:
    """Tell whether kind or severity agree, by name or by value."""
    value = getattr(record, name, None)
    names = {_word(value)} | ({value.name.lower()} if isinstance(value, Enum) else set())
    return _word(getattr(access, name)) in names


def is_whole(record: Any, access: Access) -> bool:
    """Tell whether a record has everything of an access, and nothing of another one."""
    details = getattr(record, "details", None)
    return (
        matches(record, access) and same_word(record, access, "severity")
        and isinstance(details, Mapping) and same(dict(details), dict(access.details))
    )  # fmt: skip


def plain(records: Iterable[Any]) -> list[dict[str, Any]]:
    """Return records as plain values, to be copied and compared."""
    names = ("kind", "severity", "tenant_id", "target_id", "timestamp", "details")
    return [
        {name: getattr(record, name, None) for name in names} if hasattr(record, "tenant_id") else {"record": record}
        for record in records
    ]


def listed(records: Iterable[Any]) -> str:
    """Return records, or accesses, as one line."""
    return ", ".join(_shown(record) for record in records) or "nothing"


def _shown(record: Any) -> str:
    if not hasattr(record, "tenant_id"):
        return repr(record)
    return f"{word_of(record, 'severity')} {word_of(record, 'kind')} of {record.tenant_id!r} to {record.target_id!r}"


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
