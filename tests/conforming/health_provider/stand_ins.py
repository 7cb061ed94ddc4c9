"""What the conforming providers depend on: stand-ins for a store that can fail, hang and come back.

They never quote the address they were given, because a password is part of it.
"""

import asyncio
import threading
import time
from datetime import UTC, datetime
from typing import Protocol

from pytest_policy_contracts import HealthProviderHarness, HealthStatus

PASSWORD = "pw-store-5be1f0"
ADDRESS = f"postgresql://probe:{PASSWORD}@store.internal:5432/orders"
ANSWER_SECONDS = 0.05


class AsyncStore:
    """Answers after 0.05 s; while it hangs it waits for an event that only `restore` sets."""

    def __init__(self, name: str = "store", address: str = ADDRESS) -> None:
        self.name = name
        self._address = address
        self._refuses = False
        self._back: asyncio.Event | None = None

    async def ping(self) -> str:
        if self._back is not None:
            await self._back.wait()
        if self._refuses:
            raise ConnectionRefusedError(f"{self.name} refused the connection")
        await asyncio.sleep(ANSWER_SECONDS)
        return "pong"

    def refuse(self) -> None:
        self._refuses = True

    def hang(self) -> None:
        self._back = asyncio.Event()

    def restore(self) -> None:
        self._refuses = False
        if self._back is not None:
            self._back.set()
            self._back = None


class SyncStore:
    """The same for threads; a caller may set a time limit, as with the timeout of a socket."""

    def __init__(self, name: str = "store", address: str = ADDRESS) -> None:
        self.name = name
        self._address = address
        self._refuses = False
        self._back: threading.Event | None = None

    def ping(self, timeout: float | None = None) -> str:
        back = self._back
        if back is not None and not back.wait(timeout):
            raise TimeoutError(f"{self.name} did not answer")
        if self._refuses:
            raise ConnectionRefusedError(f"{self.name} refused the connection")
        time.sleep(ANSWER_SECONDS)
        return "pong"

    def refuse(self) -> None:
        self._refuses = True

    def hang(self) -> None:
        self._back = threading.Event()

    def restore(self) -> None:
        self._refuses = False
        back, self._back = self._back, None
        if back is not None:
            back.set()


class Switchable(Protocol):
    """What a harness can do to a store."""

    def refuse(self) -> None: ...

    def hang(self) -> None: ...

    def restore(self) -> None: ...


class Watcher(Protocol):
    """A provider that watches one store."""

    @property
    def store(self) -> Switchable: ...


class Beginnings:
    """When the status of each component began; threads may share it.

    The clock is read under the lock: a moment read before it could be older than the beginning
    that another thread notes meanwhile.
    """

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


class StoreHarness(HealthProviderHarness):
    """Every capability that needs no clean-up, for providers that watch one store."""

    def break_dependency(self, subject: Watcher, /) -> None:
        subject.store.refuse()

    def restore_dependency(self, subject: Watcher, /) -> None:
        subject.store.restore()

    def hang_dependency(self, subject: Watcher, /) -> None:
        subject.store.hang()

    def secrets(self) -> list[str]:
        return [PASSWORD]
