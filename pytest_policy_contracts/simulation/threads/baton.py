"""Who runs: one baton, handed over at switch points.

Rules
- Exactly one controlled thread runs at a time; the others wait at their gates. The thread that called the scheduler is
  the *world*: it waits at a gate too, and nothing runs while it does not wait.
- `_ready` lists the runnable threads, the running one first, the others in the order in which they became runnable;
  `_late` those that begin at a later switch point, the next one first.
- Every choice between two or more threads is a decision of `Choices`; nothing else is, so decisions replay a run.
- Virtual time passes only when nothing is runnable.
- A thread that waits for something real is set aside (*external*) and comes back through `_inbox`, the only part that
  threads without the baton touch.

This module must not know tracing, locks or `threading.Thread`.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from threading import get_ident

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.clock import VirtualClock
from pytest_policy_contracts.simulation.errors import SimulationError
from pytest_policy_contracts.simulation.threads.abandoning import refuse, release_all
from pytest_policy_contracts.simulation.threads.controlled import ControlledThread
from pytest_policy_contracts.simulation.threads.messages import deadlock, livelock
from pytest_policy_contracts.simulation.threads.pristine import usable_again
from pytest_policy_contracts.simulation.threads.stillness import STILL_LOOKS, stillness
from pytest_policy_contracts.simulation.threads.subject import SubjectFiles
from pytest_policy_contracts.simulation.threads.timers import Timers
from pytest_policy_contracts.simulation.threads.workers import Worker, hire

FAIR_AFTER = 10_000
"""Switch points after which a thread that never waits makes room, as the interpreter's switch interval would."""

REFUSED_EVERY = 1_000
"""Switch points after which a thread that did not end with its run is told again."""

REAL_WAIT_SECONDS = 0.025
"""How often the world looks whether the running thread waits for something real."""


class Baton:
    """The hand-over between the threads of one scheduler; see `ThreadScheduler` for its use."""

    def __init__(self, choices: Choices, clock: VirtualClock, files: SubjectFiles, max_switch_points: int) -> None:
        self.clock = clock
        self.deterministic = True
        self.traced = False
        self.abandoned = False
        self.stuck: list[str] = []
        self.switch_points = 0
        self.running: ControlledThread | None = None
        self.world_ident = get_ident()
        self.point: Callable[[ControlledThread], None] = self.plain_point
        self.journal: list[str] | None = None
        self._files = files
        self._switch = choices.switch
        self._choose = choices.choose
        self._max = max_switch_points
        self._limit = self._checkpoint = max_switch_points
        self._ready: list[ControlledThread] = []
        self._late: list[tuple[int, ControlledThread]] = []
        self._timers = Timers(clock)
        self._alive: list[ControlledThread] = []
        self._inbox: list[ControlledThread] = []
        self._externals = self._awaited = 0
        self.numbers: Iterator[int] = itertools.count()
        self._failure: SimulationError | None = None
        self._last_look: object = None
        self._still_looks = 0
        self._world = ControlledThread("world", self)
        self._world.started = True

    # Hooks of `ThreadScheduler`; a baton alone traces nothing and starts nothing.
    def enter(self, thread: ControlledThread) -> None:
        """See `Scheduler.enter`."""
        raise NotImplementedError

    def leave(self, thread: ControlledThread) -> None:
        """See `Scheduler.leave`."""
        raise NotImplementedError

    def adopt(self, thread: threading.Thread, starter: ControlledThread) -> None:
        """See `Scheduler.adopt`."""
        raise NotImplementedError

    # ---- switch points -----------------------------------------------------------------------
    def plain_point(self, thread: ControlledThread) -> None:
        """Let `thread`, which runs, go on or hand the baton to another runnable thread."""
        self.switch_points += 1
        if self.switch_points >= self._checkpoint or self.running is not thread:
            self._look_up(thread)
        ready = self._ready
        if len(ready) > 1 and not thread.atomic:
            chosen = self._switch(ready)
            if chosen:
                self._leave_for(thread, chosen)

    def _leave_for(self, thread: ControlledThread, chosen: int) -> None:
        ready = self._ready
        successor = ready.pop(chosen)
        ready.append(ready.pop(0))
        ready.insert(0, successor)
        self.resume(successor)
        self._park(thread)

    def _look_up(self, thread: ControlledThread) -> None:
        """The rare cases of a switch point."""
        if self.abandoned:
            # Once, and again only if that was in vain: `finally` blocks of the subject have lines, too.
            if not thread.refusals or self.switch_points % REFUSED_EVERY == 0:
                refuse(thread)
            return
        if self.running is not thread:
            self._come_back(thread)
        self._take_in()
        if self._late and self.switch_points >= self._late[0][0] and not thread.atomic:
            self._arrive()
            self._leave_for(thread, len(self._ready) - 1)
        if self.switch_points >= self._limit:
            self._fail(livelock(thread, self._files, self._max))
            self._park(thread)
        if self.switch_points >= self._checkpoint and len(self._ready) > 1 and not thread.atomic:
            self._leave_for(thread, 1)
        self._set_checkpoint()

    def _set_checkpoint(self) -> None:
        self._checkpoint = min(self._limit, self.switch_points + FAIR_AFTER)
        if self._late:
            self._checkpoint = min(self._checkpoint, self._late[0][0])

    def arrive_later(self, thread: ControlledThread, points: int) -> None:
        """Let a thread that has not begun wait until `points` more switch points were passed, or nobody else can run."""
        if points > 0:
            self._ready.remove(thread)
            self._late.append((self.switch_points + points, thread))
            self._late.sort(key=lambda late: late[0])

    def _arrive(self) -> None:
        self._ready.append(self._late.pop(0)[1])

    def _park(self, thread: ControlledThread) -> None:
        if thread is self._world:
            self._park_world()
            return
        thread.gate.acquire()
        if self.abandoned:
            refuse(thread)

    # ---- handing over ------------------------------------------------------------------------
    def resume(self, thread: ControlledThread, worker: Worker | None = None) -> bool:
        """Hand the baton to `thread`; True when it begins now and is to run on `worker`, the caller's own."""
        if self.journal is not None and thread is not self.running:
            self.journal.append(f"-> {thread.name}")
        self.running = thread
        self._set_checkpoint()
        if not thread.started:
            thread.started = True
            if usable_again() and worker is not None and thread.worker is None:
                thread.worker = worker
                return True
            thread.worker = thread.worker or hire()
            thread.ident = thread.worker.ident
            if worker is not None:
                worker.rest()
            thread.worker.give(thread)
            return False
        if worker is not None:
            worker.rest()
        thread.gate.release()
        return False

    def _next(self) -> ControlledThread | None:
        """Return who gets the baton; None when nobody can have it now."""
        self._take_in()
        ready = self._ready
        if not ready and self._late:
            self._arrive()
        if not ready and not self._let_time_pass():
            self._nobody_can_run()
            return None
        if len(ready) > 1:
            chosen = self._choose(ready)
            if chosen:
                ready.insert(0, ready.pop(chosen))
        return ready[0]

    def _let_time_pass(self) -> bool:
        if not self._timers:
            return False
        self._timers.advance()
        self._wake_due()
        return True

    def _wake_due(self) -> None:
        self._ready.extend(thread for thread in self._timers.due() if thread not in self._ready)

    def _nobody_can_run(self) -> None:
        if self._externals or any(self._waits_for_others(thread) for thread in self._alive):
            self.running = None
            self.deterministic = False
        else:
            self._fail(deadlock([*self._alive, self._world], self._files))

    def _waits_for_others(self, thread: ControlledThread) -> bool:
        """True when a thread that is not ours holds what `thread` waits for."""
        holder = getattr(thread.waiting, "holder", None)
        return isinstance(holder, int) and holder != self.world_ident

    def _fail(self, error: SimulationError) -> None:
        self._failure = error
        self.running = None
        self._world.gate.release()

    def block(self, thread: ControlledThread, waiting: object, deadline: float | None) -> bool:
        """Give the baton away until woken; False when virtual time reached `deadline` first."""
        if self.abandoned:
            refuse(thread)
        if thread is self._world:
            self._limit = self.switch_points + self._max
        elif self.running is not thread:
            self._come_back(thread)
        if self.journal is not None:
            self.journal.append(f"{thread.name} waits for {waiting}")
        thread.waiting = waiting
        self._timers.set(thread, deadline)
        if thread in self._ready:
            self._ready.remove(thread)
        successor = self._next()
        if successor is not None:
            self.resume(successor)
        self._park(thread)
        return self._unblocked(thread)

    def _unblocked(self, thread: ControlledThread) -> bool:
        thread.waiting = None
        self._timers.clear(thread)
        if thread is self._world:
            self.running = None
            if thread in self._ready:
                self._ready.remove(thread)
        return not thread.timed_out

    def sleep(self, thread: ControlledThread, seconds: float) -> None:
        """Let virtual time pass for `thread`; zero seconds make room for one other thread."""
        if self.abandoned:
            refuse(thread)
        if seconds > 0:
            self.block(thread, f"{seconds:g} s to pass", self.clock.now + seconds)
            return
        self.point(thread)
        if len(self._ready) > 1:
            self._leave_for(thread, 1)

    # ---- waking ------------------------------------------------------------------------------
    def wake(self, threads: Iterable[ControlledThread]) -> None:
        """Make blocked threads runnable; may be called from any thread."""
        running = self.running
        if get_ident() == (self.world_ident if running is None else running.ident):
            ready = self._ready
            ready.extend(thread for thread in threads if thread not in ready)
        else:
            self._inbox.extend(threads)
            self._checkpoint = 0

    def suspend(self, threads: Iterable[ControlledThread]) -> None:
        """Take back a `wake`: what the threads wait for is gone again."""
        for thread in threads:
            if thread in self._ready:
                self._ready.remove(thread)

    def finish(self, thread: ControlledThread) -> ControlledThread | None:
        """Record the end of `thread`, which holds the baton; return who gets it."""
        if not self.abandoned and self.running is not thread:
            self._come_back(thread)
        thread.finished = True
        if self.abandoned:
            return None
        if self.journal is not None:
            self.journal.append(f"{thread.name} ends")
        self._alive.remove(thread)
        self._ready.remove(thread)
        self.wake(thread.joiners)
        thread.joiners.clear()
        if thread.awaited:
            self._awaited -= 1
            if not self._awaited:
                return self._world
        return self._next()

    def join(self, thread: ControlledThread, other: ControlledThread, timeout: float | None) -> None:
        """Block `thread` until `other` has ended or `timeout` seconds have passed."""
        deadline = None if timeout is None else self.clock.now + max(timeout, 0.0)
        while not other.finished:
            other.joiners.append(thread)
            if not self.block(thread, f"the end of {other.name}", deadline):
                if thread in other.joiners:
                    other.joiners.remove(thread)
                return

    # ---- the world's side --------------------------------------------------------------------
    def _park_world(self) -> None:
        try:
            while not self._world.gate.acquire(timeout=REAL_WAIT_SECONDS):
                self._watch()
        except BaseException:
            self.abandon()
            raise
        if self._failure is not None:
            self.abandon()
            raise self._failure

    def abandon(self) -> None:
        """End every thread of the scheduler, which cannot be used again; `stuck` names those that would not end."""
        if not self.abandoned:
            self.abandoned = True
            self.running = None
            self._checkpoint = 0
            self._ready.clear()
            self._late.clear()
            self.stuck = release_all(self._alive)
            self._alive = [thread for thread in self._alive if not thread.finished]

    # ---- real waiting ------------------------------------------------------------------------
    def _watch(self) -> None:
        """Called now and then in real time while the world waits."""
        running = self.running
        if running is None:
            self._take_in()
            if self._ready:
                self._run_next()
            return
        look = stillness(running, self.switch_points)
        self._still_looks = self._still_looks + 1 if look is not None and look == self._last_look else 1
        self._last_look = look
        if self._still_looks >= STILL_LOOKS:
            self._still_looks = 0
            self._set_aside(running)

    def _set_aside(self, thread: ControlledThread) -> None:
        if self.running is not thread or thread not in self._ready:
            return
        thread.external = True
        self.deterministic = False
        self._externals += 1
        self._ready.remove(thread)
        self.running = None
        self._checkpoint = 0
        if self._ready or self._timers:
            self._run_next()

    def _run_next(self) -> None:
        successor = self._next()
        if successor is not None:
            self.resume(successor)

    def _come_back(self, thread: ControlledThread) -> None:
        """Wait for the baton after something real: the others went on meanwhile."""
        self._inbox.append(thread)
        self._checkpoint = 0
        self._park(thread)

    def _take_in(self) -> None:
        while self._inbox:
            thread = self._inbox.pop(0)
            if thread.external:
                thread.external = False
                self._externals -= 1
            elif thread.waiting is None:
                continue
            if thread not in self._ready:
                self._ready.append(thread)
