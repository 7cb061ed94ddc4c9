"""Work that a cancelled caller can no longer call off: RLD-005."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from copy import deepcopy
from typing import Any

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    AsyncSettings,
    ReloadError,
    SettingsHarness,
    Values,
    drafted,
    initial_values,
    planned,
    put,
)


class SwapsInTheCall:
    """A plain def that swaps at once and returns a coroutine for the slow rest."""

    reload_timeout = AsyncSettings.reload_timeout

    def __init__(self) -> None:
        self._values = initial_values()

    def can_reload(self) -> bool:
        return True

    def settings(self) -> Values:
        return dict(self._values)

    def reload(self, changes: Sequence[ConfigChange]) -> Coroutine[Any, Any, None]:
        refusal: ReloadError | None = None
        try:
            self._values = drafted(self._values, changes)
        except ReloadError as error:
            refusal = error
        return self._told(refusal)

    async def _told(self, refusal: ReloadError | None) -> None:
        if refusal is not None:
            raise refusal
        await asyncio.sleep(0.2)


class ShieldsFromTheStart(AsyncSettings):
    """Starts the work in the call and shields it; `close` waits for what is still in flight."""

    def __init__(self) -> None:
        super().__init__()
        self._in_flight: set[asyncio.Task[None]] = set()

    def reload(self, changes: Sequence[ConfigChange]) -> Coroutine[Any, Any, None]:
        work = asyncio.ensure_future(super().reload(deepcopy(list(changes))))
        self._in_flight.add(work)
        work.add_done_callback(self._landed)
        return self._joined(work)

    def _landed(self, work: "asyncio.Task[None]") -> None:
        self._in_flight.discard(work)
        if not work.cancelled():
            work.exception()

    @staticmethod
    async def _joined(work: "asyncio.Task[None]") -> None:
        await asyncio.shield(work)

    async def close(self) -> None:
        await asyncio.gather(*self._in_flight, return_exceptions=True)


Order = tuple[list[ConfigChange], "asyncio.Future[None]"]


class QueuedInTheCall:
    """Queues the order in the call; the worker does not look whether anybody still wants it."""

    reload_timeout = AsyncSettings.reload_timeout

    def __init__(self) -> None:
        self._values = initial_values()
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._worker = asyncio.create_task(self._work())

    def can_reload(self) -> bool:
        return not self._worker.done()

    def settings(self) -> Values:
        return dict(self._values)

    def reload(self, changes: Sequence[ConfigChange]) -> Coroutine[Any, Any, None]:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(self._seen)
        self._orders.put_nowait((deepcopy(list(changes)), answer))
        return self._answered(answer)

    @staticmethod
    def _seen(answer: "asyncio.Future[None]") -> None:
        if not answer.cancelled():
            answer.exception()

    @staticmethod
    async def _answered(answer: "asyncio.Future[None]") -> None:
        await answer

    async def _work(self) -> None:
        while True:
            changes, answer = await self._orders.get()
            try:
                await self._apply(changes)
            except ReloadError as error:
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(None)

    async def _apply(self, changes: Sequence[ConfigChange]) -> None:
        plan = planned(changes)
        await asyncio.sleep(0.2)
        draft = dict(self._values)
        for path, value in plan:
            put(draft, path, value)
        self._values = draft

    async def close(self) -> None:
        self._worker.cancel()
        with suppress(asyncio.CancelledError):
            await self._worker


class SwapsInTheCallContract(SettingsHarness):
    def create(self) -> SwapsInTheCall:
        return SwapsInTheCall()


class ShieldsFromTheStartContract(SettingsHarness):
    def create(self) -> ShieldsFromTheStart:
        return ShieldsFromTheStart()

    async def dispose(self, subject: ShieldsFromTheStart) -> None:
        await subject.close()


class QueuedInTheCallContract(SettingsHarness):
    async def create(self) -> QueuedInTheCall:
        return QueuedInTheCall()

    async def dispose(self, subject: QueuedInTheCall) -> None:
        await subject.close()


SUBJECTS = [
    Broken(SwapsInTheCallContract, ("RLD-005",), "cache.ttl"),
    Broken(ShieldsFromTheStartContract, ("RLD-005",), "cache.ttl"),
    Broken(QueuedInTheCallContract, ("RLD-005",), "cache.ttl"),
]
