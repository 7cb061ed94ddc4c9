"""An asynchronous guard that stores each record under a lock, and gives its publisher five seconds."""

import asyncio
import inspect
from collections import deque
from itertools import count

from pytest_policy_contracts import GuardConfig, GuardMode, TenantGuardHarness, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish

from .values import copied, denial, event_of, is_violation, pairs_of, stamped


class StoringGuard:
    """What is no violation never waits; what is one is copied before the first wait and stored in turn."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        if config.max_violations < 1:
            raise ValueError("max_violations has to be at least 1")
        self._mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        self._records: deque[TenantViolation] = deque(maxlen=config.max_violations)
        self._turn = asyncio.Lock()
        self._publish = publish
        self._numbers = count(1)

    @property
    def mode(self) -> GuardMode:
        return self._mode

    async def validate_access(self, violation: TenantViolation) -> None:
        if self._mode is GuardMode.DISABLED or not is_violation(violation, self._pairs):
            return
        record = copied(violation)
        async with self._turn:
            record = stamped(record)
            await asyncio.sleep(0.0001)
            self._records.append(record)
        await self._tell(record)
        if self._mode is GuardMode.STRICT:
            raise denial(violation)

    async def _tell(self, record: TenantViolation) -> None:
        try:
            answer = self._publish(event_of(record, next(self._numbers)))
            if inspect.isawaitable(answer):
                async with asyncio.timeout(5):
                    await answer
        except Exception:
            return

    async def recent_violations(self) -> list[TenantViolation]:
        async with self._turn:
            return [copied(record) for record in self._records]


class StoringGuardContract(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> StoringGuard:
        return StoringGuard(config, publish)
