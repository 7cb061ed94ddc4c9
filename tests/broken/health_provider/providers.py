"""Servers, and two providers that watch them correctly: what the broken subjects deviate from.

A subject in this folder is one of these providers with one named mistake, or a provider of its own
shape that borrows the servers. Nothing here breaks a clause; the self-test of the folder relies on
it, because otherwise a subject could be caught for a mistake that it does not name.
"""

import asyncio
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from pytest_policy_contracts import HealthProviderHarness, HealthReport, HealthStatus

Details = dict[str, Any]
Finding = tuple[HealthStatus, str]

PASSWORD = "pw-probe-9c41d7"
ADDRESS = f"redis://probe:{PASSWORD}@cache.internal:6379/0"
ANSWER_SECONDS = 0.05


class AsyncServer:
    """Answers after 0.05 s; a ping that has met it hanging never comes back, not even with the server."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._refuses = False
        self._hangs = False

    async def ping(self) -> bytes:
        if self._hangs:
            await asyncio.Event().wait()
        if self._refuses:
            raise ConnectionRefusedError(f"{self.name} refused the connection")
        await asyncio.sleep(ANSWER_SECONDS)
        return b"PONG"

    def refuse(self) -> None:
        self._refuses = True

    def hang(self) -> None:
        self._hangs = True

    def restore(self) -> None:
        self._refuses = self._hangs = False


class SyncServer:
    """The same for threads; the caller may set a time limit, as with the timeout of a socket."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._refuses = False
        self._hangs = False

    def ping(self, timeout: float | None = None) -> bytes:
        if self._hangs and not threading.Event().wait(timeout):
            raise TimeoutError(f"{self.name} did not answer")
        if self._refuses:
            raise ConnectionRefusedError(f"{self.name} refused the connection")
        time.sleep(ANSWER_SECONDS)
        return b"PONG"

    def refuse(self) -> None:
        self._refuses = True

    def hang(self) -> None:
        self._hangs = True

    def restore(self) -> None:
        self._refuses = self._hangs = False


class Beginnings:
    """When the status of each component began; threads may share it, so the clock is read under the lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[HealthStatus, datetime]] = {}

    def noted(self, component: str, status: HealthStatus) -> tuple[datetime, datetime]:
        """Return when the component was checked, which is now, and since when it has the status."""
        with self._lock:
            now = datetime.now(UTC)
            known = self._known.get(component)
            if known is None or known[0] is not status:
                known = self._known[component] = (status, now)
            return now, known[1]


class Reporting:
    """What both providers share: servers, and a report about each."""

    NAMES: tuple[str, ...] = ("primary",)
    LIMIT_SECONDS = 2.0

    def __init__(self) -> None:
        self._beginnings = Beginnings()

    def _report(self, component: str, finding: Finding) -> HealthReport:
        status, message = finding
        checked_at, since = self._beginnings.noted(component, status)
        return HealthReport("cache", component, status, message, checked_at, since, details=self._details())

    def _details(self) -> Details:
        return {"pool": {"size": 10, "hosts": ["cache-a", "cache-b"]}, "ratio": 0.5}


class AsyncHealth(Reporting):
    """A correct asynchronous provider: asks one server after the other, each with a time limit."""

    def __init__(self) -> None:
        super().__init__()
        self.servers = [AsyncServer(name) for name in self.NAMES]

    async def health_check(self) -> Sequence[HealthReport]:
        return [self._report(server.name, await self._found(server)) for server in self.servers]

    async def _found(self, server: AsyncServer) -> Finding:
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                await server.ping()
        except TimeoutError:
            return HealthStatus.UNHEALTHY, "no answer in time"
        except ConnectionError:
            return HealthStatus.UNHEALTHY, "the server cannot be reached"
        return HealthStatus.HEALTHY, "answered"


class SyncHealth(Reporting):
    """A correct synchronous provider: leaves the time limit to the client and holds no lock meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.servers = [SyncServer(name) for name in self.NAMES]

    def health_check(self) -> Sequence[HealthReport]:
        return [self._report(server.name, self._found(server)) for server in self.servers]

    def _found(self, server: SyncServer) -> Finding:
        try:
            server.ping(self.LIMIT_SECONDS)
        except TimeoutError:
            return HealthStatus.UNHEALTHY, "no answer in time"
        except ConnectionError:
            return HealthStatus.UNHEALTHY, "the server cannot be reached"
        return HealthStatus.HEALTHY, "answered"


class Server(Protocol):
    """What a harness can do to a server."""

    def refuse(self) -> None: ...

    def hang(self) -> None: ...

    def restore(self) -> None: ...


class Watcher(Protocol):
    """A provider that watches servers; the first of them is the one that is disturbed."""

    @property
    def servers(self) -> Sequence[Server]: ...


class ServerHarness(HealthProviderHarness):
    """Every capability that needs no clean-up, for providers that watch the servers above."""

    def break_dependency(self, subject: Watcher, /) -> None:
        subject.servers[0].refuse()

    def restore_dependency(self, subject: Watcher, /) -> None:
        subject.servers[0].restore()

    def hang_dependency(self, subject: Watcher, /) -> None:
        subject.servers[0].hang()

    def secrets(self) -> list[str]:
        return [PASSWORD]
