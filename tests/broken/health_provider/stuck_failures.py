"""Checks that go on failing after their server is back: HLT-010."""

import asyncio
import threading
import time

from pytest_policy_contracts import HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, AsyncServer, Finding, ServerHarness, SyncHealth, SyncServer


class LatchesItsFailure(SyncHealth):
    """Notes that it has failed, and never takes the note away."""

    def __init__(self) -> None:
        super().__init__()
        self._failed = False

    def _found(self, server: SyncServer) -> Finding:
        finding = super()._found(server)
        if finding[0] is not HealthStatus.HEALTHY:
            self._failed = True
        return (HealthStatus.UNHEALTHY, "failed before") if self._failed else finding


class StaysClosed(AsyncHealth):
    """Closes its client when the server refuses, and has nothing that opens it again."""

    def __init__(self) -> None:
        super().__init__()
        self._closed = False

    async def _found(self, server: AsyncServer) -> Finding:
        if self._closed:
            raise RuntimeError("the client is closed")
        finding = await super()._found(server)
        self._closed = finding[0] is not HealthStatus.HEALTHY
        return finding


class KeepsItsFirstError(SyncHealth):
    """Remembers how connecting went, so as not to try twice: the connection or the error."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._error: ConnectionError | None = None

    def _found(self, server: SyncServer) -> Finding:
        with self._lock:
            if self._error is not None:
                raise self._error
        try:
            server.ping(self.LIMIT_SECONDS)
        except TimeoutError:
            return HealthStatus.UNHEALTHY, "no answer in time"
        except ConnectionError as error:
            with self._lock:
                self._error = self._error or error
            raise
        return HealthStatus.HEALTHY, "answered"


class StaysOpenForAnHour(AsyncHealth):
    """Breaks the circuit after one failure, for a time that was meant for a batch job."""

    OPEN_SECONDS = 3600.0

    def __init__(self) -> None:
        super().__init__()
        self._open_until = 0.0

    async def _found(self, server: AsyncServer) -> Finding:
        if time.monotonic() < self._open_until:
            return HealthStatus.UNHEALTHY, "the circuit is open"
        finding = await super()._found(server)
        if finding[0] is not HealthStatus.HEALTHY:
            self._open_until = time.monotonic() + self.OPEN_SECONDS
        return finding


class ReconnectsOnlyOnce(AsyncHealth):
    """Tries to reconnect when the status turns bad, once, and never when the server is back."""

    def __init__(self) -> None:
        super().__init__()
        self._connected = True

    async def _found(self, server: AsyncServer) -> Finding:
        status, message = await super()._found(server)
        if status is not HealthStatus.HEALTHY and self._connected:
            self._connected = await self._reconnects(server)
        return (status, message) if self._connected else (HealthStatus.DEGRADED, "not connected")

    async def _reconnects(self, server: AsyncServer) -> bool:
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                await server.ping()
        except OSError:
            return False
        return True


class LatchesItsFailureContract(ServerHarness):
    def create(self) -> LatchesItsFailure:
        return LatchesItsFailure()


class StaysClosedContract(ServerHarness):
    def create(self) -> StaysClosed:
        return StaysClosed()


class KeepsItsFirstErrorContract(ServerHarness):
    def create(self) -> KeepsItsFirstError:
        return KeepsItsFirstError()


class StaysOpenForAnHourContract(ServerHarness):
    def create(self) -> StaysOpenForAnHour:
        return StaysOpenForAnHour()


class ReconnectsOnlyOnceContract(ServerHarness):
    def create(self) -> ReconnectsOnlyOnce:
        return ReconnectsOnlyOnce()


SUBJECTS = [
    Broken(LatchesItsFailureContract, ("HLT-010",), "unhealthy (failed before)"),
    Broken(StaysClosedContract, ("HLT-010",), "runtimeerror: the client is closed"),
    Broken(KeepsItsFirstErrorContract, ("HLT-010",), "connectionrefusederror: primary refused the connection"),
    Broken(StaysOpenForAnHourContract, ("HLT-010",), "unhealthy (the circuit is open)"),
    Broken(ReconnectsOnlyOnceContract, ("HLT-010",), "degraded (not connected)"),
]
