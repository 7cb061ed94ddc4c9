"""Cancel points: every place where a call waits, and one run per place with a cancellation delivered there.

A place is a moment at which the call waits: after each step of its own task, and after each step of another task on which
it may depend (a child, an inner task of `wait_for`), as long as nothing has woken it yet. The cancellation arrives in that
moment, before anything else runs.

What CPython itself gets wrong is not blamed on the subject:
- up to 3.11 `asyncio.wait_for` swallows a cancellation when its inner task ends at the same time (GH-86296). A step in which
  another task ends is therefore no place; and when the inner task ends before the cancellation was seen, the caller is
  cancelled once more where it waits next.
- up to 3.12 `Condition.wait` forgets a notification when it is cancelled while it takes its lock again (GH-112202); that is
  no place either.
"""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

from pytest_policy_contracts.simulation.tasks import waiting_place

T = TypeVar("T")

_WAIT_FOR_SWALLOWS = sys.version_info < (3, 12)
_CONDITION_FORGETS = sys.version_info < (3, 13)


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
        self._inner: Any = None

    def __call__(self, stepped: object) -> None:
        """Look at the world after a step of `stepped` (a task, or anything else for a callback)."""
        task = self.task
        if task is None:
            return
        if self._inner is not None and stepped is task:
            self._look_whether_swallowed(task)
        if task.done() or not self._is_place(task, stepped):
            return
        self.seen += 1
        if self.seen == self.at:
            self.hit = _innermost_place(task, stepped)
            self._cancel(task)

    def _cancel(self, task: asyncio.Task[Any]) -> None:
        self._inner = _inner_of_wait_for(task) if _WAIT_FOR_SWALLOWS else None
        task.cancel()

    def _look_whether_swallowed(self, task: asyncio.Task[Any]) -> None:
        """After the cancelled caller's step: had `wait_for` a result to return, it dropped the cancellation."""
        inner, self._inner = self._inner, None
        if not inner.done() or inner.cancelled():
            return
        if task.done():
            self.hit = None
        else:
            self._cancel(task)

    def _is_place(self, task: asyncio.Task[Any], stepped: object) -> bool:
        if stepped is task:
            return not (_CONDITION_FORGETS and _takes_lock_again(task))
        waits_for = getattr(task, "_fut_waiter", None)
        if waits_for is None or waits_for.done():
            return False
        return isinstance(stepped, asyncio.Task) and not stepped.done()


def _locals_within(task: asyncio.Task[Any], code: types.CodeType) -> dict[str, Any]:
    """Return the local variables of the frame that runs `code`, if the task waits there."""
    coro: Any = task.get_coro()
    while coro is not None:
        frame = getattr(coro, "cr_frame", None)
        if frame is not None and frame.f_code is code:
            return dict(frame.f_locals)
        coro = getattr(coro, "cr_await", None)
    return {}


def _inner_of_wait_for(task: asyncio.Task[Any]) -> Any:
    found = _locals_within(task, asyncio.wait_for.__code__)
    return found["fut"] if "waiter" in found else None


def _takes_lock_again(task: asyncio.Task[Any]) -> bool:
    notified = _locals_within(task, asyncio.Condition.wait.__code__).get("fut")
    return notified is not None and notified.done() and not notified.cancelled()


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
