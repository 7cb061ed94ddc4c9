"""What a call left behind: tasks, threads, timers, open files, coroutines nobody awaited.

Compares two footprints by count per readable name, so that a restarted worker of the same name is
no leak. Names carry no counters and no addresses, hence repeat. Waits for nothing and collects no
garbage: whoever takes a footprint lets the loop and the threads settle first.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import re
import sys
import threading
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pytest_policy_contracts.simulation.guard.frames import describe, live_stack, subject_frame
from pytest_policy_contracts.simulation.jobs import SIMULATED_THREAD
from pytest_policy_contracts.simulation.tasks import describe_line, shown_path, waiting_place

LeakKind = Literal["task", "thread", "timer", "file", "coroutine", "resource"]
Places = Mapping[str, tuple[str, ...]]
"""Where each thing of a name is, by name."""

_WAKE_UPS = frozenset(
    {
        ("asyncio.futures", "_set_result_unless_cancelled"),
        ("asyncio.tasks", "_release_waiter"),
        ("asyncio.tasks", "as_completed.<locals>._on_timeout"),
        ("asyncio.tasks", "_AsCompletedIterator._handle_timeout"),
        ("asyncio.timeouts", "Timeout._on_timeout"),
    }
)
"""Timers of `sleep`, `wait`, `wait_for`, `as_completed` and `timeout`: the task that waits is what
counts.
"""

_PACKAGE = __name__.partition(".")[0]
_DEFAULT_THREAD_NAME = re.compile(r"^Thread-\d+(?: \((?P<target>.+)\))?$")
_COUNTERS = re.compile(r"[-_]\d+(?=[-_\d]*$)|(?<=\d)[-_]\d+")
_OPEN_FILES = "/proc/self/fd"
_UNAWAITED = re.compile(r"coroutine (?:method )?'(?P<name>[^']+)'.* was never awaited")


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing left behind: what it is, its readable name, and where it is or came from."""

    kind: LeakKind
    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Footprint:
    """What is alive at one moment, by kind and readable name."""

    tasks: Places = field(default_factory=dict)
    threads: Places = field(default_factory=dict)
    timers: Places = field(default_factory=dict)
    files: Places = field(default_factory=dict)

    def minus(self, earlier: Footprint) -> list[Leak]:
        """Return what there is more of than in `earlier`, one `Leak` for each, in a repeatable
        order.
        """
        return [
            *_surplus("task", self.tasks, earlier.tasks),
            *_surplus("thread", self.threads, earlier.threads),
            *_surplus("timer", self.timers, earlier.timers),
            *_surplus("file", self.files, earlier.files),
        ]


def _surplus(kind: LeakKind, now: Places, before: Places) -> Iterator[Leak]:
    for name in sorted(now):
        known = before.get(name, ())
        # Those at places not seen before are named first: they are the likelier ones to be new.
        new = sorted((Counter(now[name]) - Counter(known)).elements())
        rest = sorted((Counter(now[name]) - Counter(new)).elements())
        for where in [*new, *rest][: max(0, len(now[name]) - len(known))]:
            yield Leak(kind, name, where)


def take_footprint(loop: asyncio.AbstractEventLoop | None) -> Footprint:
    """Return what is alive now: the tasks and timers of `loop` (none without one), the process's
    threads and open files.

    Files are counted where `/proc/self/fd` exists; elsewhere there are none.
    """
    return Footprint(
        tasks=_by_name(_tasks(loop)) if loop is not None else {},
        threads=_by_name(_threads()),
        timers=_by_name(_timers(loop)) if loop is not None else {},
        files=_by_name(_files()),
    )


def _by_name(found: Iterable[tuple[str, str]]) -> Places:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for name, where in found:
        places[name].append(where)
    return {name: tuple(sorted(places[name])) for name in sorted(places)}


def _tasks(loop: asyncio.AbstractEventLoop) -> Iterator[tuple[str, str]]:
    for task in asyncio.all_tasks(loop):
        coro = task.get_coro()
        yield _qualified_name(coro), waiting_place(coro)


def _qualified_name(thing: object) -> str:
    return str(getattr(thing, "__qualname__", None) or type(thing).__qualname__)


def _threads() -> Iterator[tuple[str, str]]:
    frames = sys._current_frames()
    for thread in threading.enumerate():
        if not thread.name.startswith(SIMULATED_THREAD):
            stack = live_stack(frames.get(thread.ident or 0))
            place = describe(subject_frame(stack))
            yield thread_name(thread.name), f"{thread.name} at {place}" if place else thread.name


def thread_name(name: str) -> str:
    """Return a thread's name without the counters Python adds, which differ from run to run."""
    default = _DEFAULT_THREAD_NAME.match(name)
    if default is not None:
        return f"thread of {default.group('target')}" if default.group("target") else "thread"
    return _COUNTERS.sub("", name)


def _timers(loop: Any) -> Iterator[tuple[str, str]]:
    for handle in _pending_timers(loop):
        callback = _bare(handle._callback)  # type: ignore[attr-defined]
        if not _is_own_wake_up(callback):
            yield _qualified_name(callback), _defined_at(callback)


def _pending_timers(loop: Any) -> list[asyncio.TimerHandle]:
    """Return the timers that have not run; due ones wait among the ready callbacks, in a simulated loop
    among what it has enabled.
    """
    enabled = loop.enabled_handles() if hasattr(loop, "enabled_handles") else ()
    return [
        handle
        for handles in (loop._scheduled, loop._ready, enabled)
        for handle in handles
        if isinstance(handle, asyncio.TimerHandle) and not handle.cancelled()
    ]


def _bare(callback: Any) -> Any:
    while isinstance(callback, functools.partial):
        callback = callback.func
    return callback


def _is_own_wake_up(callback: Any) -> bool:
    module = getattr(callback, "__module__", None) or ""
    return (module, _qualified_name(callback)) in _WAKE_UPS or module.split(".")[0] == _PACKAGE


def _defined_at(callback: Any) -> str:
    code = getattr(getattr(callback, "__func__", callback), "__code__", None)
    return describe_line(code, code.co_firstlineno) if code is not None else ""


def _files() -> Iterator[tuple[str, str]]:
    try:
        descriptors = os.listdir(_OPEN_FILES)
    except OSError:
        return
    for descriptor in descriptors:
        # The one that listed the directory is closed again.
        with contextlib.suppress(OSError):
            target = os.readlink(f"{_OPEN_FILES}/{descriptor}")
            yield _file_name(target), f"file descriptor {descriptor}"


def _file_name(target: str) -> str:
    """Return a path as it is, and `socket:[4711]` or `pipe:[4711]` without the number."""
    return target if target.startswith("/") else re.sub(r":\[\d+\]$", "", target)


@contextlib.contextmanager
def collecting_warnings() -> Iterator[list[Leak]]:
    """Collect "coroutine ... was never awaited" and unclosed-resource warnings while the context
    lasts; pass on all others.

    Independent of the warning filters in force, `-W error` included. Not for several threads at a
    time, like `warnings` itself.
    """
    found: list[Leak] = []
    module: Any = warnings
    pass_on: Callable[[Any], None] = module._showwarnmsg

    def show(message: warnings.WarningMessage) -> None:
        leak = _leak_of(message)
        if leak is None:
            pass_on(message)
        else:
            found.append(leak)

    with warnings.catch_warnings():
        warnings.filterwarnings("always", category=ResourceWarning)
        warnings.filterwarnings("always", message=_UNAWAITED.pattern, category=RuntimeWarning)
        module._showwarnmsg = show
        try:
            yield found
        finally:
            module._showwarnmsg = pass_on


def _leak_of(message: warnings.WarningMessage) -> Leak | None:
    text = str(message.message)
    if issubclass(message.category, ResourceWarning):
        return Leak("resource", text, f"{shown_path(message.filename)}:{message.lineno}")
    unawaited = _UNAWAITED.match(text)
    if unawaited is None:
        return None
    return Leak("coroutine", unawaited.group("name"), _origin(message.source))


def _origin(coro: object) -> str:
    """Return where a coroutine was created, when the interpreter tracks origins; else where it is
    defined.
    """
    origin = getattr(coro, "cr_origin", None)
    if origin:
        filename, line, function = origin[0]
        return f"{shown_path(filename)}:{line} in {function}"
    code = getattr(coro, "cr_code", None)
    return describe_line(code, code.co_firstlineno) if code is not None else ""
