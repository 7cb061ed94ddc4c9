"""The guard of a web service: a middleware binds the tenant of the request, in a variable that the program shares."""

import inspect
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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

from .values import copied, denial, event_of, is_violation, pairs_of, stamped

_log = logging.getLogger("web.tenants")

current_tenant: ContextVar[str | None] = ContextVar("current_tenant", default=None)


@asynccontextmanager
async def request_of(tenant_id: str) -> AsyncIterator[None]:
    """Serve a request of the tenant."""
    token = current_tenant.set(tenant_id)
    try:
        yield
    finally:
        current_tenant.reset(token)


class WebGuard:
    """Reads the variable when it is asked, before it waits for anything; waits for its publisher."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        if config.max_violations < 1:
            raise ValueError("max_violations has to be at least 1")
        self.mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        self._records: deque[TenantViolation] = deque(maxlen=config.max_violations)
        self._publish = publish
        self._numbers = count(1)

    async def access(self, target_id: str) -> None:
        tenant = current_tenant.get()
        kind = ViolationKind.MISSING_CONTEXT if tenant is None else ViolationKind.CROSS_TENANT
        await self.validate_access(TenantViolation(kind, Severity.HIGH, tenant or "", target_id))

    async def validate_access(self, violation: TenantViolation) -> None:
        if self.mode is GuardMode.DISABLED or not is_violation(violation, self._pairs):
            return
        record = stamped(copied(violation))
        self._records.append(record)
        try:
            answer = self._publish(event_of(record, next(self._numbers)))
            if inspect.isawaitable(answer):
                await answer
        except Exception:
            self._complain()
        if self.mode is GuardMode.STRICT:
            raise denial(violation)

    @staticmethod
    def _complain() -> None:
        try:
            _log.exception("a tenant violation could not be published")
        except Exception:
            return

    def recent_violations(self) -> list[TenantViolation]:
        return [copied(record) for record in self._records]


class WebGuardContract(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> WebGuard:
        return WebGuard(config, publish)

    def bind_tenant(self, subject: WebGuard, tenant_id: str) -> AbstractAsyncContextManager[None]:
        return request_of(tenant_id)

    async def access(self, subject: WebGuard, target_id: str) -> None:
        await subject.access(target_id)
