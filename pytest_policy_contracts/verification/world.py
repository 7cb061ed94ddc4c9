"""The world of one run: a fresh subject, a clock, an order of events, and what was observed.

A step may use whatever is public here and must keep its state here, so that a scenario is a list of steps that can be run
again in a fresh world under another schedule. The world lives on one event loop; the calls of a synchronous subject run on
controlled threads inside it.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from enum import StrEnum
from types import SimpleNamespace
from typing import Any, TypeVar

from pytest_policy_contracts.harness import Harness, HarnessError
from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.simulation.clock import VirtualClock
from pytest_policy_contracts.simulation.errors import Deadlock, Livelock
from pytest_policy_contracts.simulation.exploration import Plan
from pytest_policy_contracts.simulation.loop import SimulatedLoop
from pytest_policy_contracts.simulation.schedules import Mode
from pytest_policy_contracts.simulation.tasks import is_own_code, waiting_place
from pytest_policy_contracts.simulation.threads import ThreadScheduler
from pytest_policy_contracts.verification.attempts import Attempt, Ended, describe_error, outcome_of_error
from pytest_policy_contracts.verification.violations import EnoughSeen, Untested

T = TypeVar("T")

SETTLE_SECONDS = 60.0
"""How much virtual time "everything has settled" lets pass at least."""

SETTLE_STEPS = 1000
"""How many steps a subject's own background work may take while settling; a poller never ends."""

STEPS_OF_A_SECOND = 50
"""How many steps of the loop a subject's own background work may take while a second passes."""

MAX_CALL_STEPS = 10_000
"""A call that needs more steps of the loop than this hangs: a spinning call lets no time pass."""

OPCODES_OF_A_LINE = 6
"""About so many bytecodes stand for a line, so that callers spread over all of a run whatever its switch points are."""

_MOMENT_SECONDS = 1e-6
"""A call that ends at the very moment of its limit, as one with a timeout of its own does, is in time."""

_GRACE_SECONDS = 5.0
_GRACE_STEPS = 1000


class Style(StrEnum):
    """Whether the subject's calls return awaitables."""

    SYNC = "sync"
    ASYNC = "async"


class World:
    """What the steps of one run share.

    `subject` is the thing under test, `harness` the adopter's, `seen` whatever the steps of a contract have to remember
    between them, `memo` what is the same in every run of the scenario (it outlives the run), `situation` the "when" line of
    a violation, `asking` the method of the harness that is under way and has nothing to do with a subject.
    """

    def __init__(
        self,
        harness: Harness,
        capabilities: frozenset[str],
        style: Style,
        plan: Plan,
        memo: dict[Any, Any],
    ) -> None:
        self.harness = harness
        self.capabilities = capabilities
        self.style = style
        self.plan = plan
        self.memo = memo
        self.clock = VirtualClock()
        self.journal: list[str] | None = [] if plan.keeps_journal else None
        self.loop = SimulatedLoop(plan.choices, self.clock, journal=self.journal)
        self.threads = self._make_threads() if style is Style.SYNC else None
        self.subject: Any = None
        self.seen = SimpleNamespace()
        self.situation = ""
        self.asking = ""
        self.witnesses: dict[str, bool] = {}
        self.places = 0
        self.place_reached = False
        self._created: list[Any] = []
        self._contexts = ExitStack()
        if self.threads is not None:
            # Steps and harness call the subject on this thread, too, and it may start threads of its own there.
            self._contexts.enter_context(self.threads.drivable())
        self._events = 0
        self._stuck_at = ""

    def _make_threads(self) -> ThreadScheduler:
        granularity = {Mode.OPCODE: "opcode", Mode.GIL: "gil"}.get(self.plan.mode, "line")
        return ThreadScheduler(
            self.plan.choices,
            self.clock,
            files=is_own_code,
            granularity=granularity,  # type: ignore[arg-type]
            journal=self.journal,
        )

    # -- what the scenario can rely on ------------------------------------------------------------------------------------

    def witness(self, situation: str, arose: bool) -> None:
        """Say that the scenario proves something only if `situation` arises, and whether it did in this run."""
        self.witnesses[situation] = self.witnesses.get(situation, False) or bool(arose)

    def beat(self) -> None:
        """Tell the guard that another call begins: its real-time budget is that of one call."""
        pulse: Callable[[], None] | None = self.memo.get("pulse")
        if pulse is not None:
            pulse()

    def enough_seen(self) -> None:
        """End a run that was made only to count the places or to calibrate."""
        raise EnoughSeen

    async def remember(self, key: str, compute: Callable[[], Awaitable[Any]]) -> Any:
        """Return what is the same in every run of this scenario with the same values, computed when it is first needed."""
        known = (key, self.plan.values) if self.plan.values else key
        if known not in self.memo:
            self.memo[known] = await compute()
        return self.memo[known]

    def during_run(self, context: AbstractContextManager[T]) -> T:
        """Enter a context that lasts until the run ends."""
        return self._contexts.enter_context(context)

    # -- the harness ------------------------------------------------------------------------------------------------------

    async def ask(self, method: str, *arguments: Any) -> Any:
        """Call a method of the harness, sync or async; whatever it raises is the harness's fault."""
        # What a method does that is handed a subject may come to a stop because of the subject.
        self.asking = "" if any(one is subject for one in arguments for subject in self._created) else method
        try:
            result = self._harness_call(method, arguments)
            answer = await result if inspect.isawaitable(result) else result
        except (HarnessError, Deadlock, Livelock, GeneratorExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise HarnessError(
                f"{type(self.harness).__name__}.{method}() raised {describe_error(error)}. "
                "Mend the harness; the subject was not judged."
            ) from error
        self.asking = ""
        return answer

    def _harness_call(self, method: str, arguments: tuple[Any, ...]) -> Any:
        function = getattr(self.harness, method)
        if self.threads is None:
            return function(*arguments)
        # Threads that the harness starts for a synchronous subject have to live in this world, too.
        result = self.threads.run(lambda: function(*arguments))[0]
        if result.error is not None:
            raise result.error
        return result.value

    async def create(self, *arguments: Any) -> Any:
        """Return another fresh subject; `arguments` are what the contract hands to `create`."""
        subject = await self.ask("create", *arguments)
        if subject is None:
            raise HarnessError(f"{type(self.harness).__name__}.create() returned None; return the subject under test.")
        self._refuse_shared(subject)
        self._created.append(subject)
        return subject

    def _refuse_shared(self, subject: Any) -> None:
        """What two calls share, they tell each other; the first subject of all runs is kept to compare with."""
        if subject is self.memo.get("first subject") or any(subject is earlier for earlier in self._created):
            raise HarnessError(
                f"{type(self.harness).__name__}.create() returned the same object twice; return a fresh subject every time."
            )
        self.memo.setdefault("first subject", subject)

    @property
    def is_stuck(self) -> bool:
        """Whether the threads of a synchronous subject have come to a stop for good: nothing more can be called."""
        return self.threads is not None and self.threads.abandoned

    def has(self, capability: str) -> bool:
        """Tell whether the harness supplies a capability."""
        return capability in self.capabilities

    # -- calling the subject ----------------------------------------------------------------------------------------------

    async def attempt(
        self, function: Callable[..., Any], *arguments: Any, limit: float, points: CancelPoints | None = None
    ) -> Attempt:
        """Call the subject and say how it ended; after `limit` virtual seconds it counts as hanging."""
        return (await self.together([(function, arguments)], limit=limit, points=points))[0]

    async def together(
        self,
        calls: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]],
        *,
        limit: float,
        points: CancelPoints | None = None,
        atomic: frozenset[int] = frozenset(),
        steps: int = MAX_CALL_STEPS,
    ) -> list[Attempt]:
        """Make several calls at the same time, each arriving when the schedule says, and say how each ended.

        `points` cancels the first one. Calls numbered in `atomic` are never interrupted by a thread switch of ours; they
        still wait for the locks they take. After `steps` steps of the loop in which no time passes they count as hanging.
        """
        if self.threads is not None:
            return self._on_threads(calls, limit, atomic)
        self.loop.max_steps = max(self.loop.max_steps, 2 * steps)
        return await self._as_tasks(calls, limit, points, steps)

    def _tick(self) -> int:
        self._events += 1
        return self._events

    # -- as tasks ---------------------------------------------------------------------------------------------------------

    async def _as_tasks(
        self,
        calls: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]],
        limit: float,
        points: CancelPoints | None,
        steps: int,
    ) -> list[Attempt]:
        self.beat()
        attempts = [Attempt(Ended.HUNG) for _ in calls]
        several = len(calls) > 1
        tasks = [
            self.loop.create_task(
                # A call that is watched for its cancel places has to begin at once: arriving is not its waiting.
                self._caller(attempt, function, arguments, several and (number > 1 or points is None)),
                name=f"caller-{number}" if several else "caller",
            )
            for number, (attempt, (function, arguments)) in enumerate(zip(attempts, calls, strict=True), 1)
        ]
        if points is not None:
            points.task = tasks[0]
            self.loop.observers.append(points)
        self.loop.varies_latencies = several
        latest = max(self.plan.moments, default=0.0) if several else 0.0
        await self._wait_for(tasks, limit + max(0.0, latest - self.clock.now), steps)
        self.loop.varies_latencies = False
        if points is not None:
            self.loop.observers.remove(points)
        await self._give_up_on([(t, a) for t, a in zip(tasks, attempts, strict=True) if not t.done()])
        for attempt in attempts:
            attempt.hold_to(limit + _MOMENT_SECONDS)
        return attempts

    async def _wait_for(self, tasks: Sequence[Any], seconds: float, steps: int) -> None:
        """Wait until all tasks have ended, at most for some virtual time and some steps of the loop."""
        expired = self.loop.create_future()
        timer = self._call_later(seconds + _MOMENT_SECONDS, expired)
        self.loop.set_alarm(steps, lambda: _expire(expired), while_still=True)
        left = len(tasks)

        def ended(_: object) -> None:
            nonlocal left
            left -= 1
            if not left:
                _expire(expired)

        for task in tasks:
            task.add_done_callback(ended)
        await expired
        self.loop.clear_alarm()
        timer.cancel()

    def _call_later(self, seconds: float, future: asyncio.Future[None]) -> asyncio.TimerHandle:
        """Schedule a wake-up of the suite's own, which is no moment at which callers should arrive."""
        self.loop.notes_deadlines = False
        timer: asyncio.TimerHandle = self.loop.call_later(seconds, _expire, future)
        self.loop.notes_deadlines = True
        return timer

    async def _give_up_on(self, hanging: list[tuple[Any, Attempt]]) -> None:
        if not hanging:
            return
        for task, attempt in hanging:
            attempt.ended_at = self.clock.now
            attempt.place = waiting_place(task.get_coro())
            attempt.returned = self._tick()
            task.cancel()
        await self._wait_for([task for task, _ in hanging], _GRACE_SECONDS, _GRACE_STEPS)
        for _, attempt in hanging:
            attempt.ended, attempt.error = Ended.HUNG, None

    async def _caller(
        self, attempt: Attempt, function: Callable[..., Any], arguments: tuple[Any, ...], may_be_late: bool
    ) -> None:
        if may_be_late:
            await self._arrive()
        attempt.began_at = self.clock.now
        attempt.called = self._tick()
        try:
            result = function(*arguments)
            attempt.value = await result if inspect.isawaitable(result) else result
            attempt.ended = Ended.RETURNED
        except asyncio.CancelledError as error:
            attempt.ended, attempt.error = Ended.CANCELLED, error
        except BaseException as error:
            attempt.ended, attempt.error = outcome_of_error(error), error
        attempt.ended_at = self.clock.now
        attempt.returned = self._tick()
        if self.loop.exits:
            attempt.ended, attempt.error = Ended.EXITED, self.loop.exits[0]

    async def _arrive(self) -> None:
        """Wait as long as the schedule wants a caller to be late: not at all, some turns of the loop, or until a moment."""
        draw = self.plan.choices.draw
        lateness = draw(4)
        if lateness == 1:
            for _ in range(1 + draw(8)):
                await asyncio.sleep(0)
        elif lateness > 1 and self.plan.moments:
            moment = self.plan.moments[draw(len(self.plan.moments))]
            if moment > self.clock.now:
                arrival = self.loop.create_future()
                self._call_later(moment - self.clock.now, arrival)
                await arrival

    # -- on threads -------------------------------------------------------------------------------------------------------

    def _on_threads(
        self,
        calls: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]],
        limit: float,
        atomic: frozenset[int],
    ) -> list[Attempt]:
        assert self.threads is not None
        self.beat()
        attempts = [Attempt(Ended.HUNG, began_at=self.clock.now, called=self._tick()) for _ in calls]
        if self.is_stuck:
            self._note_stuck(attempts, self._stuck_at)
            return attempts
        before = self.threads.switch_points
        late = [self._thread_lateness(number in atomic) if len(calls) > 1 else (0, 0.0) for number in range(len(calls))]
        try:
            self.threads.run(
                *(
                    self._thread_caller(attempt, function, arguments, delay)
                    for attempt, (function, arguments), (_, delay) in zip(attempts, calls, late, strict=True)
                ),
                names=[f"caller-{number}" for number in range(1, len(calls) + 1)],
                atomic=atomic,
                arrivals=[points for points, _ in late],
            )
        except Livelock as error:
            if len(calls) > 1:
                # Computing is no waiting: with that many places to switch at, the schedules cannot be tried.
                raise Untested(f"the calls compute too long to be interleaved: {error}") from error
            self._note_stuck(attempts, str(error))
        except Deadlock as error:
            self._note_stuck(attempts, str(error))
        if len(calls) > 1:
            # Over so many points the later runs spread their callers.
            self.memo.setdefault("switch points", max(1, self.threads.switch_points - before))
        for attempt in attempts:
            attempt.hold_to(limit + _MOMENT_SECONDS)
        return attempts

    def _note_stuck(self, attempts: list[Attempt], place: str) -> None:
        self._stuck_at = place
        for attempt in attempts:
            if attempt.ended is Ended.HUNG:
                attempt.place, attempt.ended_at = place, self.clock.now
                attempt.returned = self._tick()

    def _thread_caller(
        self, attempt: Attempt, function: Callable[..., Any], arguments: tuple[Any, ...], delay: float
    ) -> Callable[[], None]:
        def call() -> None:
            if delay:
                time.sleep(delay)
            attempt.began_at = self.clock.now
            attempt.called = self._tick()
            try:
                attempt.value = function(*arguments)
                attempt.ended = Ended.RETURNED
            except Exception as error:
                attempt.ended, attempt.error = Ended.RAISED, error
            except (SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError) as error:
                attempt.ended, attempt.error = Ended.EXITED, error
            attempt.ended_at = self.clock.now
            attempt.returned = self._tick()

        return call

    def _thread_lateness(self, looks_on: bool) -> tuple[int, float]:
        """Return after how many switch points, and how many seconds, the schedule lets a caller arrive.

        What is never interrupted looks at a moment, and any moment will do.
        """
        draw, moments = self.plan.choices.draw, self.plan.moments
        kind = draw(4)
        if kind in (1, 2) or (kind == 3 and looks_on):
            a_line = OPCODES_OF_A_LINE if self.plan.mode is Mode.OPCODE else 1
            return draw(a_line * self.memo.get("switch points", 1)), 0.0
        if kind == 3 and moments:
            return 0, max(0.0, moments[draw(len(moments))] - self.clock.now)
        return 0, 0.0

    # -- time -------------------------------------------------------------------------------------------------------------

    async def settle(self, seconds: float = SETTLE_SECONDS, *, steps: int = SETTLE_STEPS) -> None:
        """Let everything run that the subject has under way, for at most `seconds` of virtual time."""
        await self.loop.settle(self.clock.now + seconds, max_steps=steps)
        if self.threads is not None and self.threads.left_running and not self.is_stuck:
            self.threads.run(lambda: time.sleep(seconds))

    async def pass_time(self, seconds: float) -> None:
        """Let `seconds` pass, with whatever the subject does meanwhile, a poller's work included."""
        moment = self.clock.now + seconds
        await self.settle(seconds, steps=SETTLE_STEPS + int(seconds * STEPS_OF_A_SECOND))
        self.clock.advance_to(moment)

    # -- the end ----------------------------------------------------------------------------------------------------------

    async def dispose(self) -> None:
        """Hand every subject of this run back to the harness, if it wants them and anything can still be called."""
        created, self._created = self._created, []
        if self.has("dispose") and not self.is_stuck:
            for subject in created:
                await self.ask("dispose", subject)

    def close(self) -> None:
        """Tear the world down: subjects, tasks, threads."""
        try:
            if self._created and self.has("dispose"):
                self.loop.complete(self.dispose(), name="dispose")
        finally:
            self._contexts.close()
            self.loop.dismantle()
            if self.threads is not None:
                self.threads.close()


def _expire(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
