"""Delivery by a task."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import pytest

from reference_impl.events import Counts, TaskDelivery

from .fakes import STARTED, Listener, outbox_of, started

AT_ONCE = timedelta(0)


def others() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]


def in_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Run a test in a loop of its own, which refuses what is not safe from threads, and see that no task is left behind."""

    async def alone() -> None:
        await test()
        assert others() == set()

    def run() -> None:
        asyncio.run(alone(), debug=True)

    run.__doc__ = test.__doc__
    return run


@in_loop
async def test_events_arrive_in_their_order() -> None:
    """What is emitted before the start, in the loop and from a thread is awaited once each, in order."""

    async def slowly(number: int) -> None:
        await asyncio.sleep(0)

    outbox, listener = outbox_of(), Listener(slowly)
    outbox.emit(STARTED, started(0))
    async with TaskDelivery(outbox, listener) as delivery:
        delivery.start()
        outbox.emit(STARTED, started(1))
        await asyncio.to_thread(outbox.emit, STARTED, started(2))
    assert listener.numbers == [0, 1, 2] and outbox.counts == Counts(delivered=3)


@in_loop
async def test_a_sleeping_task_is_woken() -> None:
    """An event that comes after everything was delivered arrives as well, whoever emits it."""
    arrived = asyncio.Event()
    outbox = outbox_of()
    delivery = TaskDelivery(outbox, lambda event: arrived.set())
    delivery.start()
    for emit in (outbox.emit, lambda *event: asyncio.to_thread(outbox.emit, *event)):
        await asyncio.sleep(0)
        arrived.clear()
        answer = emit(STARTED, started())
        if answer is not None:
            await answer
        await asyncio.wait_for(arrived.wait(), 20)
    assert await delivery.close()


@pytest.mark.parametrize("awaited", [True, False])
@pytest.mark.parametrize("error", [ConnectionError, asyncio.CancelledError, SystemExit])
def test_a_listener_that_raises_misses_one_event(error: type[BaseException], awaited: bool) -> None:
    """Whatever it raises, at once or when awaited, the next event arrives, and the one is counted as failed."""

    def fault(number: int) -> object:
        async def fail() -> None:
            raise error

        if number % 2:
            if awaited:
                return fail()
            raise error
        return None

    outbox, listener = outbox_of(), Listener(fault)

    async def deliver() -> bool:
        delivery = TaskDelivery(outbox, listener)
        delivery.start()
        for number in range(4):
            outbox.emit(STARTED, started(number))
        return await delivery.close()

    assert asyncio.run(deliver())
    assert listener.numbers == [0, 1, 2, 3] and outbox.counts == Counts(delivered=2, failed=2)


@in_loop
async def test_a_delivery_that_takes_too_long_is_cut_off() -> None:
    """A listener that does not come back within the patience has failed, and the next event arrives."""

    async def hang(number: int) -> None:
        if number == 0:
            await asyncio.Event().wait()

    outbox, listener = outbox_of(), Listener(hang)
    delivery = TaskDelivery(outbox, listener, patience=timedelta(milliseconds=1))
    delivery.start()
    outbox.emit(STARTED, started(0))
    outbox.emit(STARTED, started(1))
    assert await delivery.close()
    assert listener.numbers == [0, 1] and outbox.counts == Counts(delivered=1, failed=1)


@in_loop
async def test_closing_cancels_what_is_stuck() -> None:
    """A listener that hangs is cancelled after the patience; what still waits is left in the outbox."""
    stuck = asyncio.Event()

    async def hang(number: int) -> None:
        stuck.set()
        await asyncio.Event().wait()

    outbox, listener = outbox_of(), Listener(hang)
    delivery = TaskDelivery(outbox, listener)
    delivery.start()
    outbox.emit(STARTED, started(0))
    outbox.emit(STARTED, started(1))
    await stuck.wait()

    assert not await delivery.close(AT_ONCE)
    assert listener.numbers == [0] and len(outbox) == 1 and outbox.counts == Counts(failed=1)


@in_loop
async def test_closing_that_is_cancelled_ends_the_task_all_the_same() -> None:
    """Who gives up closing leaves no task behind."""
    stuck = asyncio.Event()

    async def hang(number: int) -> None:
        stuck.set()
        await asyncio.Event().wait()

    outbox = outbox_of()
    delivery = TaskDelivery(outbox, Listener(hang))
    delivery.start()
    outbox.emit(STARTED, started())
    await stuck.wait()
    closing = asyncio.create_task(delivery.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait(others())
    assert closing.cancelled()


@in_loop
async def test_a_listener_may_emit_and_close() -> None:
    """Who emits while listening is delivered later, and who closes there does not wait for itself."""
    outbox, listener = outbox_of(), Listener(lambda number: again(number))
    delivery = TaskDelivery(outbox, listener)

    async def again(number: int) -> None:
        if number < 3:
            outbox.emit(STARTED, started(number + 1))
        else:
            assert not await delivery.close()

    delivery.start()
    outbox.emit(STARTED, started(1))
    assert await delivery.close()
    assert listener.numbers == [1, 2, 3] and outbox.counts == Counts(delivered=3)


@in_loop
async def test_a_quick_listener_leaves_the_loop_to_others() -> None:
    """Between two events somebody else has a turn, however many wait."""
    turns: list[str] = []
    outbox = outbox_of()
    for number in range(3):
        outbox.emit(STARTED, started(number))
    delivery = TaskDelivery(outbox, lambda event: turns.append("event"))
    delivery.start()
    for _ in range(3):
        await asyncio.sleep(0)
        turns.append("other")
    assert await delivery.close() and turns == ["event", "other"] * 3


@in_loop
async def test_events_are_nobody_s() -> None:
    """A listener does not see the context in which the delivery was started."""
    tenant: ContextVar[str] = ContextVar("tenant", default="nobody")
    seen: list[str] = []
    outbox = outbox_of()
    tenant.set("acme")
    async with TaskDelivery(outbox, lambda event: seen.append(tenant.get())):
        outbox.emit(STARTED, started())
    assert seen == ["nobody"]


def test_an_outbox_may_outlive_its_loop() -> None:
    """What is emitted after the loop has ended harms nobody, and waits."""
    outbox = outbox_of()

    async def begin() -> None:
        TaskDelivery(outbox, Listener()).start()

    asyncio.run(begin())
    outbox.emit(STARTED, started())
    assert len(outbox) == 1


def test_a_delivery_that_never_began_closes() -> None:
    """Closing without a start answers whether anything waits."""
    outbox = outbox_of()
    assert asyncio.run(TaskDelivery(outbox, Listener()).close())
