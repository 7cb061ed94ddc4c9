"""An asynchronous provider of a blocking client, which a thread asks so that the loop goes on."""

import asyncio
import time

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import ADDRESS, ANSWER_SECONDS, Beginnings, StoreHarness


class BlockingStore:
    """Blocks its thread; a hang is a very long sleep that the client cuts off at its own limit."""

    HANG_SECONDS = 3600.0

    def __init__(self, address: str = ADDRESS) -> None:
        self._address = address
        self._refuses = False
        self._hangs = False

    def ping(self, timeout: float) -> str:
        needed = self.HANG_SECONDS if self._hangs else 0.0 if self._refuses else ANSWER_SECONDS
        time.sleep(min(needed, timeout))
        if needed > timeout:
            raise TimeoutError("the store did not answer")
        if self._refuses:
            raise ConnectionRefusedError("the store refused the connection")
        return "pong"

    def refuse(self) -> None:
        self._refuses = True

    def hang(self) -> None:
        self._hangs = True

    def restore(self) -> None:
        self._refuses = self._hangs = False


class ThreadedPing:
    """A cancelled check leaves its thread to the client's limit, which is short.

    The outer limit is for the wait until a thread is free.
    """

    CLIENT_SECONDS = 1.5
    LIMIT_SECONDS = 3.0

    def __init__(self, store: BlockingStore) -> None:
        self.store = store
        self._beginnings = Beginnings()

    async def health_check(self) -> list[HealthReport]:
        status, message = HealthStatus.HEALTHY, ""
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                message = await asyncio.to_thread(self.store.ping, self.CLIENT_SECONDS)
        except OSError as error:
            status, message = HealthStatus.UNHEALTHY, type(error).__name__
        checked_at, since = self._beginnings.noted("store", status)
        return [HealthReport("legacy", "store", status, message, checked_at, since)]


class ThreadedPingContract(StoreHarness):
    def create(self) -> ThreadedPing:
        return ThreadedPing(BlockingStore())
