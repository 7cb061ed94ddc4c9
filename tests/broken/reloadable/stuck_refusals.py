"""Modules that one refused reload puts out of order: RLD-011."""

import asyncio
import queue
import threading
from collections.abc import Sequence
from copy import deepcopy

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    AsyncSettings,
    BusyError,
    ReloadError,
    SettingsHarness,
    SyncSettings,
    Values,
    drafted,
    initial_values,
)


class NeverReopens(SyncSettings):
    """Closes its gate on the way in, and opens it again only after a success."""

    def __init__(self) -> None:
        super().__init__()
        self._gate = threading.Lock()

    def reload(self, changes: Sequence[ConfigChange]) -> object:
        if not self._gate.acquire(blocking=False):
            raise BusyError("a reload is under way")
        super().reload(changes)
        self._gate.release()
        return None


class KeepsThePoison(AsyncSettings):
    """Empties its list of pending changes only after it has applied them."""

    def __init__(self) -> None:
        super().__init__()
        self._pending: list[ConfigChange] = []

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._lock:
            await self._apply([*self._pending, *changes])

    async def _apply(self, pending: list[ConfigChange]) -> None:
        try:
            draft = self._draft(pending)
        except ReloadError:
            self._pending = pending
            raise
        await self._prepare(draft)
        self._values = draft
        self._pending = []


class CircuitOpenError(ReloadError):
    """The module has failed lately and takes a break."""


class OpensItsCircuit(AsyncSettings):
    """Protects itself with a circuit breaker that counts refusals as outages."""

    BREAK_SECONDS = 60.0

    def __init__(self) -> None:
        super().__init__()
        self._closed_from = 0.0

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._closed_from:
            raise CircuitOpenError("the circuit is open")
        try:
            await super().reload(changes)
        except ReloadError:
            self._closed_from = loop.time() + self.BREAK_SECONDS
            raise


class Order:
    """A set of changes on its way to the worker, and the answer on its way back."""

    def __init__(self, changes: Sequence[ConfigChange]) -> None:
        self.changes = deepcopy(list(changes))
        self.done = threading.Event()
        self.error: ReloadError | None = None


class WorkerDiesOfIt:
    """Answers a refusal properly, and then leaves the worker's loop with it."""

    reload_timeout = SyncSettings.reload_timeout

    def __init__(self) -> None:
        self._values = initial_values()
        self._orders: queue.Queue[Order | None] = queue.Queue()
        self._worker = threading.Thread(target=self._work, name="cache-worker", daemon=True)
        self._worker.start()

    def can_reload(self) -> bool:
        return True

    def settings(self) -> Values:
        return dict(self._values)

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        if not self._worker.is_alive():
            raise ReloadError("the worker thread is gone")
        order = Order(changes)
        self._orders.put(order)
        order.done.wait()
        if order.error is not None:
            self._worker.join()
            raise order.error

    def _work(self) -> None:
        while (order := self._orders.get()) is not None:
            try:
                self._values = drafted(self._values, order.changes)
            except ReloadError as error:
                order.error = error
                return
            finally:
                order.done.set()

    def close(self) -> None:
        self._orders.put(None)
        self._worker.join()


class NeverReopensContract(SettingsHarness):
    def create(self) -> NeverReopens:
        return NeverReopens()


class KeepsThePoisonContract(SettingsHarness):
    def create(self) -> KeepsThePoison:
        return KeepsThePoison()


class OpensItsCircuitContract(SettingsHarness):
    def create(self) -> OpensItsCircuit:
        return OpensItsCircuit()


class WorkerDiesOfItContract(SettingsHarness):
    def create(self) -> WorkerDiesOfIt:
        return WorkerDiesOfIt()

    def dispose(self, subject: WorkerDiesOfIt) -> None:
        subject.close()


SUBJECTS = [
    Broken(NeverReopensContract, ("RLD-011",), "under way"),
    Broken(KeepsThePoisonContract, ("RLD-011",), "cache.ttl"),
    Broken(OpensItsCircuitContract, ("RLD-011",), "circuit"),
    Broken(WorkerDiesOfItContract, ("RLD-011",), "worker thread is gone"),
]
