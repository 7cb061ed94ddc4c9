"""Providers that answer with reports and statuses of their own types."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import NamedTuple

from .stand_ins import AsyncStore, StoreHarness, SyncStore, Watcher

BERLIN = timezone(timedelta(hours=1))


class Line(NamedTuple):
    """A report as this module's own status page wants it; the status is an upper-case text."""

    module: str
    component: str
    status: str
    message: str
    checked_at: datetime
    observed_since: datetime
    optional: bool
    details: dict[str, object]


class StatusPage:
    """Reports its store in capital letters, and in local time with its offset."""

    def __init__(self, store: SyncStore) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._last = ("", datetime.min.replace(tzinfo=UTC))

    def health_check(self) -> Sequence[Line]:
        try:
            self.store.ping(timeout=1.0)
        except OSError as error:
            return [self._line("UNHEALTHY", type(error).__name__)]
        return [self._line("HEALTHY", "")]

    def _line(self, status: str, message: str) -> Line:
        with self._lock:
            now = datetime.now(BERLIN)
            if self._last[0] != status:
                self._last = (status, now)
            details: dict[str, object] = {"links": [{"rel": "runbook", "page": 12}]}
            return Line("status-page", "store", status, message, now, self._last[1], False, details)


class State(Enum):
    """Numbered, as the monitoring behind it wants them; the names are the contract's."""

    HEALTHY = 0
    DEGRADED = 1
    UNHEALTHY = 2
    UNKNOWN = 3


class Finding:
    """A report with properties, made from one observation."""

    def __init__(self, component: str, status: State, now: datetime, since: datetime) -> None:
        self.module = "monitor"
        self.component = component
        self.status = status
        self.checked_at = now
        self.observed_since = since
        self.optional = False
        self.details: dict[str, object] = {}

    @property
    def message(self) -> str:
        return f"{self.component} is {self.status.name.lower()}"


class Monitor:
    """Puts its status into an enum of its own, whose values are numbers."""

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self._state = State.UNKNOWN
        self._since = datetime.now(UTC)

    async def health_check(self) -> Sequence[Finding]:
        state = await self._observed()
        now = datetime.now(UTC)
        if state is not self._state:
            self._state, self._since = state, now
        return [Finding("store", state, now, self._since)]

    async def _observed(self) -> State:
        try:
            async with asyncio.timeout(2):
                await self.store.ping()
        except TimeoutError:
            return State.UNKNOWN
        except ConnectionError:
            return State.UNHEALTHY
        return State.HEALTHY


class StatusPageContract(StoreHarness):
    def create(self) -> StatusPage:
        return StatusPage(SyncStore())


class MonitorContract(StoreHarness):
    async def create(self) -> Monitor:
        return Monitor(AsyncStore())

    async def break_dependency(self, subject: Watcher, /) -> None:  # type: ignore[override]
        await asyncio.sleep(0.01)
        subject.store.refuse()

    async def restore_dependency(self, subject: Watcher, /) -> None:  # type: ignore[override]
        await asyncio.sleep(0.01)
        subject.store.restore()
