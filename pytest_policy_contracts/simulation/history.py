"""Who called what when, and what came of it: the history that a linearizability check judges.

Rules: a recorder changes nothing about the calls it records apart from catching their `Exception`s,
which become part of the history. It reads no clock: what counts is the order of the events.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of one process: `called_at` and `returned_at` order it against the others, in any
    unit that grows.
    """

    process: str
    name: str
    argument: Any
    called_at: float
    returned_at: float | None = None
    result: Any = None
    error: str | None = None
    """The class name of the exception the call ended in."""

    @property
    def pending(self) -> bool:
        """Whether the call has not returned, so that nothing is known about its outcome."""
        return self.returned_at is None

    def __str__(self) -> str:
        outcome = "?" if self.pending else self.error or repr(self.result)
        end = ".." if self.pending else f"{self.returned_at:g}"
        call = f"{self.name}({self.argument!r})"
        return f"{self.process}: {call} -> {outcome}  [{self.called_at:g}, {end}]"


class Recorder:
    """Writes down who called what when; the times are positions in one sequence of events.

    A call that ends in an `Exception` has an error; one that ends otherwise (cancelled,
    process-level exit) stays pending, and what ended it is raised.
    """

    def __init__(self) -> None:
        self._ticks = itertools.count(1)
        self._numbers = itertools.count()
        self._operations: dict[int, Operation] = {}

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations so far, in the order they were called."""
        return tuple(self._operations[number] for number in sorted(self._operations))

    def call(self, process: str, name: str, argument: Any, function: Callable[[], Any]) -> Operation:
        """Call `function()` and return the operation with its result or error; raises no
        `Exception` of it.
        """
        number = self._begin(process, name, argument)
        try:
            result = function()
        except Exception as error:
            return self._end(number, None, type(error).__name__)
        return self._end(number, result, None)

    async def call_async(
        self, process: str, name: str, argument: Any, function: Callable[[], Awaitable[Any]]
    ) -> Operation:
        """Await `function()` and return the operation with its result or error; raises no
        `Exception` of it.
        """
        number = self._begin(process, name, argument)
        try:
            result = await function()
        except Exception as error:
            return self._end(number, None, type(error).__name__)
        return self._end(number, result, None)

    def _begin(self, process: str, name: str, argument: Any) -> int:
        number = next(self._numbers)
        self._operations[number] = Operation(process, name, argument, next(self._ticks))
        return number

    def _end(self, number: int, result: Any, error: str | None) -> Operation:
        ended = replace(self._operations[number], returned_at=next(self._ticks), result=result, error=error)
        self._operations[number] = ended
        return ended
