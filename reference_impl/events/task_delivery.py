"""Delivers the events of an outbox from a task, for code in an event loop."""

import asyncio
from contextvars import Context
from datetime import timedelta
from inspect import isawaitable
from types import TracebackType
from typing import Self

from reference_impl.events.outbox import Outbox
from reference_impl.ports import Event, Publish

GRACE_SECONDS = 1.0
"""How long a delivery that was cancelled may take to end."""


class TaskDelivery:
    """Hands each event to `publish`, one after the other, and awaits what it returns for `patience` at most.

    Emitting is possible from any thread, and before `start`. A publisher that is no coroutine runs in the loop and has to
    be quick there; one that takes its time needs a `ThreadDelivery`.
    """

    def __init__(self, outbox: Outbox, publish: Publish, *, patience: timedelta = timedelta(seconds=30)) -> None:
        self._outbox = outbox
        self._publish = publish
        self._patience = patience.total_seconds()
        self._news = asyncio.Event()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to deliver, in the running loop; a second call starts nothing."""
        if self._task is None and not self._is_closing:
            # In a context of its own: events are nobody's, whoever is bound here.
            self._task = asyncio.get_running_loop().create_task(
                self._deliver_all(), name="event-delivery", context=Context()
            )
            self._outbox.attach(self._wake)

    def _wake(self) -> None:
        if self._task is not None:
            self._task.get_loop().call_soon_threadsafe(self._news.set)

    async def close(self, patience: timedelta = timedelta(seconds=5)) -> bool:
        """Deliver what waits, for so long at most, cancel what is stuck, and tell whether nothing is left.

        Called from `publish` itself, it does not wait.
        """
        self._is_closing = True
        self._outbox.detach(self._wake)
        task = self._task
        if task is not None and task is not asyncio.current_task():
            self._news.set()
            try:
                await asyncio.wait({task}, timeout=patience.total_seconds())
            finally:
                task.cancel()
            await asyncio.wait({task}, timeout=GRACE_SECONDS)
        return len(self._outbox) == 0 and (task is None or task.done())

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _deliver_all(self) -> None:
        while True:
            event = self._outbox.take()
            if event is not None:
                await self._deliver(event)
                await asyncio.sleep(0)  # a publisher that waits for nothing must not keep the loop to itself
            elif self._is_closing:
                return
            else:
                await self._news.wait()
                self._news.clear()

    async def _deliver(self, event: Event) -> None:
        try:
            answer = self._publish(event)
            if isawaitable(answer):
                async with asyncio.timeout(self._patience):
                    await answer
        except asyncio.CancelledError as error:
            self._outbox.failed(error)
            if _is_cancelled():
                raise
        except (Exception, SystemExit) as error:
            self._outbox.failed(error)
        else:
            self._outbox.delivered()


def _is_cancelled() -> bool:
    """Tell whether it is we who are cancelled, and not whoever listens who ended as cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
