"""Which tenant a guard sees in the running context: of tasks, callbacks, generators, executor calls and threads.

A tenant is *seen* where an access to what is its own is allowed and one to what is another's is denied.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.steps.guarding import LIMIT_SECONDS, Access, HandedIn
from pytest_policy_contracts.steps.harness_doubts import refuse_forgotten
from pytest_policy_contracts.verification.attempts import Attempt, Ended, outcome_of_error
from pytest_policy_contracts.verification.violations import ContractViolation, NotApplicable, Precondition, left_to
from pytest_policy_contracts.verification.world import World

A, B = "acme-7", "globex-4"
NONE = "no tenant"
_DENIALS = (Exception, SystemExit)
"""What nobody gets past; whether it is a proper denial is a matter of the clauses about decisions."""

DECIDES_ALIKE = "TNT-016"
SEES_ITS_OWN = "TNT-017"
UNBOUND_IS_DENIED = "TNT-018"
Look = tuple[str, str, str]
"""Where somebody looked, what has to be seen there (``a or no tenant`` where both will do), and what was seen."""


# -- looking --------------------------------------------------------------------------------------------------------------


async def seen(world: World) -> str:
    """Return which tenant is seen in the running context."""
    return _told([target for target in (A, B) if await _allows(world, target)])


async def _allows(world: World, target: str) -> bool:
    try:
        answer = world.harness.access(world.subject, target)  # type: ignore[attr-defined]
        if inspect.isawaitable(answer):
            await answer
    except _DENIALS:
        return False
    return True


def seen_on_thread(world: World) -> str:
    """Return which tenant is seen on the calling thread."""
    allowed = []
    for target in (A, B):
        try:
            world.harness.access(world.subject, target)  # type: ignore[attr-defined]
        except _DENIALS:
            continue
        allowed.append(target)
    return _told(allowed)


def _told(allowed: list[str]) -> str:
    return " and ".join(allowed) or NONE


def look(world: World, where: str, expected: str, found: str) -> None:
    """Note what was seen somewhere."""
    world.seen.looks = [*getattr(world.seen, "looks", []), (where, expected, found)]
    world.witness("somebody looked inside a binding and outside", len(world.seen.looks) > 1)


def claim_seen(world: World) -> None:
    """Claim that everybody saw what they had to see."""
    if any(found not in expected.split(" or ") for _, expected, found in world.seen.looks):
        refuse_forgotten(world, "access")
    for where, expected, found in world.seen.looks:
        if expected == NONE and found == _told([A, B]):
            raise Precondition(UNBOUND_IS_DENIED, expected=f"{where}: {expected}", observed="every access is allowed")
        if found not in expected.split(" or "):
            with left_to(*world.seen.left_to):
                raise ContractViolation(expected=f"{where}: {expected}", observed=f"{where}: {found}")


# -- binding --------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def bound(world: World, tenant: str) -> AsyncIterator[None]:
    """Bind a tenant with the harness's context manager, of either kind, in the running context."""
    made = world.harness.bind_tenant(world.subject, tenant)  # type: ignore[attr-defined]
    manager = await made if isinstance(made, Awaitable) else made
    if hasattr(manager, "__aenter__"):
        async with manager:
            yield
    elif hasattr(manager, "__enter__"):
        with manager:
            yield
    else:
        raise HarnessError(
            f"{type(world.harness).__name__}.bind_tenant() answered a {type(manager).__name__}; answer a context manager, such "
            "as a generator function with @contextmanager makes."
        )


@contextmanager
def bound_on_thread(world: World, tenant: str) -> Iterator[None]:
    """Bind a tenant on the calling thread."""
    manager = world.harness.bind_tenant(world.subject, tenant)  # type: ignore[attr-defined]
    if not hasattr(manager, "__enter__"):
        raise NotApplicable("bind_tenant() answers an asynchronous context manager, which a thread cannot enter")
    with manager:
        yield


# -- one after the other --------------------------------------------------------------------------------------------------


async def bind_once(world: World) -> None:
    """Look inside a binding and after it."""
    look(world, "before", NONE, await seen(world))
    async with bound(world, A):
        look(world, "inside", A, await seen(world))
        await asyncio.sleep(1)
        look(world, "inside, after waiting", A, await seen(world))
    look(world, "afterwards", NONE, await seen(world))


async def bind_nested(world: World) -> None:
    """Look inside two bindings that stand in each other."""
    async with bound(world, A):
        look(world, "in the outer binding", A, await seen(world))
        async with bound(world, B):
            look(world, "in the inner binding", B, await seen(world))
            async with bound(world, B):
                look(world, "in the innermost binding", B, await seen(world))
            look(world, "after the innermost binding", B, await seen(world))
        look(world, "after the inner binding", A, await seen(world))
    look(world, "afterwards", NONE, await seen(world))


class _OwnError(Exception):
    """Raised by the work inside a binding."""


async def bind_and_raise(world: World) -> None:
    """Look after the work inside a binding has raised."""
    for what, error in (("an error", _OwnError()), ("a cancellation", asyncio.CancelledError())):
        try:
            async with bound(world, A):
                look(world, "inside", A, await seen(world))
                raise error
        except (_OwnError, asyncio.CancelledError):
            pass
        look(world, f"after {what}", NONE, await seen(world))


# -- tasks ----------------------------------------------------------------------------------------------------------------

_STEPS = ("enters", "looks", "leaves", "looks again")


async def take_turns(world: World) -> None:
    """Let two tasks enter, look and leave in every order of their steps."""
    look(world, "before", NONE, await seen(world))
    orders = sorted(set(itertools.permutations((0, 0, 0, 0, 1, 1, 1, 1))))
    for order in orders:
        turns = [asyncio.Queue[asyncio.Future[None]]() for _ in (A, B)]
        tasks = [
            world.loop.create_task(_in_turn(world, tenant, own)) for tenant, own in zip((A, B), turns, strict=True)
        ]
        for number in order:
            done = world.loop.create_future()
            turns[number].put_nowait(done)
            await done
        await asyncio.gather(*tasks)


async def _in_turn(world: World, tenant: str, turns: asyncio.Queue[asyncio.Future[None]]) -> None:
    turn = await turns.get()
    async with bound(world, tenant):
        turn.set_result(None)
        turn = await turns.get()
        look(world, f"in the task bound to {tenant}", tenant, await seen(world))
        turn.set_result(None)
        turn = await turns.get()
    turn.set_result(None)
    turn = await turns.get()
    look(world, f"in the task that was bound to {tenant}", NONE, await seen(world))
    turn.set_result(None)


async def start_tasks_around(world: World) -> None:
    """Let tasks and callbacks that were started before, inside and after a binding look while it lasts and afterwards."""
    middle, end = asyncio.Event(), asyncio.Event()
    look(world, "before", NONE, await seen(world))

    async def looker(who: str, expected: str) -> None:
        await middle.wait()
        look(world, f"a task started {who}, while the binding lasts", expected, await seen(world))
        await end.wait()
        look(world, f"a task started {who}, after the binding", expected, await seen(world))

    tasks = [world.loop.create_task(looker("before", NONE))]
    callbacks = [_callback(world, "before", NONE)]
    async with bound(world, A):
        tasks.append(world.loop.create_task(looker("inside", A)))
        callbacks.append(_callback(world, "inside", A))
        middle.set()
        await asyncio.sleep(2)
        look(world, "inside, with tasks beside", A, await seen(world))
    tasks.append(world.loop.create_task(looker("afterwards", NONE)))
    end.set()
    await asyncio.gather(*tasks, *callbacks)
    look(world, "afterwards", NONE, await seen(world))


def _callback(world: World, who: str, expected: str) -> asyncio.Future[None]:
    """Look from a plain callback: scheduled now, called while the binding lasts."""
    done: asyncio.Future[None] = world.loop.create_future()

    def called() -> None:
        task = world.loop.create_task(_look_from(world, f"a callback scheduled {who}", expected))
        task.add_done_callback(lambda _: done.set_result(None))

    world.loop.call_later(1, called)
    return done


async def _look_from(world: World, where: str, expected: str) -> None:
    look(world, where, expected, await seen(world))


async def read_generators(world: World) -> None:
    """Read two async generators in turn, each from a task with a binding of its own."""
    look(world, "before", NONE, await seen(world))
    generators = [_looking(world), _looking(world)]

    async def reader(tenant: str, generator: AsyncIterator[str]) -> None:
        async with bound(world, tenant):
            async for found in generator:
                look(world, f"in a generator read by the task bound to {tenant}", tenant, found)
        look(world, f"after the generator of {tenant}", NONE, await seen(world))

    await asyncio.gather(*(reader(*pair) for pair in zip((A, B), generators, strict=True)))


async def _looking(world: World) -> AsyncIterator[str]:
    for _ in range(3):
        yield await seen(world)
        await asyncio.sleep(1)


# -- threads --------------------------------------------------------------------------------------------------------------


async def call_executors_around(world: World) -> None:
    """Look from to_thread and executor calls that are made before, inside and after a binding."""
    await _require_plain_access(world)
    pool = ThreadPoolExecutor(1)
    here = world.loop
    own_or_none = f"{A} or {NONE}"
    look(world, "an executor call before", NONE, await here.run_in_executor(pool, seen_on_thread, world))
    async with bound(world, A):
        look(world, "to_thread inside", A, await asyncio.to_thread(seen_on_thread, world))
        found = await here.run_in_executor(pool, seen_on_thread, world)
        look(world, "an executor call inside", own_or_none, found)
    look(world, "to_thread afterwards", NONE, await asyncio.to_thread(seen_on_thread, world))
    look(world, "an executor call afterwards", NONE, await here.run_in_executor(pool, seen_on_thread, world))
    async with bound(world, B):
        found = await here.run_in_executor(pool, seen_on_thread, world)
        look(world, "an executor call inside another binding", f"{B} or {NONE}", found)
    pool.shutdown(wait=False)


async def _require_plain_access(world: World) -> None:
    answer: Any = None
    try:
        answer = world.harness.access(world.subject, A)  # type: ignore[attr-defined]
    except _DENIALS:
        return
    if inspect.isawaitable(answer):
        with suppress(*_DENIALS):
            await answer
        raise NotApplicable("an access that is awaited is not made from a thread")


async def start_threads_around(world: World) -> None:
    """Look from threads and a pool's worker that were started before, inside and after a binding."""
    await _require_plain_access(world)
    await _on_one_thread(world, lambda: _threads_around(world))


def _threads_around(world: World) -> None:
    middle = threading.Event()
    before = _thread(world, "a thread started before", NONE, middle)
    with ThreadPoolExecutor(1) as pool:
        look(world, "a pool's worker before", NONE, pool.submit(seen_on_thread, world).result())
        with bound_on_thread(world, A):
            look(world, "inside", A, seen_on_thread(world))
            inside = _thread(world, "a thread started inside", f"{A} or {NONE}", middle)
            found = pool.submit(seen_on_thread, world).result()
            look(world, "a pool's worker inside", f"{A} or {NONE}", found)
            middle.set()
            before.join()
        look(world, "a pool's worker afterwards", NONE, pool.submit(seen_on_thread, world).result())
        after = _thread(world, "a thread started afterwards", NONE, middle)
        look(world, "afterwards", NONE, seen_on_thread(world))
    inside.join()
    after.join()


def _thread(world: World, where: str, expected: str, moment: threading.Event) -> threading.Thread:
    def run() -> None:
        moment.wait()
        look(world, where, expected, seen_on_thread(world))

    thread = threading.Thread(target=run)
    thread.start()
    return thread


async def _on_one_thread(world: World, function: Callable[[], None]) -> None:
    attempt = await world.attempt(function, limit=LIMIT_SECONDS)
    if isinstance(attempt.error, NotApplicable):
        raise attempt.error
    if not attempt.accepted:
        raise ContractViolation(expected="a binding can be entered and left on a thread", observed=str(attempt))


async def bind_on_two_threads(world: World) -> None:
    """Let two threads bind a tenant each at the same time, and look between any two steps.

    Their accesses meet as well, and a guard that mixes those up does not mix up its bindings.
    """
    world.seen.left_to = (DECIDES_ALIKE,)
    await _require_plain_access(world)

    def caller(tenant: str) -> None:
        look(world, f"on the thread of {tenant}, before", NONE, seen_on_thread(world))
        with bound_on_thread(world, tenant):
            look(world, f"on the thread bound to {tenant}", tenant, seen_on_thread(world))
        look(world, f"on the thread of {tenant}, afterwards", NONE, seen_on_thread(world))

    for attempt in await world.together([(caller, (A,)), (caller, (B,))], limit=LIMIT_SECONDS):
        if isinstance(attempt.error, NotApplicable):
            raise attempt.error
        if not attempt.accepted:
            raise ContractViolation(expected="both threads enter and leave their binding", observed=str(attempt))


# -- nothing bound --------------------------------------------------------------------------------------------------------


async def access_unbound(world: World) -> None:
    """Make an access in the running context, for the claims about denials."""
    attempt = Attempt(Ended.RETURNED)
    try:
        answer = world.harness.access(world.subject, A)  # type: ignore[attr-defined]
        if inspect.isawaitable(answer):
            await answer
    except _DENIALS as error:
        attempt = Attempt(outcome_of_error(error), error=error)
    access = Access(tenant_id=None, target_id=A)
    world.seen.handed_in.append(HandedIn(access, None, attempt))
    world.witness("an access was made with nothing bound", True)


async def access_after_binding(world: World) -> None:
    """Make an access after a binding has ended, by its end and by an error."""
    world.seen.left_to = (SEES_ITS_OWN,)
    async with bound(world, A):
        pass
    await access_unbound(world)
    try:
        async with bound(world, A):
            raise _OwnError
    except _OwnError:
        await access_unbound(world)


async def access_beside_binding(world: World) -> None:
    """Make an access with nothing bound while another task has a tenant bound."""
    world.seen.left_to = (SEES_ITS_OWN,)
    inside, done = asyncio.Event(), asyncio.Event()

    async def other() -> None:
        async with bound(world, A):
            inside.set()
            await done.wait()

    task = world.loop.create_task(other())
    await inside.wait()
    await access_unbound(world)
    done.set()
    await task
