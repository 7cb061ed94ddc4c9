"""An asynchronous guard with a variable of its own: a plain `with` binds, and the token puts back what was before."""

import asyncio
import inspect
from collections import deque
from collections.abc import Coroutine
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from itertools import count
from types import TracebackType
from typing import Any

from pytest_policy_contracts import (
    GuardConfig,
    GuardMode,
    Severity,
    TenantGuardHarness,
    TenantViolation,
    ViolationKind,
)
from pytest_policy_contracts.contracts.tenants import Publish

from .values import copied, denial, event_of, is_violation, pairs_of, stamped


class Session(AbstractContextManager["Session"]):
    """One tenant's turn in one context; each has its own token."""

    def __init__(self, variable: ContextVar[str | None], tenant_id: str) -> None:
        self._variable = variable
        self._tenant_id = tenant_id
        self._token: Token[str | None] | None = None

    def __enter__(self) -> "Session":
        self._token = self._variable.set(self._tenant_id)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._token is not None
        self._variable.reset(self._token)


class SessionGuard:
    """Knows who is asking at the moment of the call, also when the answer is awaited later."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        self.mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        capacity = config.max_violations if config.max_violations >= 1 else 1000
        self._records: deque[TenantViolation] = deque(maxlen=capacity)
        self._turn = asyncio.Lock()
        self._publish = publish
        self._numbers = count(1)
        self._tenant: ContextVar[str | None] = ContextVar("session_tenant", default=None)

    def session(self, tenant_id: str) -> Session:
        return Session(self._tenant, tenant_id)

    def access(self, target_id: str) -> Coroutine[Any, Any, None]:
        tenant = self._tenant.get()
        if tenant is None:
            asked = TenantViolation(ViolationKind.MISSING_CONTEXT, Severity.CRITICAL, "", target_id)
        else:
            asked = TenantViolation(ViolationKind.CROSS_TENANT, Severity.HIGH, tenant, target_id)
        return self.validate_access(asked)

    async def validate_access(self, violation: TenantViolation) -> None:
        if self.mode is GuardMode.DISABLED or not is_violation(violation, self._pairs):
            return
        record = copied(violation)
        async with self._turn:
            record = stamped(record)
            self._records.append(record)
        await self._tell(record)
        if self.mode is GuardMode.STRICT:
            raise denial(violation)

    async def _tell(self, record: TenantViolation) -> None:
        try:
            answer = self._publish(event_of(record, next(self._numbers)))
            if inspect.isawaitable(answer):
                await answer
        except Exception:
            return

    async def recent_violations(self) -> list[TenantViolation]:
        async with self._turn:
            records = list(self._records)
        return [copied(record) for record in records]


class SessionGuardContract(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SessionGuard:
        return SessionGuard(config, publish)

    def bind_tenant(self, subject: SessionGuard, tenant_id: str) -> AbstractContextManager[Session]:
        return subject.session(tenant_id)

    def access(self, subject: SessionGuard, target_id: str) -> Coroutine[Any, Any, None]:
        return subject.access(target_id)
