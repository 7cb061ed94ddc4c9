"""One evaluation at a time, shared by everybody who waits for it.

Rules: callers wait for futures of their own, so that one caller's cancellation reaches nobody else [AGG-009]. Evaluations
never overlap: an older one cannot come in after a newer one, because there is none beside it, and one that was called off is
cancelled and has nobody left whom it could answer [AGG-010].
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class _Flight(Generic[T]):
    """An evaluation, and who waits for it."""

    task: asyncio.Task[T]

    def __init__(self, callers: list[asyncio.Future[T]]) -> None:
        self.callers = callers
        self.has_begun = False


class SingleFlight(Generic[T]):
    """Evaluates when somebody waits for it.

    An evaluation that has begun is finished, also when its last caller was cancelled: it takes a bounded time, impatient
    callers cannot keep the others from ever seeing an answer, and nobody who is asked is cut off for their sake. One that
    nobody waits for any more is not begun.
    """

    def __init__(self, evaluate: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._evaluate = evaluate
        self._flight: _Flight[T] | None = None
        self._queue: list[asyncio.Future[T]] = []
        self._called_off: set[asyncio.Task[T]] = set()

    def join(self, *, anew: bool) -> asyncio.Future[T]:
        """Return the answer to come; with `anew` of an evaluation that has not begun yet.

        However many ask anew, one evaluation waits behind the one under way: that limits the rate.
        """
        caller: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        flight = self._flight
        if flight is None or flight.task.done():
            self._begin([*self._take_queue(), caller])
        elif anew and flight.has_begun:
            self._queue.append(caller)
        else:
            flight.callers.append(caller)
        return caller

    def restart(self) -> None:
        """Call off the evaluation under way, and give its callers a new one."""
        if self._flight is not None:
            self._begin(self._call_off(self._flight))

    async def close(self, error: Callable[[], Exception]) -> None:
        """Call off the evaluation under way, give its callers an error, and return when nothing is under way."""
        for caller in self._call_off(self._flight) if self._flight is not None else ():
            if not caller.done():
                caller.set_exception(error())
        if self._called_off:
            await asyncio.wait(self._called_off)

    def _begin(self, callers: Iterable[asyncio.Future[T]]) -> None:
        waiting = [caller for caller in callers if not caller.done()]
        if not waiting:
            return
        flight = self._flight = _Flight(waiting)
        flight.task = waiting[0].get_loop().create_task(self._fly(flight), name="health evaluation")
        flight.task.add_done_callback(lambda task: self._landed(flight, task))

    async def _fly(self, flight: _Flight[T]) -> T:
        flight.has_begun = True
        return await self._evaluate()

    def _landed(self, flight: _Flight[T], task: asyncio.Task[T]) -> None:
        self._called_off.discard(task)
        for caller in flight.callers:
            _settle(caller, task)
        if flight is self._flight:
            self._flight = None
            self._begin(self._take_queue())

    def _call_off(self, flight: _Flight[T]) -> list[asyncio.Future[T]]:
        """Cancel an evaluation and return everybody who waits, for it or for the next."""
        self._flight = None
        flight.task.cancel()
        self._called_off.add(flight.task)
        callers, flight.callers = flight.callers, []
        return [*callers, *self._take_queue()]

    def _take_queue(self) -> list[asyncio.Future[T]]:
        queue, self._queue = self._queue, []
        return queue


def _settle(caller: asyncio.Future[T], task: asyncio.Task[T]) -> None:
    """Hand a caller what the evaluation came to."""
    if caller.done():
        return
    if task.cancelled():
        caller.cancel()
        return
    error = task.exception()
    if error is None:
        caller.set_result(task.result())
    else:
        caller.set_exception(error)
