"""A synchronous guard that knows who is asking: each binding is in the running context until it is left."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from itertools import count

from pytest_policy_contracts import (
    GuardConfig,
    GuardMode,
    Severity,
    TenantGuardHarness,
    TenantViolation,
    ViolationKind,
)
from pytest_policy_contracts.contracts.tenants import Publish

from .values import copied, event_of, is_violation, known_kind, pairs_of, stamped


class IsolationError(RuntimeError):
    """The border between two tenants was to be crossed."""


class TenantContextMissingError(IsolationError):
    """Nobody is bound."""


class Binding:
    """One use of a tenant; two of the same tenant are two."""

    __slots__ = ("tenant_id",)

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id


class BoundGuard:
    """Leaving a binding takes away that one and no other, in whatever order bindings are left."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        if config.max_violations < 1:
            raise ValueError("max_violations has to be at least 1")
        self.mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        self._records: deque[TenantViolation] = deque(maxlen=config.max_violations)
        self._lock = threading.Lock()
        self._publish = publish
        self._numbers = count(1)
        self._bindings: ContextVar[tuple[Binding, ...]] = ContextVar("bindings", default=())

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        binding = Binding(tenant_id)
        self._bindings.set((*self._bindings.get(), binding))
        try:
            yield
        finally:
            self._bindings.set(tuple(one for one in self._bindings.get() if one is not binding))

    def access(self, target_id: str) -> None:
        bindings = self._bindings.get()
        if bindings:
            tenant, kind = bindings[-1].tenant_id, ViolationKind.CROSS_TENANT
        else:
            tenant, kind = "", ViolationKind.MISSING_CONTEXT
        self.validate_access(TenantViolation(kind, Severity.HIGH, tenant, target_id))

    def validate_access(self, violation: TenantViolation) -> None:
        if self.mode is GuardMode.DISABLED or not is_violation(violation, self._pairs):
            return
        record = copied(violation)
        with self._lock:
            record = stamped(record)
            self._records.append(record)
        try:
            self._publish(event_of(record, next(self._numbers)))
        except Exception:
            pass
        if self.mode is GuardMode.STRICT:
            missing = known_kind(violation.kind) is ViolationKind.MISSING_CONTEXT
            raise TenantContextMissingError("denied") if missing else IsolationError("denied")

    def recent_violations(self) -> list[TenantViolation]:
        with self._lock:
            records = list(self._records)
        return [copied(record) for record in records]


class BoundGuardContract(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> BoundGuard:
        return BoundGuard(config, publish)

    def bind_tenant(self, subject: BoundGuard, tenant_id: str) -> AbstractContextManager[None]:
        return subject.bound_to(tenant_id)

    def access(self, subject: BoundGuard, target_id: str) -> None:
        subject.access(target_id)
