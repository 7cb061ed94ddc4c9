"""What a loop gives numbers to, so that nothing in a run is ordered by address or by the life of the process.

Tasks and futures are numbered from the beginning of their loop, and timers of the same moment come in the order in which
they were set. A task factory may make tasks of its own class: they are numbered too, but sets of them (`asyncio.wait`, task
groups) are still ordered by address.
"""

from __future__ import annotations

import asyncio
from asyncio import selector_events
from typing import Any

from pytest_policy_contracts.simulation.tasks import SimulatedFuture, SimulatedTask, describe_task

_STRAY = 1_000_000
"""The number of the first task that is not ours, made by a task factory or with the class itself."""


class NumberedTimer(asyncio.TimerHandle):
    """A timer that comes after those of the same moment that were set before it, as in real time."""

    __slots__ = ("number",)
    number: int

    def __lt__(self, other: Any) -> bool:
        mine, others = self._when, other._when  # type: ignore[attr-defined]
        return bool(self.number < other.number if mine == others else mine < others)


# Typed as Any, because the parts relied on are private and typeshed does not know them.
_StockLoop: Any = selector_events.BaseSelectorEventLoop


class NumbersTasks(_StockLoop):  # type: ignore[misc]
    """A loop that makes numbered tasks and futures."""

    def __init__(self, selector: Any) -> None:
        super().__init__(selector)
        self._task_count = 0
        self._future_count = 0
        self._stray_tasks: dict[Any, int] = {}
        self._factory: Any = None

    def create_task(self, coro: Any, *, name: Any = None, context: Any = None, **kwargs: Any) -> Any:
        """Create a numbered task; its default name counts from the beginning of this world."""
        self._check_closed()
        number = self._task_count
        self._task_count = number + 1
        if name is None:
            name = f"task-{number}"
        if context is not None:
            kwargs["context"] = context
        if self._factory is not None and self._factory is not getattr(asyncio, "eager_task_factory", None):
            return self._made_by_factory(coro, name, kwargs)
        if self._factory is not None:
            kwargs["eager_start"] = True
        return SimulatedTask(coro, number, loop=self, name=name, **kwargs)

    def _made_by_factory(self, coro: Any, name: str, kwargs: dict[str, Any]) -> Any:
        task = self._factory(self, coro, **kwargs)
        if hasattr(task, "set_name"):
            task.set_name(name)
        self.number_of(task)
        return task

    def number_of(self, task: Any) -> int:
        """Return the number of a task; one that was not made here gets the next of its own range."""
        if isinstance(task, SimulatedTask):
            return task.number
        return self._stray_tasks.setdefault(task, _STRAY + len(self._stray_tasks))

    def set_task_factory(self, factory: Any) -> None:
        """Use `factory` for new tasks; the eager factory keeps our numbered tasks and starts them eagerly."""
        self._factory = factory

    def get_task_factory(self) -> Any:
        return self._factory

    def create_future(self) -> asyncio.Future[Any]:
        self._future_count -= 1
        return SimulatedFuture(self._future_count, loop=self)

    def pending_tasks(self) -> list[Any]:
        """Return the tasks that have not ended, oldest first."""
        if not self._task_count and not self._stray_tasks:
            return []
        return sorted(asyncio.all_tasks(self), key=self.number_of)

    def waiting(self) -> str:
        """Return who waits for what, for messages."""
        tasks = self.pending_tasks()
        return "waiting: " + ("; ".join(map(describe_task, tasks)) if tasks else "nobody")
