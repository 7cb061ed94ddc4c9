"""Hypothesis strategies of the test suite, and the little language in which programs are generated.

A program is a list of tasks, a task a list of operations. What a task does is written to a journal: that is its visible
effect, by which two event loops are compared.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from pytest_policy_contracts.simulation.schedules import Mode, Schedule, trimmed

Operation = tuple[Any, ...]
Operations = tuple[Operation, ...]
Program = tuple[Operations, ...]

LOCKS = QUEUES = EVENTS = 2
_INSIDE = ":inside"
PATIENCE_SECONDS = 1000
"""How long a program may take until its tasks are cancelled; generated programs may well be stuck."""

SECONDS = (0.5, 1, 2)

_says = st.just(("say",))
_turns = st.just(("sleep", 0))
_sleeps = st.builds(lambda seconds: ("sleep", seconds), st.sampled_from(SECONDS))
_puts = st.builds(lambda which: ("put", which), st.integers(0, QUEUES - 1))
_gets = st.builds(lambda which: ("get", which), st.integers(0, QUEUES - 1))
_sets = st.builds(lambda which: ("set", which), st.integers(0, EVENTS - 1))
_waits = st.builds(lambda which: ("wait", which), st.integers(0, EVENTS - 1))
_cancels = st.builds(lambda which: ("cancel", which), st.integers(0, 4))
_soon = st.builds(lambda seconds: ("later", seconds), st.sampled_from((None, 0, *SECONDS)))


def _nested(operations: st.SearchStrategy[Operation]) -> st.SearchStrategy[Operation]:
    some = st.lists(operations, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(lambda inner: ("spawn", inner), some),
        st.builds(lambda which, inner: ("lock", which, inner), st.integers(0, LOCKS - 1), some),
        st.builds(lambda one, other: ("gather", one, other), some, some),
    )


def _timed(operations: st.SearchStrategy[Operation]) -> st.SearchStrategy[Operation]:
    some = st.lists(operations, min_size=1, max_size=3).map(tuple)
    timed = st.builds(lambda seconds, inner: ("timeout", seconds, inner), st.sampled_from((0, *SECONDS)), some)
    return st.one_of(_nested(operations), timed)


def _programs(operations: st.SearchStrategy[Operation]) -> st.SearchStrategy[Program]:
    task = st.lists(operations, min_size=1, max_size=5).map(tuple)
    return st.lists(task, min_size=1, max_size=4).map(tuple)


def programs() -> st.SearchStrategy[Program]:
    """Programs with everything that the language has; what they do depends on the order of tasks."""
    simple = st.one_of(_says, _turns, _sleeps, _puts, _gets, _sets, _waits, _cancels, _soon)
    return _programs(st.recursive(simple, _timed, max_leaves=8))


def independent_programs() -> st.SearchStrategy[Program]:
    """Programs that end, and whose sorted journal is the same in whatever order their tasks run."""
    simple = st.one_of(_says, _turns, _sleeps, _puts, _soon)
    return _programs(st.recursive(simple, _nested, max_leaves=8))


def schedules() -> st.SearchStrategy[Schedule]:
    """Schedules of every mode, as a recording leaves them."""
    decisions = st.lists(st.one_of(st.just(0), st.integers(0, 300), st.integers(0, 2**40)), max_size=60)
    return st.builds(Schedule, st.sampled_from(Mode), st.integers(0, 999_999), decisions.map(trimmed))


@dataclass
class Interpreter:
    """Runs one program on the running loop; `journal` is what could be seen of it."""

    program: Program
    journal: list[str] = field(default_factory=list)

    async def main(self) -> list[str]:
        """Run the tasks, cancel those that are stuck, and return the journal."""
        self._locks = [asyncio.Lock() for _ in range(LOCKS)]
        self._events = [asyncio.Event() for _ in range(EVENTS)]
        self._queues: list[asyncio.Queue[str]] = [asyncio.Queue() for _ in range(QUEUES)]
        self._tasks: list[asyncio.Task[None]] = []
        for number, operations in enumerate(self.program):
            self._start(f"t{number}", operations)
        await asyncio.sleep(PATIENCE_SECONDS)
        while left := [task for task in self._tasks if not task.done()]:
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=PATIENCE_SECONDS)
        return self.journal

    def _start(self, name: str, operations: Operations) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._run(name, operations), name=name)
        self._tasks.append(task)
        return task

    def _say(self, name: str, what: str) -> None:
        self.journal.append(f"{round(asyncio.get_running_loop().time(), 6):g} {name} {what}")

    async def _run(self, name: str, operations: Operations) -> None:
        try:
            await self._perform(name, operations)
        except asyncio.CancelledError:
            self._say(name, "cancelled")
            raise
        self._say(name, "ended")

    async def _perform(self, name: str, operations: Operations) -> None:
        for number, (kind, *arguments) in enumerate(operations):
            await getattr(self, f"_{kind}_")(f"{name}.{number}", *arguments)

    async def _say_(self, name: str) -> None:
        self._say(name, "says")

    async def _sleep_(self, name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._say(name, "woke")

    async def _later_(self, name: str, seconds: float | None) -> None:
        loop = asyncio.get_running_loop()
        if seconds is None:
            loop.call_soon(self._say, name, "called soon")
        else:
            loop.call_later(seconds, self._say, name, "called later")

    async def _put_(self, name: str, which: int) -> None:
        await self._queues[which].put(name)

    async def _get_(self, name: str, which: int) -> None:
        self._say(name, "got " + await self._queues[which].get())

    async def _set_(self, name: str, which: int) -> None:
        self._events[which].set()

    async def _wait_(self, name: str, which: int) -> None:
        await self._events[which].wait()
        self._say(name, "waited")

    async def _cancel_(self, name: str, which: int) -> None:
        if which < len(self._tasks):
            self._say(name, f"cancels: {self._tasks[which].cancel()}")

    async def _spawn_(self, name: str, operations: Operations) -> None:
        self._start(name, operations)

    async def _lock_(self, name: str, which: int, operations: Operations) -> None:
        if _INSIDE in name:  # a second lock could be taken in two orders
            await self._perform(name, operations)
            return
        async with self._locks[which]:
            self._say(name, "locked")
            await self._perform(f"{name}{_INSIDE}{which}", operations)

    async def _gather_(self, name: str, *branches: Operations) -> None:
        await asyncio.gather(*(self._run(f"{name}g{n}", one) for n, one in enumerate(branches)))
        self._say(name, "gathered")

    async def _timeout_(self, name: str, seconds: float, operations: Operations) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._perform(name, operations)
        except TimeoutError:
            self._say(name, "timed out")
