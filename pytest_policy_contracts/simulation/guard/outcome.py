"""What a guarded call ended in, and the heartbeat that keeps it alive.

Rules: values only; whatever crosses a process boundary can be pickled. Nothing here waits, forks or
signals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Generic, Literal, TypeVar

from pytest_policy_contracts.simulation.errors import SimulationError

T = TypeVar("T")

Ending = Literal["returned", "raised", "hung", "crashed"]


@dataclass(frozen=True, slots=True)
class Guarded(Generic[T]):
    """How a guarded call ended: `value` when it returned, `error` when it raised, `frame` wherever
    one is known.
    """

    outcome: Ending
    value: T | None = None
    error: BaseException | None = None
    frame: str = ""
    """The subject's innermost line, ``cache.py:41 in reload, `await self.pool.resize(...)` ``;
    empty when none was seen.
    """
    stack: str = ""
    """The formatted traceback or stack, outermost frame first."""
    seconds: float = 0.0
    """Real time from the call to its end."""
    progress: int = 0
    """The last number the heartbeat was given; 0 before the first."""
    detail: str = ""
    """Exit status or signal of a crash; what was waited for in vain of a hang."""


class Heartbeat:
    """`beat(number)` says that run `number` begins, and renews the budget when the number differs
    from the last one.

    A store into memory that the watcher reads: no system call, well below a microsecond.
    """

    __slots__ = ("_cell",)

    def __init__(self, cell: memoryview) -> None:
        self._cell = cell

    def __call__(self, number: int) -> None:
        self._cell[0] = number


MOST_STARVED = 8
"""For so many budgets a call may be kept waiting by others, as with ten busy processes on one processor."""


class Pulse:
    """The watcher's side of a heartbeat: how long, in real time, its number has stood still.

    `starved` tells how many seconds in all the watched one could have run but got no processor. They do not count, up to
    `MOST_STARVED` budgets: a busy machine must not make a hang of a call that only waits for its turn.
    """

    __slots__ = ("_budget_seconds", "_number", "_renewed_at", "_starved", "_starved_before")

    def __init__(self, budget_seconds: float, starved: Callable[[], float] = lambda: 0.0) -> None:
        self._budget_seconds = budget_seconds
        self._number = 0
        self._starved = starved
        self._renewed_at = monotonic()
        self._starved_before = starved()

    def is_spent(self, number: int, *, other_progress: bool = False) -> bool:
        """Take note of the `number` seen now; tell whether the budget is spent."""
        if number != self._number or other_progress:
            self._number, self._renewed_at = number, monotonic()
            self._starved_before = self._starved()
            return False
        elapsed = monotonic() - self._renewed_at
        if elapsed < self._budget_seconds:
            return False
        starved = min(self._starved() - self._starved_before, MOST_STARVED * self._budget_seconds)
        return elapsed - starved >= self._budget_seconds


class RaisedInChild(Exception):
    """Stands for an exception that could not be brought out of the child process; carries what
    could.

    `type_names` are the class names along its MRO, so that a documented error can still be
    recognised by its name.
    """

    def __init__(self, type_names: tuple[str, ...], text: str, traceback_text: str) -> None:
        super().__init__(type_names, text, traceback_text)
        self.type_names = type_names
        self.text = text
        self.traceback_text = traceback_text

    @property
    def type_name(self) -> str:
        """The class name of the original."""
        return self.type_names[0]

    def __str__(self) -> str:
        return f"{self.type_name}: {self.text}" if self.text else self.type_name


class ResultTransferError(SimulationError):
    """The guarded function returned a value that cannot leave its process; the message says why."""
