"""Eight small programs with a race, each with its correct version and the promise that judges both.

They stand for what contracts are written for: a ring buffer, a cache, a registry, a single flight, a circuit breaker, a
reload. `Case.run(plan)` makes one run of the search; the correct version has to stay quiet in all of them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pytest_policy_contracts.simulation.errors import Deadlock, Livelock
from pytest_policy_contracts.simulation.exploration import Plan, Trace
from pytest_policy_contracts.simulation.loop import SimulatedLoop
from pytest_policy_contracts.simulation.schedules import Mode

LATENCY_SECONDS = 0.001
LATENCY_CLASSES = 4


class Env:
    """The outside world of a program: round trips take a turn of the loop, or some milliseconds in stock order."""

    def __init__(self, plan: Plan, loop: SimulatedLoop) -> None:
        self._plan = plan
        self._loop = loop

    def time(self) -> float:
        return self._loop.time()

    async def io(self) -> None:
        """Make one round trip."""
        latency = self._plan.choices.draw(LATENCY_CLASSES) if self._plan.mode is Mode.STOCK else 0
        await asyncio.sleep(latency * LATENCY_SECONDS)

    async def arrive(self, hops: int) -> None:
        """Come as late as the schedule wants, and after so many round trips."""
        plan = self._plan
        if plan.moments and plan.choices.draw(2):
            moment = plan.moments[plan.choices.draw(len(plan.moments))]
            await asyncio.sleep(max(0.0, moment - self.time()))
        elif plan.mode is Mode.STOCK:
            await self.io()
        for _ in range(hops):
            await self.io()


async def together(*calls: Awaitable[object]) -> None:
    """Let the calls run at the same time, and raise the first error."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    await asyncio.gather(*tasks)


# -- 1: an index that goes stale while the old record is archived ---------------------------------


class Ring:
    def __init__(self, env: Env) -> None:
        self.env = env
        self.slots: list[str | None] = [None] * 4
        self.head = 0
        self.archived: list[str] = []

    async def append(self, record: str) -> None:
        at = self.head
        self.head = (at + 1) % len(self.slots)
        old, self.slots[at] = self.slots[at], record
        if old is not None:
            await self.env.io()
            self.archived.append(old)


class StaleIndexRing(Ring):
    async def append(self, record: str) -> None:
        at = self.head
        old = self.slots[at]
        if old is not None:
            await self.env.io()
            self.archived.append(old)
        self.slots[at] = record
        self.head = (at + 1) % len(self.slots)


async def no_record_is_lost(env: Env, make: Callable[[Env], Any]) -> None:
    ring = make(env)

    async def caller(name: str, hops: int) -> None:
        await env.arrive(hops)
        await ring.append(f"{name}1")
        await env.io()
        await ring.append(f"{name}2")

    await together(caller("a", 0), caller("b", 2), caller("c", 5))
    kept = Counter(ring.archived) + Counter(filter(None, ring.slots))
    wanted = Counter(f"{name}{number}" for name in "abc" for number in "12")
    assert kept == wanted, f"lost {sorted(wanted - kept)}, doubled {sorted(kept - wanted)}"


# -- 2: a flight that is closed before its value is published -------------------------------------


class Cache:
    closes_early = False

    def __init__(self, env: Env) -> None:
        self.env = env
        self.loads = 0
        self.value: int | None = None
        self.expires = -1.0
        self.flight: asyncio.Task[int] | None = None

    async def get(self) -> int | None:
        if self.env.time() < self.expires:
            return self.value
        if self.flight is None:
            self.flight = asyncio.create_task(self._load())
        return await asyncio.shield(self.flight)

    async def _load(self) -> int:
        self.loads += 1
        await self.env.io()
        await self.env.io()
        if self.closes_early:
            self.flight = None
            await self.env.io()
        self.value, self.expires = self.loads, self.env.time() + 60
        self.flight = None
        return self.loads


class EarlyCache(Cache):
    closes_early = True


async def one_load_is_enough(env: Env, make: Callable[[Env], Any]) -> None:
    cache = make(env)

    async def caller(hops: int) -> None:
        await env.arrive(hops)
        await cache.get()

    await together(*(caller(hops) for hops in (0, 1, 6)))
    assert cache.loads == 1, f"{cache.loads} loads within one time to live"


# -- 3: one lock for all peers, held while one of them is connected --------------------------------


class Registry:
    def __init__(self, env: Env) -> None:
        self.env = env
        self.known: set[str] = set()
        self.locks: dict[str, asyncio.Lock] = {}

    def lock_of(self, peer: str) -> asyncio.Lock:
        return self.locks.setdefault(peer, asyncio.Lock())

    async def check(self, peer: str) -> None:
        async with self.lock_of(peer):
            if peer not in self.known:
                await self._connect(peer)
                self.known.add(peer)
        await self.env.io()

    async def _connect(self, peer: str) -> None:
        if peer == "dead":
            await asyncio.sleep(30)
        await self.env.io()


class OneLockRegistry(Registry):
    def lock_of(self, peer: str) -> asyncio.Lock:
        return self.locks.setdefault("all", asyncio.Lock())


async def healthy_peers_do_not_wait(env: Env, make: Callable[[Env], Any]) -> None:
    registry = make(env)
    took: dict[str, float] = {}

    async def probe(peer: str, hops: int) -> None:
        await env.arrive(hops)
        began = env.time()
        await registry.check(peer)
        took[peer] = env.time() - began

    await together(probe("a", 0), probe("b", 0), probe("dead", 4))
    slow = sorted(peer for peer, seconds in took.items() if peer != "dead" and seconds > 1)
    assert not slow, f"healthy peers waited for a dead one: {slow}"


# -- 4: a cancelled flight that the next caller still finds ----------------------------------------


class Flights:
    removes_at_once = True

    def __init__(self, env: Env) -> None:
        self.env = env
        self.flight: asyncio.Task[int] | None = None
        self.waiting: Counter[asyncio.Task[int]] = Counter()

    async def fetch(self) -> int:
        flight = self.flight
        if flight is None:
            flight = self.flight = asyncio.create_task(self._work())
            flight.add_done_callback(self._landed)
        self.waiting[flight] += 1
        try:
            return await asyncio.shield(flight)
        except asyncio.CancelledError:
            if self.waiting[flight] == 1:
                if self.removes_at_once:
                    self._landed(flight)
                flight.cancel()
            raise
        finally:
            self.waiting[flight] -= 1

    def _landed(self, flight: asyncio.Task[int]) -> None:
        if self.flight is flight:
            self.flight = None

    async def _work(self) -> int:
        await self.env.io()
        await self.env.io()
        return 42


class SlowToForgetFlights(Flights):
    removes_at_once = False


async def others_are_not_cancelled(env: Env, make: Callable[[Env], Any]) -> None:
    flights = make(env)
    first = asyncio.create_task(flights.fetch())

    async def give_up() -> None:
        await env.arrive(1)
        first.cancel()

    async def other() -> int:
        await env.arrive(5)
        value: int = await flights.fetch()
        return value

    second = asyncio.create_task(other())
    canceller = asyncio.create_task(give_up())
    await asyncio.wait({first, second, canceller})
    assert not second.cancelled(), "the other caller was cancelled"
    assert second.result() == 42


# -- 5 and 7: a circuit breaker --------------------------------------------------------------------


class Open(Exception):
    """The circuit is open."""


class Breaker:
    publishes_first = False
    knows_generations = True
    backoff = 120.0

    def __init__(self, env: Env, backend: Callable[[], Awaitable[str]]) -> None:
        self.env = env
        self.backend = backend
        self.state = "closed"
        self.failures = 0
        self.until = 0.0
        self.probing = False

    async def call(self) -> str:
        await self._admit()
        admitted_as = self.state
        try:
            answer = await self.backend()
        except ConnectionError:
            self._failed(admitted_as)
            raise
        if not self.knows_generations or admitted_as == self.state:
            self.state, self.failures, self.probing = "closed", 0, False
        return answer

    async def _admit(self) -> None:
        if self.state == "open":
            if self.env.time() < self.until:
                raise Open
            if self.publishes_first:
                await self.env.io()
                self.probing = False
            self.state = "half-open"
        if self.state == "half-open":
            if self.probing:
                raise Open
            self.probing = True

    def _failed(self, admitted_as: str) -> None:
        self.failures += 1
        if admitted_as == "half-open" or (self.state == "closed" and self.failures >= 3):
            self.state, self.until, self.probing = "open", self.env.time() + self.backoff, False


class StormBreaker(Breaker):
    publishes_first = True


class ForgetfulBreaker(Breaker):
    knows_generations = False


async def one_probe_at_a_time(env: Env, make: Callable[..., Any]) -> None:
    inside = most = 0

    async def backend() -> str:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        try:
            await env.io()
            await env.io()
            raise ConnectionError
        finally:
            inside -= 1

    breaker = make(env, backend)
    for _ in range(3):
        with suppress(ConnectionError):
            await breaker.call()
    await asyncio.sleep(breaker.backoff + 1)
    most = 0

    async def caller(hops: int) -> None:
        await env.arrive(hops)
        with suppress(Open, ConnectionError):
            await breaker.call()

    await together(*(caller(hops) for hops in (0, 4, 8)))
    assert most <= 1, f"{most} probes at the same time"


async def stays_open(env: Env, make: Callable[..., Any]) -> None:
    calls = 0

    async def backend() -> str:
        nonlocal calls
        calls += 1
        if calls == 1:
            await env.arrive(3)
            return "late"
        await env.io()
        raise ConnectionError

    breaker = make(env, backend)
    opened = False

    async def caller(hops: int) -> None:
        nonlocal opened
        await env.arrive(hops)
        with suppress(Open, ConnectionError):
            await breaker.call()
        opened = opened or breaker.state == "open"

    await together(*(caller(hops) for hops in (0, 1, 1, 1)))
    if opened and env.time() < breaker.until:
        assert breaker.state == "open", "a late success closed the circuit before its time"


# -- 6: a cancellation that is swallowed with that of a child --------------------------------------


class Reload:
    swallows = False

    def __init__(self, env: Env) -> None:
        self.env = env
        self.applied: list[str] = []

    async def _watch(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await self.env.io()

    async def reload(self) -> None:
        for change in ("one", "two", "three"):
            watcher = asyncio.create_task(self._watch())
            try:
                await self.env.io()
                self.applied.append(change)
            finally:
                watcher.cancel()
                await self._end_of(watcher)

    async def _end_of(self, watcher: asyncio.Task[None]) -> None:
        if self.swallows:
            with suppress(asyncio.CancelledError):
                await watcher
        else:
            await asyncio.wait({watcher})


class SwallowingReload(Reload):
    swallows = True


async def cancellation_is_heard(env: Env, make: Callable[[Env], Any]) -> None:
    task = asyncio.create_task(make(env).reload())
    await env.arrive(2)
    if task.cancel():
        await asyncio.wait({task}, timeout=10)
        assert task.done(), "the reload ignored its cancellation"
        assert task.cancelled(), "the cancellation was swallowed"


# -- 8: a value that was read before a reload and published after it -------------------------------


class Published:
    checks_generation = True

    def __init__(self, env: Env) -> None:
        self.env = env
        self.store = "old"
        self.cached: str | None = None
        self.generation = 0

    async def get(self) -> str:
        while self.cached is None:
            generation, value = self.generation, self.store
            await self.env.io()
            if not self.checks_generation or generation == self.generation:
                self.cached = value
        return self.cached

    async def reload(self) -> None:
        for _ in range(10):
            await self.env.io()
        self.store = "new"
        self.generation += 1
        await self.env.io()
        self.generation += 1
        self.cached = None
        await self.env.io()


class StalePublished(Published):
    checks_generation = False


async def nothing_stale_is_served(env: Env, make: Callable[[Env], Any]) -> None:
    published = make(env)
    await together(published.get(), published.reload())
    assert await published.get() == "new", "a stale value was served after the reload"


# -- the cases -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One promise with a program that breaks it and one that keeps it."""

    name: str
    promise: Callable[[Env, Callable[..., Any]], Awaitable[None]]
    racy: Callable[..., Any]
    correct: Callable[..., Any]
    is_shown_by_arrivals: bool = True

    def run(self, plan: Plan) -> Trace:
        """Make one run of the racy program."""
        return run(self.promise, self.racy, plan)

    def run_correct(self, plan: Plan) -> Trace:
        """Make one run of the correct program."""
        return run(self.promise, self.correct, plan)


def run(promise: Callable[..., Any], make: Callable[..., Any], plan: Plan) -> Trace:
    """Judge one run of a program: what it breaks is the failure, and what ends it too."""
    loop = SimulatedLoop(plan.choices, journal=[] if plan.keeps_journal else None)
    failure: Exception | None = None
    try:
        loop.complete(promise(Env(plan, loop), make))
    except (AssertionError, Deadlock, Livelock) as error:
        failure = error
    loop.dismantle()
    return Trace(
        failure=failure,
        failure_key=type(failure).__name__ if failure else "",
        deadlines=frozenset(loop.deadlines),
        journal=loop.journal or [],
    )


CASES = (
    Case("ring", no_record_is_lost, StaleIndexRing, Ring),
    Case("cache", one_load_is_enough, EarlyCache, Cache),
    Case("registry", healthy_peers_do_not_wait, OneLockRegistry, Registry),
    Case("flights", others_are_not_cancelled, SlowToForgetFlights, Flights),
    Case("storm", one_probe_at_a_time, StormBreaker, Breaker),
    Case("reload", cancellation_is_heard, SwallowingReload, Reload),
    Case("late", stays_open, ForgetfulBreaker, Breaker),
    Case("stale", nothing_stale_is_served, StalePublished, Published, is_shown_by_arrivals=False),
)
