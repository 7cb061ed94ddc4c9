"""An asyncio event loop on virtual time, whose order of ready tasks is chosen.

What a policy orders are actors: every task (with its one pending step), the plain callbacks (first in, first out among
themselves, as asyncio documents), the due timers (in deadline order) and the executor jobs. Index 0 is always what the
stock loop would run next, so a run whose every choice is 0 is a run of the stock loop.

Time moves only when nothing can run. Real I/O is refused. Nothing to run and no timer is a `Deadlock`; more than
`max_steps` steps in which no time passes is a `Livelock`.

Relies on `BaseEventLoop._ready`, `_scheduled`, `_run_once` and `Handle._callback`, unchanged from 3.11 to 3.13; the tests
of this module say so when a new CPython changes them.
"""

from __future__ import annotations

import asyncio
import heapq
import sys
import threading
from asyncio import events
from bisect import bisect
from collections import deque
from collections.abc import Callable, Coroutine
from threading import get_ident
from types import BuiltinMethodType
from typing import Any, TypeVar

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.clock import (
    BlockingCall,
    Participant,
    VirtualClock,
    participants,
)
from pytest_policy_contracts.simulation.errors import Deadlock, Livelock
from pytest_policy_contracts.simulation.jobs import Jobs
from pytest_policy_contracts.simulation.numbering import NumberedTimer, NumbersTasks
from pytest_policy_contracts.simulation.outside_world import NoOutsideWorld, NoSelector, calling_place
from pytest_policy_contracts.simulation.policies import Policy
from pytest_policy_contracts.simulation.presence import Presence, participating
from pytest_policy_contracts.simulation.tasks import (
    SimulatedTask,
    describe_task,
    waiting_place,
)

T = TypeVar("T")

CALLBACK = "callback"
TIMER = "timer"
_NEVER = float("inf")
LATENESS_SECONDS = 0.001
LATENESS_CLASSES = 4
_FUTURES: Any = asyncio.futures
_END_OF_SLEEP = _FUTURES._set_result_unless_cancelled

_LONGEST_IDLENESS_SECONDS = 60.0
"""How long a loop on another world's thread sleeps between two looks for messages."""

MAX_BLOCKING_CALLS = 1000
"""So many sleeps on the loop's thread end in `Livelock`: nothing else gets to run in between."""


class SimulatedLoop(NoOutsideWorld, NumbersTasks):
    """The loop; make one per run, `complete` coroutines on it, then `dismantle` it.

    `clock.now` is `time()`. `deadlines` are the timer deadlines seen, the moments worth arriving at. `reported` are the
    contexts given to the loop's exception handler. `refused` names what real I/O was asked for. `observers` are called
    after every step with the task that made it (or something else for a callback).
    """

    _stopping: bool

    def __init__(
        self,
        choices: Choices | None = None,
        clock: VirtualClock | None = None,
        *,
        max_steps: int = 50_000,
        journal: list[str] | None = None,
        nested: bool = False,
    ) -> None:
        super().__init__(NoSelector(self._refuse))
        self.set_debug(False)
        self._clock_resolution = 1e-9
        self.choices = choices or Choices(Policy())
        self.clock = clock or VirtualClock()
        self.max_steps = max_steps
        self.steps = 0
        self.journal = journal
        self.deadlines: set[float] = set()
        self.reported: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.exits: list[BaseException] = []
        self.notes_deadlines = True
        self.varies_latencies = False
        self.observers: list[Callable[[object], None]] = []
        # A loop on a thread of a world need not wait for other threads: they stand still while it runs.
        self.jobs = Jobs(self, nested=nested)
        # Lists side by side, because the first is what a policy is asked about in every step. They hold what may run now,
        # in the order in which it became ready: of the callbacks, and of the timers, only the first; the others queue.
        self._actors: list[int | str] = []
        self._handles: list[Any] = []
        self._order: list[int] = []
        self._queued: dict[int | str, deque[tuple[int, Any]]] = {CALLBACK: deque(), TIMER: deque()}
        self._has_first: dict[int | str, bool] = {CALLBACK: False, TIMER: False}
        self._sequence = self._turn = self._timer_count = 0
        self._inbox: deque[events.Handle] = deque()
        self._arrived = threading.Condition()
        self._host: Participant | None = None
        self._idleness = 0.0
        self._settling: tuple[float, asyncio.Future[bool]] | None = None
        self._alarm: Callable[[], object] | None = None
        self._alarm_at = sys.maxsize
        self._alarm_renewal = 0
        self._still_since = 0
        self.set_exception_handler(lambda loop, context: self.reported.append(context))

    # -- time ---------------------------------------------------------------------------------------------------------

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self.clock.now

    def sleep(self, seconds: float) -> None:
        """`time.sleep` on the loop's thread: the whole loop stands still for `seconds`, and that is written down."""
        if self._host is not None:
            self._host.sleep(seconds)
            return
        blocked = self.clock.blocked
        if len(blocked) >= MAX_BLOCKING_CALLS:
            raise Livelock(f"more than {MAX_BLOCKING_CALLS} time.sleep calls on the event loop")
        blocked.append(BlockingCall(seconds, calling_place()))
        self.clock.advance(seconds)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """Schedule `callback`, and remember its deadline as a moment at which callers may arrive.

        While `varies_latencies` is set, a sleep may take a few milliseconds longer: what sleeps in a test stands for
        something that takes its time, and two of those do not always end in the order in which they began.
        """
        if self.varies_latencies and callback is _END_OF_SLEEP:
            when += LATENESS_SECONDS * self.choices.draw(LATENESS_CLASSES)
        if self.notes_deadlines and len(self.deadlines) < 64 and when < _NEVER:
            self.deadlines.add(round(when, 9))
        self._check_closed()
        timer: Any = NumberedTimer(when, callback, args, self, context)
        timer.number = self._timer_count = self._timer_count + 1
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer  # type: ignore[no-any-return]

    # -- other threads ------------------------------------------------------------------------------------------------------

    def _write_to_self(self) -> None:
        with self._arrived:
            self._arrived.notify_all()

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> events.Handle:
        """Hand over a callback from another thread."""
        if get_ident() == self._thread_id:
            return self.call_soon(callback, *args, context=context)  # type: ignore[no-any-return]
        self._check_closed()
        handle = events.Handle(callback, args, self, context)
        with self._arrived:
            self._inbox.append(handle)
            self._arrived.notify_all()
        return handle

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """Run `func` on a thread in lock-step with the loop; the executor decides only how many run at once."""
        self._check_closed()
        executor = executor or self._default_executor
        if executor is not None and not hasattr(executor, "_work_queue"):
            self._refuse(f"{type(executor).__name__} (only thread pools work in virtual time)")
        return self.jobs.submit(executor, func, args)

    # -- scheduling -----------------------------------------------------------------------------------------------------

    def enqueue_job(self, number: int, handle: events.Handle) -> None:
        """Make an executor job ready to run; job `number` is an actor of its own."""
        self._enable(-1 - number, handle)

    def _enable(self, actor: int | str, handle: events.Handle) -> None:
        self._sequence = number = self._sequence + 1
        if actor == CALLBACK or actor == TIMER:
            if self._has_first[actor]:
                self._queued[actor].append((number, handle))
                return
            self._has_first[actor] = True
        self._actors.append(actor)
        self._handles.append(handle)
        self._order.append(number)

    def _next_in_queue(self, actor: int | str) -> None:
        """The first of a queue has been taken: let the second take its place among what may run."""
        if not self._queued[actor]:
            self._has_first[actor] = False
            return
        number, handle = self._queued[actor].popleft()
        index = bisect(self._order, number)
        self._actors.insert(index, actor)
        self._handles.insert(index, handle)
        self._order.insert(index, number)

    def enabled_handles(self) -> list[Any]:
        """Return everything that is ready, whatever keeps it waiting for its turn."""
        return [*self._handles, *(handle for queue in self._queued.values() for _, handle in queue)]

    def _count_enabled(self) -> int:
        return len(self._handles) + len(self._queued[CALLBACK]) + len(self._queued[TIMER])

    def _actor_of(self, handle: Any) -> int | str:
        callback = handle._callback
        owner = getattr(callback, "__self__", None)
        if not isinstance(owner, asyncio.Task):
            return CALLBACK
        # `call_soon(task.cancel)` is a callback like any other, and no step of the task.
        if type(callback) is BuiltinMethodType and callback.__name__ != "task_wakeup":
            return CALLBACK
        return owner.number if isinstance(owner, SimulatedTask) else self.number_of(owner)

    def _collect(self) -> None:
        ready = self._ready
        if self._inbox:
            # What a job sent while the loop stood still came before what its end has set off.
            with self._arrived:
                ready.extendleft(reversed(self._inbox))
                self._inbox.clear()
        while ready:
            handle = ready.popleft()
            if not handle._cancelled:
                self._enable(self._actor_of(handle), handle)
        if self._turn <= 0:
            # The stock loop looks at its timers when all that was ready has had its turn, and so do we.
            if self._scheduled:
                self._collect_due()
            self._turn = self._count_enabled()

    def _collect_due(self) -> float | None:
        """Move due timers to the ready entries; return the next deadline, if there is a timer left."""
        scheduled = self._scheduled
        now = self.clock.now
        while scheduled:
            timer = scheduled[0]
            if not timer._cancelled and timer._when > now:
                return float(timer._when) if timer._when < _NEVER else None
            heapq.heappop(scheduled)
            timer._scheduled = False
            if not timer._cancelled:
                self._enable(TIMER, timer)
        return None

    def _wait_for_something(self) -> bool:
        """Let time pass, or wait for foreign threads, until something is ready; False when the loop was stopped."""
        while not self._handles:
            if self._stopping:
                return False
            deadline = self._collect_due()
            if self._handles or self._inbox or self._hears_from_threads():
                self._collect()
            elif self._has_settled(deadline):
                self._collect()
            else:
                self._pass_time(deadline)
                self._collect_due()
        self._turn = self._count_enabled()
        self._idleness = 0.0
        return True

    def _hears_from_threads(self) -> bool:
        return self.jobs.wait_for_foreign_threads(self._inbox, self._arrived)

    def _pass_time(self, deadline: float | None) -> None:
        if self._host is not None:
            # Somebody else's thread: while this loop waits, the world around it goes on.
            self._idleness = min(_LONGEST_IDLENESS_SECONDS, self._idleness * 2 or LATENESS_SECONDS)
            self._host.sleep(self._idleness if deadline is None else deadline - self.clock.now)
        elif deadline is None:
            raise Deadlock(f"nothing can run and no timer is pending; {self.waiting()}")
        else:
            self.clock.advance_to(deadline)
            self._time_passed()

    def _has_settled(self, deadline: float | None) -> bool:
        if self._settling is None:
            return False
        until, settled = self._settling
        if settled.done() or (deadline is not None and deadline <= until):
            return False
        settled.set_result(True)
        return True

    def _run_once(self) -> None:
        handles = self._handles
        self._collect()
        if not handles and not self._wait_for_something():
            return
        if self.steps - self._still_since >= self.max_steps:
            running = self._running(self._actors[0], handles[0])
            raise Livelock(f"{self.max_steps} steps without an end, and no time passes; {running}")
        index = 0 if len(handles) == 1 or self.choices.stock else self.choices.choose(self._actors)
        actor, handle = self._actors.pop(index), handles.pop(index)
        del self._order[index]
        self._turn -= 1
        if actor == CALLBACK or actor == TIMER:
            self._next_in_queue(actor)
        if handle._cancelled:
            return
        self.steps += 1
        if self.steps >= self._alarm_at and self._alarm is not None:
            ring, self._alarm_at, self._alarm_renewal = self._alarm, sys.maxsize, 0
            ring()
        if self.journal is not None:
            self.journal.append(f"{self.clock.now:.6f} {self._running(actor, handle)}")
        try:
            handle._run()
        except (SystemExit, KeyboardInterrupt) as exit_request:
            if self._host is not None:
                raise  # out of somebody's own `asyncio.run`, as the stock loop does
            # The stock loop would end the process here; the world notes it and goes on, so that there is a verdict.
            self.exits.append(exit_request)
        if self.observers:
            owner = getattr(handle._callback, "__self__", None) if isinstance(actor, int) else None
            for observer in self.observers:
                observer(owner)

    # -- running ----------------------------------------------------------------------------------------------------------

    def complete(self, coro: Coroutine[Any, Any, T], *, name: str = "main") -> T:
        """Run `coro` as a task to its end and return its result; other tasks stay as they are.

        Raises what `coro` raises, and `Deadlock` or `Livelock`.
        """
        with Presence(self):
            task = self.create_task(coro, name=name)
            while not task.done():
                self._run_once()
                if self._stopping:
                    self._stopping = False
                    self.exits.append(SystemExit("the event loop was stopped"))
            result: T = task.result()
            return result

    async def settle(self, until: float, *, max_steps: int) -> bool:
        """Let everything else run that can, passing time up to `until`; False when `max_steps` did not suffice."""
        settled: asyncio.Future[bool] = self.create_future()
        self._settling = (until, settled)
        self.set_alarm(max_steps, lambda: None if settled.done() else settled.set_result(False))
        try:
            return await settled
        finally:
            self._settling = None
            self.clear_alarm()

    def _time_passed(self) -> None:
        """Steps are counted only while time stands still: a long wait in small steps is no spinning."""
        self._still_since = self.steps
        if self._alarm_renewal:
            self._alarm_at = self.steps + self._alarm_renewal

    def set_alarm(self, steps: int, ring: Callable[[], object], *, while_still: bool = False) -> None:
        """Call `ring` once when `steps` more steps have been made: virtual time does not pass while a program spins."""
        self._alarm_at, self._alarm = self.steps + steps, ring
        self._alarm_renewal = steps if while_still else 0

    def clear_alarm(self) -> None:
        """Forget the alarm."""
        self._alarm_at, self._alarm, self._alarm_renewal = sys.maxsize, None, 0

    def run_forever(self) -> None:
        """Run until `stop`, for code that makes its own loop with `asyncio.run` inside the world."""
        self._host = participants.get(get_ident())
        with participating(self):
            super().run_forever()

    def close(self) -> None:
        """Close the loop; executor jobs that sleep are ended."""
        self.jobs.abandon()
        super().close()

    def dismantle(self, *, max_steps: int = 2000) -> list[str]:
        """Cancel what is left, oldest first, close the loop, and return the tasks that would not end."""
        with Presence(self):
            stubborn = self._cancel_everything(max_steps)
            self.jobs.abandon()
        for task in stubborn:
            if isinstance(task, SimulatedTask):
                task.silence()
        for enabled in (self._actors, self._handles, self._order, *self._queued.values()):
            enabled.clear()
        self._ready.clear()
        self._scheduled.clear()
        self.close()
        return [describe_task(task) for task in stubborn]

    def _cancel_everything(self, max_steps: int) -> list[Any]:
        pending = self.pending_tasks()
        for task in pending:
            task.cancel()
        self._run_out(pending, max_steps)
        if self._asyncgens:
            # A generator may be closed once nobody is inside it any more.
            self._run_out([self.create_task(one.aclose()) for one in self._asyncgens], max_steps)
        return self.pending_tasks()

    def _run_out(self, tasks: list[Any], max_steps: int) -> None:
        """Run until `tasks` have ended and the callbacks of their ends are done, with the time that their clean-up takes."""
        self._still_since, self.max_steps = self.steps, max_steps + 1
        for _ in range(max_steps):
            self._collect()
            if not self._handles:
                deadline = self._collect_due()
                if deadline is None or all(task.done() for task in tasks):
                    break
                self.clock.advance_to(deadline)
            else:
                self._run_once()

    def _running(self, actor: int | str, handle: Any) -> str:
        callback: Any = handle._callback
        owner = getattr(callback, "__self__", None)
        if isinstance(actor, int) and isinstance(owner, asyncio.Task):
            return f"{owner.get_name()} at {waiting_place(owner.get_coro())}"
        while hasattr(callback, "func"):
            callback = callback.func
        label = getattr(callback, "__qualname__", type(callback).__qualname__)
        return f"{'job' if isinstance(actor, int) else actor} {label}"
