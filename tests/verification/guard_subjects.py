"""A guard that keeps every clause, on threads and as a task, and harnesses for whatever is made of it."""

from __future__ import annotations

import inspect
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pytest_policy_contracts import (
    GuardConfig,
    GuardMode,
    TenantContextMissingError,
    TenantGuardHarness,
    TenantIsolationError,
    TenantViolation,
)
from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.verification.session import Session
from tests.verification.judging import session_of_kind

EVERY_CLAUSE = {clause.id for clause in load_contract("TenantGuard").clauses}
THE_BURST = "TNT-016"
"""The clause that takes as long as all the others."""


class Guard:
    """Keeps every clause, on threads."""

    def __init__(self, config: GuardConfig, publish: Callable[[dict[str, object]], Any]) -> None:
        if config.max_violations < 1:
            raise ValueError("there has to be room for one violation")
        self.mode = GuardMode(config.mode)
        self.pairs = {(tenant, target) for tenant, targets in config.whitelist.items() for target in targets}
        self.kept: deque[TenantViolation] = deque(maxlen=config.max_violations)
        self.publish = publish
        self.lock = threading.Lock()
        self.tenant: ContextVar[str | None] = ContextVar("tenant", default=None)

    def validate_access(self, asked: TenantViolation) -> Any:
        if self.mode is GuardMode.DISABLED or self.excuses(asked):
            return
        self.keep(asked)
        try:
            self.publish({"type": "tenant.violation"})
        except Exception:
            pass  # who cannot be told does not decide
        self.decide(asked)

    def excuses(self, asked: TenantViolation) -> bool:
        ids = (asked.tenant_id, asked.target_id)
        if any(type(one) is not str or not one for one in ids):
            return False
        return asked.kind == "cross_tenant" and (asked.tenant_id == asked.target_id or ids in self.pairs)

    def keep(self, asked: TenantViolation) -> None:
        with self.lock:
            self.kept.append(self.copied(asked))

    def copied(self, asked: TenantViolation) -> TenantViolation:
        try:
            details = deepcopy(asked.details)
        except Exception:
            details = {"not copied": type(asked.details).__name__}
        return TenantViolation(
            asked.kind, asked.severity, asked.tenant_id, asked.target_id, asked.timestamp or self.now(), details
        )

    def now(self) -> datetime:
        try:
            return datetime.now(UTC)
        except Exception:
            return datetime(1970, 1, 1, tzinfo=UTC)

    def decide(self, asked: TenantViolation) -> None:
        if self.mode is GuardMode.STRICT:
            error = TenantContextMissingError if asked.kind == "missing_context" else TenantIsolationError
            raise error(f"{asked.tenant_id!r} may not reach {asked.target_id!r}")

    def recent_violations(self) -> Any:
        with self.lock:
            return [self.copied(one) for one in self.kept]

    # -- who is asking -------------------------------------------------------------------------------------------------

    @contextmanager
    def bound(self, tenant_id: str) -> Iterator[None]:
        before = self.tenant.get()
        self.tenant.set(tenant_id)
        try:
            yield
        finally:
            self.tenant.set(before)

    def access(self, target_id: str) -> Any:
        tenant = self.tenant.get()
        kind = "missing_context" if tenant is None else "cross_tenant"
        return self.validate_access(TenantViolation(kind, "high", tenant or "", target_id))


class AsyncGuard(Guard):
    """Keeps every clause, as a task."""

    async def validate_access(self, asked: TenantViolation) -> Any:
        if self.mode is GuardMode.DISABLED or self.excuses(asked):
            return
        self.keep(asked)
        try:
            answer = self.publish({"type": "tenant.violation"})
            if inspect.isawaitable(answer):
                await answer
        except Exception:
            pass
        self.decide(asked)


class GuardContract(TenantGuardHarness):
    """Every capability; `kind` is what it creates."""

    kind: Callable[..., Any] = Guard

    def create(self, config: GuardConfig, publish: Any) -> Any:
        return type(self).kind(config, publish)

    def bind_tenant(self, subject: Any, tenant_id: str) -> Any:
        return subject.bound(tenant_id)

    def access(self, subject: Any, target_id: str) -> Any:
        return subject.access(target_id)


class BareContract(TenantGuardHarness):
    """Nothing but a guard."""

    kind: Callable[..., Any] = Guard

    def create(self, config: GuardConfig, publish: Any) -> Any:
        return type(self).kind(config, publish)


def session_with(kind: Any = Guard, schedules: int = 10, base: Any = GuardContract, **options: Any) -> Session:
    """The session that judges what `kind` makes."""
    return session_of_kind("Gate", base, kind, schedules, **options)


def remembering(change: Callable[[Any], Any]) -> type[Guard]:
    """A guard whose whole record is changed when it is read."""

    class Odd(Guard):
        def recent_violations(self) -> Any:
            return change(super().recent_violations())

    return Odd


def recording(**fields: Callable[[TenantViolation], Any]) -> type[Guard]:
    """A guard whose records have other fields, made from the right ones."""

    def changed(record: TenantViolation) -> TenantViolation:
        return replace(record, **{name: make(record) for name, make in fields.items()})

    return remembering(lambda records: list(map(changed, records)))
