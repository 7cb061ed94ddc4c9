"""Cancel points: every place where a call waits, and one run per place with a cancellation delivered there.

A place is a moment at which the call waits: after each step of its own task, and after each step of another task on which
it may depend (a child, an inner task of `wait_for`), as long as nothing has woken it yet. The cancellation arrives in that
moment, before anything else runs.

A step in which the other task *ends* is left out: a cancellation between the end of an inner task and the wake-up of its
waiter is swallowed by `asyncio.wait_for` itself up to CPython 3.11 (GH-86296), and would be blamed on the subject.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

from pytest_policy_contracts.simulation.tasks import waiting_place

T = TypeVar("T")


class CancelPoints:
    """Counts the places where a task waits, and cancels it at place `at` (1-based; 0: nowhere).

    `seen` is the number of places passed, `hit` describes the place of the cancellation
    (``cache.py:41 in reload, `await …` ``) or is None when the call never got there. Register it with
    `loop.observers.append(points)`, then set `task`.
    """

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.seen = 0
        self.hit: str | None = None
        self.task: asyncio.Task[Any] | None = None

    def __call__(self, stepped: object) -> None:
        """Look at the world after a step of `stepped` (a task, or anything else for a callback)."""
        task = self.task
        if task is None or task.done() or not self._is_place(task, stepped):
            return
        self.seen += 1
        if self.seen == self.at:
            self.hit = _innermost_place(task, stepped)
            task.cancel()

    def _is_place(self, task: asyncio.Task[Any], stepped: object) -> bool:
        if stepped is task:
            return True
        waits_for = getattr(task, "_fut_waiter", None)
        if waits_for is None or waits_for.done():
            return False
        return isinstance(stepped, asyncio.Task) and not stepped.done()


def _innermost_place(task: asyncio.Task[Any], stepped: object) -> str:
    place = waiting_place(task.get_coro())
    if stepped is task or not isinstance(stepped, asyncio.Task):
        return place
    return f"{place}, while {stepped.get_name()} waits at {waiting_place(stepped.get_coro())}"


class FaultPoints:
    """Counts the places where one call hands control back, and raises `error` at place `at` (1-based; 0: nowhere)."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.at = at
        self.error = error
        self.seen = 0
        self.hit: str | None = None

    async def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Await `call`, raising the error from the wanted `await`."""
        result: T = await _drive(self, call)
        return result

    def fails(self, call: Coroutine[Any, Any, Any]) -> bool:
        """Note that `call` waits; tell whether this is the place to fail."""
        self.seen += 1
        if self.seen != self.at:
            return False
        self.hit = waiting_place(call)
        return True


@types.coroutine
def _drive(points: FaultPoints, call: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    error: BaseException | None = None
    while True:
        try:
            waits_for = call.send(None) if error is None else call.throw(error)
        except StopIteration as stop:
            result: T = stop.value
            return result
        error = None
        if points.fails(call):
            # The call will not await this future any more, so that it may be awaited by somebody else.
            if getattr(waits_for, "_asyncio_future_blocking", None):
                waits_for._asyncio_future_blocking = False
            error = points.error
            continue
        try:
            yield waits_for
        except BaseException as caught:
            error = caught
