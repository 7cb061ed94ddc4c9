"""Two guards that keep every clause, one synchronous and one asynchronous: what the broken subjects deviate from.

A subject in this folder is one of these guards with one named mistake. Nothing here breaks a clause; a subject
could otherwise be caught for a mistake that it does not name. What a mistake may replace is a small method.
"""

import asyncio
import inspect
import logging
import threading
from collections import deque
from collections.abc import Collection, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from operator import attrgetter
from typing import Any

from pytest_policy_contracts import (
    GuardConfig,
    GuardMode,
    Severity,
    TenantContextMissingError,
    TenantGuardHarness,
    TenantIsolationError,
    TenantViolation,
    ViolationKind,
)
from pytest_policy_contracts.contracts.tenants import Publish

_log = logging.getLogger("gate.tenants")

Pairs = frozenset[tuple[str, str]]
Event = dict[str, object]

KINDS = {str(kind.value): kind for kind in ViolationKind}
FIELDS = ("kind", "severity", "tenant_id", "target_id", "timestamp", "details")
ENVELOPE = {"specversion": "1.0", "source": "/gate", "type": "gate.violation"}
NO_CLOCK = datetime(1970, 1, 1, tzinfo=UTC)

_in_fields = attrgetter(*FIELDS)


def known_kind(kind: object) -> ViolationKind | None:
    """The kind, given as such or as its text; None for anything else."""
    if type(kind) is ViolationKind:
        return kind
    return KINDS.get(kind) if type(kind) is str else None


def exact(value: object) -> bool:
    """Whether the value can be an id: a plain text with something in it."""
    return type(value) is str and value != ""


def crosses_between_ids(asked: TenantViolation) -> bool:
    """Whether only the border between two well-formed ids is in question."""
    crosses = known_kind(asked.kind) is ViolationKind.CROSS_TENANT
    return crosses and exact(asked.tenant_id) and exact(asked.target_id)


def pairs_of(whitelist: Mapping[str, Collection[str]]) -> Pairs:
    """A copy of the whitelist as its directed pairs, without those that name nobody."""
    pairs = ((tenant, target) for tenant, targets in whitelist.items() for target in targets)
    return frozenset(pair for pair in pairs if exact(pair[0]) and exact(pair[1]))


def copied(asked: TenantViolation) -> TenantViolation:
    """A deep copy; what cannot be copied is named instead."""
    try:
        return deepcopy(TenantViolation(*_in_fields(asked)))
    except Exception:
        return _copied_in_parts(*_in_fields(asked))


def _copied_in_parts(
    kind: Any, severity: Any, tenant_id: Any, target_id: Any, timestamp: Any, details: Any
) -> TenantViolation:
    kind, severity, tenant_id, target_id = map(_copied_part, (kind, severity, tenant_id, target_id))
    try:
        kept = {str(name): _copied_part(value) for name, value in details.items()}
    except Exception:
        kept = {"not copied": type(details).__name__}
    return TenantViolation(kind, severity, tenant_id, target_id, timestamp, kept)


def _copied_part(value: Any) -> Any:
    try:
        return deepcopy(value)
    except Exception:
        return f"<{type(value).__name__}>"


def event_of(record: TenantViolation, number: int) -> Event:
    """A CloudEvent that shares nothing with the record."""
    return {**ENVELOPE, "id": str(number), "data": dict(zip(FIELDS, _in_fields(copied(record)), strict=True))}


def shown(value: object) -> str:
    """An id as a text may show it; of anything else only the type."""
    return repr(value) if type(value) is str else f"<{type(value).__name__}>"


def warn(text: str) -> None:
    """Log, if that is possible."""
    try:
        _log.warning(text)
    except Exception:
        return


class Binding:
    """One use of a tenant; two of the same tenant are two."""

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id


class Guard:
    """What both guards have in common: their state, and the decision apart from what is done about it."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        self._mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        self._kept: deque[TenantViolation] = deque(maxlen=self._capacity(config.max_violations))
        self._publish = publish
        self._numbers = count(1)
        self._bindings: ContextVar[tuple[Binding, ...]] = ContextVar("bindings", default=())

    def _capacity(self, max_violations: int) -> int | None:
        if max_violations < 1:
            raise ValueError("max_violations has to be at least 1")
        return max_violations

    @property
    def mode(self) -> object:
        return self._mode

    # -- deciding --------------------------------------------------------------------------------------

    def _lets_pass(self, asked: TenantViolation) -> bool:
        return self._mode is GuardMode.DISABLED or self._excused(asked)

    def _excused(self, asked: TenantViolation) -> bool:
        if not crosses_between_ids(asked):
            return False
        return asked.tenant_id == asked.target_id or self._whitelisted(asked.tenant_id, asked.target_id)

    def _whitelisted(self, tenant: str, target: str) -> bool:
        return (tenant, target) in self._pairs

    def _refuse(self, asked: TenantViolation) -> None:
        if self._mode is GuardMode.STRICT:
            raise self._refusal(asked)

    def _refusal(self, asked: TenantViolation) -> Exception:
        if known_kind(asked.kind) is ViolationKind.MISSING_CONTEXT:
            return TenantContextMissingError(self._text(asked))
        return TenantIsolationError(self._text(asked))

    def _text(self, asked: TenantViolation) -> str:
        kind = known_kind(asked.kind)
        reason = "unknown kind" if kind is None else kind.value
        return f"{shown(asked.tenant_id)} may not reach {shown(asked.target_id)}: {reason}"

    # -- keeping and telling ---------------------------------------------------------------------------

    def _copy_in(self, asked: TenantViolation) -> TenantViolation:
        return copied(asked)

    def _copy_out(self, record: TenantViolation) -> TenantViolation:
        return copied(record)

    def _moment(self) -> Any:
        try:
            return datetime.now(UTC)
        except Exception:
            return NO_CLOCK

    def _stamped(self, record: TenantViolation) -> TenantViolation:
        return record if record.timestamp is not None else replace(record, timestamp=self._moment())

    def _event(self, record: TenantViolation) -> Event:
        return event_of(record, next(self._numbers))

    # -- knowing who asks ------------------------------------------------------------------------------

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        binding = Binding(tenant_id)
        self._bindings.set((*self._bindings.get(), binding))
        try:
            yield
        finally:
            self._bindings.set(tuple(one for one in self._bindings.get() if one is not binding))

    def _tenant(self) -> str | None:
        bindings = self._bindings.get()
        return bindings[-1].tenant_id if bindings else None

    def _asked_now(self, target_id: str) -> TenantViolation:
        tenant = self._tenant()
        if tenant is None:
            return TenantViolation(ViolationKind.MISSING_CONTEXT, Severity.HIGH, "", target_id)
        return TenantViolation(ViolationKind.CROSS_TENANT, Severity.HIGH, tenant, target_id)


class SyncGuard(Guard):
    """A correct synchronous guard: one lock around its records, and no publishing while it is held."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._turn = threading.Lock()

    def validate_access(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        self._announce(self._keep(self._copy_in(asked)))
        self._refuse(asked)

    def _keep(self, record: TenantViolation) -> TenantViolation:
        with self._turn:
            record = self._stamped(record)
            self._kept.append(record)
        return record

    def _announce(self, record: TenantViolation) -> None:
        try:
            self._publish(self._event(record))
        except Exception:
            warn("a violation could not be published")

    def _snapshot(self) -> list[TenantViolation]:
        with self._turn:
            return list(self._kept)

    def recent_violations(self) -> list[TenantViolation]:
        return [self._copy_out(record) for record in self._snapshot()]

    def access(self, target_id: str) -> None:
        self.validate_access(self._asked_now(target_id))


class AsyncGuard(Guard):
    """A correct asynchronous guard: it waits for its publisher only, and keeps each record before it does."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._turn = asyncio.Lock()

    async def validate_access(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        await self._announce(await self._keep(self._copy_in(asked)))
        self._refuse(asked)

    async def _keep(self, record: TenantViolation) -> TenantViolation:
        async with self._turn:
            record = self._stamped(record)
            self._kept.append(record)
        return record

    async def _announce(self, record: TenantViolation) -> None:
        try:
            await self._emit(record)
        except Exception:
            warn("a violation could not be published")

    async def _emit(self, record: TenantViolation) -> None:
        answer = self._publish(self._event(record))
        if inspect.isawaitable(answer):
            await answer

    def recent_violations(self) -> list[TenantViolation]:
        return [self._copy_out(record) for record in self._kept]

    def access(self, target_id: str) -> Coroutine[Any, Any, None]:
        return self.validate_access(self._asked_now(target_id))


class GuardHarness(TenantGuardHarness):
    """Every capability that needs no clean-up, for the guards above."""

    def bind_tenant(
        self, subject: Guard, tenant_id: str
    ) -> AbstractContextManager[object] | AbstractAsyncContextManager[object]:
        return subject.bound_to(tenant_id)

    def access(self, subject: Any, target_id: str) -> object:
        return subject.access(target_id)
