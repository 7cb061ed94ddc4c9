"""Tasks and futures whose hash is their number, and where a task waits.

asyncio keeps tasks in sets (`TaskGroup`, `asyncio.wait`, `all_tasks`), and a set of objects is ordered by address. With a
hash that counts from the beginning of the world, that order repeats in every run and every process.
"""

from __future__ import annotations

import asyncio
import linecache
import os
import sysconfig
from collections.abc import Coroutine
from types import CodeType, FrameType
from typing import Any, TypeVar

T = TypeVar("T")

_STANDARD_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")
_INSTALLED = sysconfig.get_path("purelib")
_PROJECT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")


class SimulatedTask(asyncio.Task[T]):
    """A task that is hashed and ordered by its number."""

    number: int

    def __init__(self, coro: Any, number: int, **kwargs: Any) -> None:
        self.number = number
        super().__init__(coro, **kwargs)

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other

    def silence(self) -> None:
        """Let the task be collected without asyncio's complaint that it was pending."""
        self._log_destroy_pending = False


class SimulatedFuture(asyncio.Future[T]):
    """A future that is hashed by its number."""

    number: int

    def __init__(self, number: int, **kwargs: Any) -> None:
        self.number = number
        super().__init__(**kwargs)

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other


def is_own_code(filename: str) -> bool:
    """Tell whether a source file is neither the standard library's nor this project's."""
    if filename.startswith("<"):
        return False
    if filename.startswith(_INSTALLED):
        return not filename.startswith(_PROJECT)
    return not filename.startswith((_STANDARD_LIBRARY, _PROJECT))


def shown_path(filename: str) -> str:
    """Return the path as a reader knows it: in its package if it is installed, relative below the working directory, else
    the file's name."""
    installed = filename.replace(os.sep, "/").rpartition("/site-packages/")[2]
    if len(installed) < len(filename):
        return installed
    relative = os.path.relpath(filename)
    return os.path.basename(filename) if relative.startswith(os.pardir) else relative


def describe_line(code: CodeType, line: int) -> str:
    """Return ``cache.py:41 in reload, `await self.pool.resize(...)` ``."""
    source = linecache.getline(code.co_filename, line).strip()
    return f"{shown_path(code.co_filename)}:{line} in {code.co_name}" + (f", `{source}`" if source else "")


def waiting_frames(coro: object) -> list[tuple[CodeType, int]]:
    """Return the code and line of each coroutine or generator in the chain that `coro` waits through, outermost first."""
    chain: list[tuple[CodeType, int]] = []
    current: object = coro
    while current is not None:
        frame: FrameType | None = next(
            (
                getattr(current, name)
                for name in ("cr_frame", "gi_frame", "ag_frame")
                if getattr(current, name, None) is not None
            ),
            None,
        )
        if frame is not None:
            chain.append((frame.f_code, frame.f_lineno))
        current = next(
            (
                getattr(current, name)
                for name in ("cr_await", "gi_yieldfrom", "ag_await")
                if getattr(current, name, None) is not None
            ),
            None,
        )
    return chain


def waiting_place(coro: object) -> str:
    """Return where `coro` waits: its innermost line outside the standard library and this project."""
    chain = waiting_frames(coro)
    own = [entry for entry in chain if is_own_code(entry[0].co_filename)]
    if own:
        return describe_line(*own[-1])
    return describe_line(*chain[-1]) if chain else "an unknown place"


def describe_task(task: asyncio.Task[Any]) -> str:
    """Return ``name at place`` for a message."""
    return f"{task.get_name()} at {waiting_place(task.get_coro())}"


def awaitable_as_coroutine(awaitable: Any) -> Coroutine[Any, Any, Any]:
    """Wrap any awaitable, so that it can be driven as a coroutine."""

    async def wait() -> Any:
        return await awaitable

    return awaitable if asyncio.iscoroutine(awaitable) else wait()
