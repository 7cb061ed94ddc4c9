"""An asynchronous guard with a queue of events and one worker that empties it, as a service has it."""

import asyncio
import inspect
import logging
from collections import deque
from contextvars import ContextVar
from itertools import count

from pytest_policy_contracts import GuardConfig, GuardMode, TenantGuardHarness, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish

from .values import Event, copied, denial, event_of, is_violation, pairs_of, stamped

_log = logging.getLogger("service.tenants")
_in_worker: ContextVar[bool] = ContextVar("in_worker", default=False)

MOST_WAITING = 500


class QueueingGuard:
    """The queue holds events until the worker comes to them; whoever makes it long waits until it is empty."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        if config.max_violations < 1:
            raise ValueError("max_violations has to be at least 1")
        self._config_mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        self._records: deque[TenantViolation] = deque(maxlen=config.max_violations)
        self._publish = publish
        self._numbers = count(1)
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._worker = asyncio.create_task(self._work(), name="tenant-events")

    @property
    def mode(self) -> GuardMode:
        return self._config_mode

    async def validate_access(self, violation: TenantViolation) -> None:
        if self.mode is GuardMode.DISABLED or not is_violation(violation, self._pairs):
            return
        record = stamped(copied(violation))
        self._records.append(record)
        self._events.put_nowait(event_of(record, next(self._numbers)))
        self._warn("tenant violation no. %d", self._events.qsize())
        if self._events.qsize() > MOST_WAITING and not _in_worker.get():
            await self._events.join()
        if self.mode is GuardMode.STRICT:
            raise denial(violation)

    @staticmethod
    def _warn(text: str, *arguments: object) -> None:
        try:
            _log.warning(text, *arguments)
        except Exception:
            return

    async def _work(self) -> None:
        _in_worker.set(True)
        while True:
            event = await self._events.get()
            try:
                answer = self._publish(event)
                if inspect.isawaitable(answer):
                    await answer
            except Exception:
                self._warn("an event could not be published")
            finally:
                self._events.task_done()

    async def recent_violations(self) -> list[TenantViolation]:
        return [copied(record) for record in self._records]

    async def close(self) -> None:
        self._worker.cancel()
        await asyncio.wait({self._worker})


class QueueingGuardContract(TenantGuardHarness):
    async def create(self, config: GuardConfig, publish: Publish) -> QueueingGuard:
        return QueueingGuard(config, publish)

    async def dispose(self, subject: QueueingGuard) -> None:
        await subject.close()
