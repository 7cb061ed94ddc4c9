"""Calls modules one after the other, each within its time, and goes on without the one that does not come back.

Rules: it knows modules as calls only. What a call raises is a result, whatever it is. A call whose time is up is
cancelled and gets the grace to end in order; one that is still there then is left behind in its task.
"""

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from reference_impl.errors import ModuleTimeoutError


@dataclass(frozen=True, slots=True)
class Turn:
    """One call to make; `seconds` is how long it may take."""

    name: str
    call: Callable[[], Awaitable[object] | object]
    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """How one call ended: well without an `error`; `abandoned` when it has not ended at all."""

    name: str
    error: BaseException | None = None
    abandoned: bool = False


class Turns:
    """Makes calls in one task. With `until_failure` a failed call is the last one.

    One task for all of them, because a task for each would cost more than most calls do.
    """

    def __init__(self, turns: Iterable[Turn], *, grace: float, until_failure: bool = False) -> None:
        self.cut = False
        """Whether it was cut off; what was under way then may have ended in any way."""
        self.cancelled = False
        """Whether it was cut off because whoever awaited `run` was cancelled."""
        self._left = deque(turns)
        self._grace = grace
        self._until_failure = until_failure
        self._ended: list[Ended] = []
        self._failed = False
        self._current: Turn | None = None
        self._deadline = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._late = False
        self._task: asyncio.Task[None] | None = None
        self._news: asyncio.Future[None] | None = None
        self._patience: asyncio.TimerHandle | None = None

    async def run(self) -> list[Ended]:
        """Make the calls, and return how each ended that was begun.

        A cancellation cuts it off and is noted in `cancelled`, not raised: whoever awaits this has to clean up.
        """
        while self._left and not self._is_over():
            self._task = asyncio.get_running_loop().create_task(self._each())
            self._task.add_done_callback(self._tell)
            while self._task is not None and not self._task.done():
                await self._next_news()
        if self._alarm is not None:
            self._alarm.cancel()
        return self._ended

    def cut_off(self) -> None:
        """Cancel the call that is under way, and make no other one."""
        self.cut = True
        if self._task is not None and not self._task.done():
            self._interrupt(self._task)

    def _is_over(self) -> bool:
        return self.cut or (self._until_failure and self._failed)

    async def _next_news(self) -> None:
        self._news = asyncio.get_running_loop().create_future()
        try:
            await self._news
        except asyncio.CancelledError:
            self.cancelled = True
            self.cut_off()

    def _tell(self, _task: object = None) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def _each(self) -> None:
        loop, task = asyncio.get_running_loop(), self._task
        while self._left and not self._is_over():
            turn = self._current = self._left.popleft()
            self._deadline = loop.time() + turn.seconds
            if self._alarm is None or self._alarm.when() > self._deadline:
                self._set_alarm()
            error = await _result_of(turn.call)
            if self._task is not task:
                return  # it was left behind, and others went on without it
            self._note(turn, error)
            if isinstance(error, GeneratorExit):
                return  # where the loop has closed this coroutine it must end; a new task makes the calls that are left

    def _note(self, turn: Turn, error: BaseException | None) -> None:
        self._current = None
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self._late and self._task is not None:
            error = ModuleTimeoutError(f"It took longer than {turn.seconds:g} s and was cancelled.")
            self._late = False
            self._task.uncancel()
        self._failed = self._failed or error is not None
        self._ended.append(Ended(turn.name, error))

    def _set_alarm(self) -> None:
        """Set the one alarm to the deadline; it is set again when it rings early, which costs less than one for each call."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        early = asyncio.get_running_loop().time() < self._deadline
        self._alarm = None
        if self._current is None or self._task is None:
            return
        if early:
            self._set_alarm()
        else:
            self._late = True
            self._interrupt(self._task)

    def _interrupt(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        if self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(self._grace, self._abandon)

    def _abandon(self) -> None:
        self._patience, self._task = None, None
        if self._current is not None:
            error = ModuleTimeoutError(f"It ignored its cancellation for {self._grace:g} s and was left behind.")
            self._failed, self._late = True, False
            self._ended.append(Ended(self._current.name, error, abandoned=True))
        self._tell()


async def _result_of(call: Callable[[], Awaitable[object] | object]) -> BaseException | None:
    """Make a call, and return what it raised: also a cancellation, and what would end the process [ORC-007]."""
    try:
        answer = call()
        if inspect.isawaitable(answer):
            await answer
    except BaseException as error:
        return error
    return None
