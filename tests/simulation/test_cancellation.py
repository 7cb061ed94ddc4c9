"""Cancel places: every moment in which a call waits is one, and only what the program does wrong shows there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from pytest_policy_contracts.simulation.cancellation import CancelPoints, FaultPoints
from pytest_policy_contracts.simulation.loop import SimulatedLoop
from tests.simulation.programs import result

Call = Callable[[], Coroutine[Any, Any, Any]]


def cancelled_at(call: Call, at: int) -> tuple[CancelPoints, asyncio.Task[Any], SimulatedLoop]:
    """Run a call with a cancellation at place `at`."""
    loop = SimulatedLoop()
    points = CancelPoints(at)
    loop.observers.append(points)

    async def main() -> asyncio.Task[Any]:
        points.task = asyncio.create_task(call(), name="call")
        await asyncio.wait([points.task])
        return points.task

    task = loop.complete(main())
    assert loop.dismantle() == []
    return points, task, loop


def swept(call: Call) -> list[tuple[str, str]]:
    """Cancel a call at each of its places; return each with how the call ended."""
    points, task, _ = cancelled_at(call, 0)
    assert points.hit is None
    assert not task.cancelled()
    found = []
    for at in range(1, points.seen + 1):
        points, task, _ = cancelled_at(call, at)
        found.append((points.hit or "nowhere", how(task)))
    return found


def how(task: asyncio.Task[Any]) -> str:
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    return type(error).__name__ if error else f"returned {task.result()!r}"


async def inner() -> None:
    await asyncio.sleep(1)
    await asyncio.sleep(0)


async def nested() -> str:
    await inner()
    await asyncio.sleep(2)
    return "done"


def test_every_wait_of_nested_coroutines_is_a_place() -> None:
    """Each `await` that really waits is a place, named by its innermost line, and ends the call as cancelled."""
    places, endings = zip(*swept(nested), strict=True)

    assert [place.partition("in ")[2] for place in places] == [
        "inner, `await asyncio.sleep(1)`",
        "inner, `await asyncio.sleep(0)`",
        "nested, `await asyncio.sleep(2)`",
    ]
    assert all(place.startswith("tests/simulation/test_cancellation.py:") for place in places)
    assert set(endings) == {"cancelled"}


def test_waits_of_children_are_places() -> None:
    """Where the call waits for its child tasks, every wait of theirs is a place, too."""

    async def child() -> None:
        await asyncio.sleep(1)
        await asyncio.sleep(1)

    async def call() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(child())

    found = swept(call)

    assert [ending for _, ending in found] == ["cancelled"] * 3
    assert "while task-2 waits at" in found[1][0]
    assert found[1][0].endswith("in child, `await asyncio.sleep(1)`")


def test_waits_inside_generators_are_places() -> None:
    """The waits of an async generator are those of the call that iterates over it."""

    async def numbers() -> AsyncIterator[int]:
        for number in range(2):
            await asyncio.sleep(1)
            yield number

    async def call() -> list[int]:
        return [number async for number in numbers()]

    assert [ending for _, ending in swept(call)] == ["cancelled"] * 2


def test_waits_of_a_clean_up_are_places() -> None:
    """A cancellation can arrive while the call cleans up after an error."""
    cleaned: list[str] = []

    async def call() -> None:
        try:
            await asyncio.sleep(1)
            raise LookupError
        finally:
            await asyncio.sleep(1)
            cleaned.append("cleaned")

    points, task, _ = cancelled_at(call, 0)
    assert (points.seen, how(task)) == (2, "LookupError")
    cleaned.clear()
    assert how(cancelled_at(call, 1)[1]) == "cancelled"
    assert cleaned == ["cleaned"]
    assert how(cancelled_at(call, 2)[1]) == "cancelled"
    assert cleaned == ["cleaned"]


def test_shielded_work_goes_on() -> None:
    """A call that waits for shielded work is cancelled, and the work ends."""
    ended: list[str] = []

    async def work() -> None:
        await asyncio.sleep(5)
        ended.append("ended")

    async def call() -> None:
        task = asyncio.ensure_future(work())
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await task
            raise

    for at in (1, 2):
        ended.clear()
        assert how(cancelled_at(call, at)[1]) == "cancelled"
        assert ended == ["ended"]


def test_swallowing_shows() -> None:
    """A call that swallows its cancellation is caught at exactly the place where it does."""

    async def call() -> str:
        await asyncio.sleep(1)
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1)
        return "success"

    assert [ending for _, ending in swept(call)] == ["cancelled", "returned 'success'"]


def test_a_place_that_is_not_reached() -> None:
    """A place beyond the last one is not reached, and nothing is cancelled."""
    points, task, _ = cancelled_at(nested, 99)
    assert (points.hit, points.seen, how(task)) == (None, 3, "returned 'done'")


def test_a_call_that_never_waits_has_no_place() -> None:
    """A coroutine without a wait cannot be cancelled while it waits."""

    async def call() -> int:
        return 1

    assert swept(call) == []


def test_places_repeat() -> None:
    """The places of a program are the same in every run."""
    assert swept(nested) == swept(nested)


# -- what CPython itself gets wrong ----------------------------------------------------------------


async def waits_with_a_limit() -> None:
    """`wait_for` around something that is there already, that comes at once, and that takes its time."""
    lock, queue = asyncio.Lock(), asyncio.Queue[int]()
    await asyncio.wait_for(lock.acquire(), 5)
    queue.put_nowait(1)
    await asyncio.wait_for(queue.get(), 5)
    await asyncio.wait_for(asyncio.sleep(0), 5)
    await asyncio.wait_for(inner(), 5)
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 5)
    await asyncio.sleep(0)


async def ends_with_a_limit() -> str:
    return await asyncio.wait_for(asyncio.sleep(0, "result"), 5)


async def waits_for_nothing_with_a_limit() -> str:
    lock = asyncio.Lock()
    await asyncio.wait_for(lock.acquire(), 5)
    return "acquired"


@pytest.mark.parametrize("call", [waits_with_a_limit, ends_with_a_limit, waits_for_nothing_with_a_limit])
def test_a_call_that_uses_wait_for_is_not_blamed(call: Call) -> None:
    """`asyncio.wait_for` drops cancellations up to 3.11 (GH-86296); the call is cancelled again, or not at all."""
    points, _, _ = cancelled_at(call, 0)
    for at in range(1, points.seen + 1):
        points, task, _ = cancelled_at(call, at)
        assert task.cancelled() or points.hit is None, (at, points.hit, how(task))


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="mended in 3.12")
def test_wait_for_really_drops_cancellations() -> None:
    """Without our help the stock `wait_for` of 3.11 returns although it was cancelled."""

    async def main() -> str:
        task = asyncio.create_task(waits_for_nothing_with_a_limit())
        asyncio.get_running_loop().call_soon(task.cancel)
        await asyncio.wait([task])
        return how(task)

    assert asyncio.run(main()) == result(main) == "returned 'acquired'"


def test_swallowing_around_wait_for_still_shows() -> None:
    """A program that swallows the cancellation itself gets no excuse from `wait_for`."""

    async def call() -> str:
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(inner(), 5)
        return "success"

    assert "returned 'success'" in {ending for _, ending in swept(call)}


def test_a_notified_call_is_not_cancelled_while_it_takes_its_lock() -> None:
    """Up to 3.12 a condition loses its notification there (GH-112202): no other waiter may starve for it."""
    waiting_for_ever: list[bool] = []

    async def call() -> None:
        condition, box = asyncio.Condition(), []

        async def take() -> None:
            async with condition:
                await condition.wait_for(lambda: box)
                box.pop()

        async def give() -> None:
            async with condition:
                box.append(1)
                condition.notify()
                await asyncio.sleep(1)

        other = asyncio.create_task(take())
        giver = asyncio.create_task(give())
        try:
            await take()
        except asyncio.CancelledError:
            await asyncio.wait([other], timeout=60)
            waiting_for_ever.append(not other.done() and bool(box))
            raise
        finally:
            other.cancel()
            giver.cancel()

    async def first() -> None:
        task = asyncio.ensure_future(asyncio.sleep(0))
        await call()
        await task

    points, _, _ = cancelled_at(first, 0)
    for at in range(1, points.seen + 1):
        cancelled_at(first, at)
    assert waiting_for_ever
    assert not any(waiting_for_ever)


# -- faults ----------------------------------------------------------------------------------------


def test_a_fault_is_raised_at_each_wait() -> None:
    """The error comes out of the wanted `await`, and the call goes on from there as it likes."""

    async def call() -> str:
        await asyncio.sleep(1)
        try:
            await asyncio.sleep(1)
        except ConnectionError:
            await asyncio.sleep(1)
            return "recovered"
        return "undisturbed"

    def run(at: int) -> tuple[object, FaultPoints]:
        points = FaultPoints(at, ConnectionError("cut off"))
        try:
            return result(lambda: points.run(call())), points
        except ConnectionError as error:
            return error, points

    assert run(0)[0] == "undisturbed"
    ended, points = run(1)
    assert isinstance(ended, ConnectionError)
    assert "in call, `await asyncio.sleep(1)`" in str(points.hit)
    assert run(2)[0] == "recovered"
    assert run(9)[1].hit is None


def test_a_fault_leaves_the_future_to_others() -> None:
    """A future from whose wait an error was raised can still be awaited by somebody else."""

    async def main() -> str:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        points = FaultPoints(1, ConnectionError())

        async def call() -> str:
            try:
                return await future
            except ConnectionError:
                asyncio.get_running_loop().call_soon(future.set_result, "later")
                return await future

        return await points.run(call())

    assert result(main) == "later"


def test_a_cancellation_passes_through() -> None:
    """A call under fault injection is cancelled like any other one."""

    async def main() -> bool:
        points = FaultPoints(9, ConnectionError())
        task = asyncio.create_task(points.run(nested()))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert result(main) is True
