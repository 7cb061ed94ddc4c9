"""Calling somebody else's function, sync or async, so that it cannot block the event loop.

A sync function runs on a thread of its own. Neither a thread nor a coroutine that ignores its cancellation can be ended from
outside: such a call is late, and `LateCalls` sees to it that of what hangs there is only one.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from functools import partial
from threading import Thread
from typing import Any, get_origin

Outcome = tuple[object, BaseException | None]
"""What a function returned, or else what it raised."""


class LateCalls:
    """Calls that were cut off and have not ended.

    Whose call is late is not called again before it has ended. So there is at most one of each, however often they are asked.
    """

    def __init__(self) -> None:
        self._callees: dict[asyncio.Future[Any], object] = {}

    def add(self, call: asyncio.Future[Any], callee: object) -> None:
        """Remember a call until it has ended."""
        self._callees[call] = callee
        call.add_done_callback(self._callees.pop)

    async def ended(self, callee: object) -> None:
        """Wait until no call of the callee is late any more."""
        while late := [call for call, one in self._callees.items() if one is callee]:
            await asyncio.wait(late)

    async def end(self, grace: timedelta) -> None:
        """Cancel what is late once more and wait for it, at most for `grace`: what goes on then cannot be ended."""
        late = list(self._callees)
        for call in late:
            if isinstance(call, asyncio.Task):
                call.cancel()
        if late:
            await asyncio.wait(late, timeout=grace.total_seconds())


async def called(function: Callable[[], object], callee: object, late: LateCalls) -> object:
    """Call a function and return its answer, awaited where it is awaitable; raise what it raises."""
    if _belongs_on_the_loop(function):
        answer = function()
    else:
        answer = await _on_a_thread(function, callee, late)
    return await answer if inspect.isawaitable(answer) else answer


def _belongs_on_the_loop(function: Callable[[], object]) -> bool:
    """A coroutine function does, and one that says it returns an awaitable: it may start a task, for which it needs the loop."""
    if inspect.iscoroutinefunction(function):
        return True
    try:
        returned = inspect.signature(function, eval_str=True).return_annotation
    except (NameError, TypeError, ValueError):
        return False
    kind = get_origin(returned) or returned
    return isinstance(kind, type) and issubclass(kind, Awaitable)


async def _on_a_thread(function: Callable[[], object], callee: object, late: LateCalls) -> object:
    executor = _DaemonThread(max_workers=1)
    work = partial(_outcome_of, partial(copy_context().run, function))
    outcome = asyncio.get_running_loop().run_in_executor(executor, work)
    executor.shutdown(wait=False)  # what runs goes on, nothing is kept for a next call
    try:
        answer, error = await asyncio.shield(outcome)
    except asyncio.CancelledError:
        late.add(outcome, callee)
        outcome.add_done_callback(_forget)
        raise
    if error is not None:
        raise error
    return answer


def _outcome_of(function: Callable[[], object]) -> Outcome:
    """Call, and raise nothing: a `StopIteration` would never reach whoever awaits the thread."""
    try:
        return function(), None
    except BaseException as error:
        return None, error


def _forget(outcome: asyncio.Future[Outcome]) -> None:
    """Close a coroutine for which nobody waits any more, so that Python does not miss its `await`."""
    answer = None if outcome.cancelled() else outcome.result()[0]
    if inspect.iscoroutine(answer):
        answer.close()


class _DaemonThread(ThreadPoolExecutor):
    """A thread for one call; the interpreter waits for those of an ordinary pool when it ends, and so for one that hangs."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Start a thread that calls the function, which raises nothing."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        Thread(target=lambda: future.set_result(function(*args, **kwargs)), name="health-check", daemon=True).start()
        return future
