"""Threads that the code under test starts must not hold up the interpreter's exit.

While `adopted_threads()` is active, every thread started by the entering thread, by a participant
or a thread of a simulated world, by the guard's worker or by an adopted thread becomes a daemon and
is recorded. Threads of anybody else (a test runner's, a debugger's) and this project's own are left
alone. Composes with other wrappers of `Thread.start`: wraps what it finds and puts that back. Ends
no thread.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Thread, get_ident

from pytest_policy_contracts.simulation.clock import participants
from pytest_policy_contracts.simulation.jobs import SIMULATED_THREAD

_EXIT_JOINS = (
    ("concurrent.futures.thread", "_threads_queues"),
    ("concurrent.futures.process", "_threads_wakeups"),
)
"""Where executors register the threads that interpreter exit joins, unchanged from 3.11 to 3.13."""


@dataclass(slots=True)
class Adoption:
    """The threads adopted so far, in the order they were started."""

    threads: list[Thread] = field(default_factory=list)
    _entering: int = field(default_factory=get_ident)

    def alive(self) -> list[Thread]:
        """Return those that still run."""
        return [thread for thread in self.threads if thread.is_alive()]

    def concerns(self, thread: Thread) -> bool:
        """Tell whether `thread`, about to be started by the running thread, is to be adopted."""
        # A second start must raise what it always raises, not a refusal to change a daemon flag.
        if not getattr(thread, "_initialized", False) or thread.ident is not None:
            return False
        return not thread.name.startswith(SIMULATED_THREAD) and self._belongs(get_ident())

    def _belongs(self, ident: int) -> bool:
        return (
            ident == self._entering
            or ident in participants
            or any(thread.ident == ident for thread in self.alive())
            or any(
                thread.ident == ident and thread.name.startswith(SIMULATED_THREAD) for thread in threading.enumerate()
            )
        )

    def unhook(self) -> None:
        """Take the adopted threads out of the executors' exit joins."""
        for module, registry in _EXIT_JOINS:
            registered = getattr(sys.modules.get(module), registry, {})
            for thread in self.threads:
                registered.pop(thread, None)


@contextlib.contextmanager
def adopted_threads() -> Iterator[Adoption]:
    """Adopt threads while the context lasts.

    Executor workers are unhooked when the context ends: enter it in a thread that is sure to leave
    it, outside the guard.
    """
    adoption = Adoption()
    start: Callable[[Thread], None] = Thread.start

    def adopting_start(thread: Thread) -> None:
        if adoption.concerns(thread):
            thread.daemon = True
            adoption.threads.append(thread)
        start(thread)

    Thread.start = adopting_start  # type: ignore[assignment,method-assign]
    try:
        yield adoption
    finally:
        Thread.start = start  # type: ignore[assignment,method-assign]
        adoption.unhook()
