"""Checks that wear out what they check: HLT-017.

The first eight checks are in order in each of them.
"""

import itertools
import threading
import time
from collections import deque

from pytest_policy_contracts import HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, AsyncServer, Finding, ServerHarness, SyncHealth, SyncServer

BUSY = (HealthStatus.DEGRADED, "too many requests in the last minute")
EXHAUSTED = (HealthStatus.DEGRADED, "no connection is free")


class CountsItselfAsTraffic(SyncHealth):
    """Is degraded above eight requests a minute, and counts its own pings among them."""

    MOST = 8

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._requests: deque[float] = deque()

    def _found(self, server: SyncServer) -> Finding:
        finding = super()._found(server)
        if finding[0] is HealthStatus.HEALTHY and self._counted() > self.MOST:
            return BUSY
        return finding

    def _counted(self) -> int:
        with self._lock:
            now = time.monotonic()
            self._requests.append(now)
            while self._requests[0] < now - 60:
                self._requests.popleft()
            return len(self._requests)


class LeaksConnections(AsyncHealth):
    """Takes a connection from its pool for every check, and gives none back."""

    SIZE = 8

    def __init__(self) -> None:
        super().__init__()
        self._free = self.SIZE

    async def _found(self, server: AsyncServer) -> Finding:
        if not self._free:
            return EXHAUSTED
        self._free -= 1
        return await super()._found(server)


class RunsOutOfNumbers(SyncHealth):
    """Numbers its probes with one digit, and takes the tenth for one that came too late."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)

    def _found(self, server: SyncServer) -> Finding:
        status, message = super()._found(server)
        number = next(self._numbers)
        if status is HealthStatus.HEALTHY and number % 10 == 0:
            return HealthStatus.DEGRADED, "an answer came out of order"
        return status, message


class CountsItselfAsTrafficContract(ServerHarness):
    def create(self) -> CountsItselfAsTraffic:
        return CountsItselfAsTraffic()


class LeaksConnectionsContract(ServerHarness):
    def create(self) -> LeaksConnections:
        return LeaksConnections()


class RunsOutOfNumbersContract(ServerHarness):
    def create(self) -> RunsOutOfNumbers:
        return RunsOutOfNumbers()


SUBJECTS = [
    Broken(CountsItselfAsTrafficContract, ("HLT-017",), "degraded in check 9"),
    Broken(LeaksConnectionsContract, ("HLT-017",), "degraded in check 9"),
    Broken(RunsOutOfNumbersContract, ("HLT-017",), "degraded in check 10"),
]
