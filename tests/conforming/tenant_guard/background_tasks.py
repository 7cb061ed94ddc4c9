"""An asynchronous guard that publishes each event in a task of its own, and does not let them pile up."""

import asyncio
import inspect
from collections import deque
from contextvars import ContextVar
from itertools import count

from pytest_policy_contracts import GuardConfig, GuardMode, TenantGuardHarness, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish

from .values import Event, copied, denial, event_of, is_violation, pairs_of, stamped

MOST_UNDER_WAY = 32

_publishing: ContextVar[bool] = ContextVar("publishing", default=False)


class TaskingGuard:
    """Waits for the publisher only behind very many events, and never when the publisher itself is asking."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        if config.max_violations < 1:
            raise ValueError("max_violations has to be at least 1")
        self._mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        self._records: deque[TenantViolation] = deque(maxlen=config.max_violations)
        self._publish = publish
        self._numbers = count(1)
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def mode(self) -> str:
        return self._mode.value

    async def validate_access(self, violation: TenantViolation) -> None:
        if self._mode is GuardMode.DISABLED or not is_violation(violation, self._pairs):
            return
        record = stamped(copied(violation))
        self._records.append(record)
        self._hand_over(event_of(record, next(self._numbers)))
        while len(self._under_way) > MOST_UNDER_WAY and not _publishing.get():
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        if self._mode is GuardMode.STRICT:
            raise denial(violation)

    def _hand_over(self, event: Event) -> None:
        task = asyncio.create_task(self._send(event), name="tenant-event")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _send(self, event: Event) -> None:
        _publishing.set(True)
        try:
            answer = self._publish(event)
            if inspect.isawaitable(answer):
                await answer
        except Exception:
            return

    def recent_violations(self) -> list[TenantViolation]:
        return [copied(record) for record in self._records]

    async def close(self) -> None:
        under_way = set(self._under_way)
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)


class TaskingGuardContract(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> TaskingGuard:
        return TaskingGuard(config, publish)

    async def dispose(self, subject: TaskingGuard) -> None:
        await subject.close()
