"""What a subject publishes its events to: it writes them down, and misbehaves where it is told to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

SLOW_SECONDS = 60.0
"""How long a slow publisher takes."""

Fault = Callable[[], object]
"""What happens in place of a delivery; an awaitable answer is awaited where the publisher returns awaitables."""


class Publisher:
    """A `publish` callable. `events` are those delivered, the ones of a failing delivery included.

    With `awaitable` it returns a coroutine, and an event counts when that is awaited; with `keeps` false it counts nothing.
    """

    def __init__(self, *, awaitable: bool = False, fault: Fault | None = None, keeps: bool = True) -> None:
        self.awaitable = awaitable
        self.fault = fault
        self.events: list[Any] = []
        self._keeps = keeps

    def __call__(self, event: Any) -> Awaitable[None] | None:
        """Receive one event."""
        if self.awaitable:
            return self._deliver(event)
        self._receive(event)
        if self.fault is not None:
            self.fault()
        return None

    async def _deliver(self, event: Any) -> None:
        self._receive(event)
        answer = self.fault() if self.fault is not None else None
        if isinstance(answer, Awaitable):
            await answer

    def _receive(self, event: Any) -> None:
        if self._keeps:
            self.events.append(event)


def raising() -> object:
    """Fail as a publisher does that has lost its connection."""
    raise ConnectionError("the publisher has lost its connection")


def slow() -> object:
    """Take `SLOW_SECONDS`, keeping the caller."""
    time.sleep(SLOW_SECONDS)  # virtual: of the world in which the subject runs
    return None


def slow_awaitable() -> object:
    """Take `SLOW_SECONDS`, letting others run."""
    return asyncio.sleep(SLOW_SECONDS)


def cancelled() -> object:
    """End as cancelled, although nobody cancelled the caller."""
    raise asyncio.CancelledError("the publisher was shut down")
