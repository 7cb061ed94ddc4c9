"""Delivery by a thread."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from datetime import timedelta

import pytest

from reference_impl.events import Counts, ThreadDelivery

from .fakes import PATIENCE_SECONDS, STARTED, Listener, outbox_of, started, threads

NOBODY = timedelta(0)


def test_events_arrive_in_their_order() -> None:
    """What is emitted arrives once and in order, and closing waits for it and ends the thread."""
    outbox, listener = outbox_of(), Listener()
    delivery = ThreadDelivery(outbox, listener)
    for number in range(50):
        outbox.emit(STARTED, started(number))

    assert delivery.close() and delivery.close()
    assert listener.numbers == list(range(50)) and outbox.counts == Counts(delivered=50)
    assert "event-delivery" not in threads()


def test_the_thread_begins_with_the_first_event() -> None:
    """Where nothing is emitted there is no thread, and what was emitted before somebody delivers arrives, too."""
    outbox, listener = outbox_of(), Listener()
    idle = ThreadDelivery(outbox, listener)
    assert "event-delivery" not in threads()
    assert idle.close()

    outbox.emit(STARTED, started(1))
    delivery = ThreadDelivery(outbox, listener)
    assert delivery.close() and listener.numbers == [1]


def test_a_thread_may_begin_early() -> None:
    """`start` begins it at once, and a second time nothing."""
    delivery = ThreadDelivery(outbox_of(), Listener())
    delivery.start()
    delivery.start()
    assert [one.name for one in threading.enumerate()].count("event-delivery") == 1
    assert delivery.close()


@pytest.mark.parametrize("error", [ConnectionError, asyncio.CancelledError, SystemExit])
def test_a_listener_that_raises_misses_one_event(error: type[BaseException]) -> None:
    """Whatever it raises, the next event arrives, and the one is counted as failed."""

    def fault(number: int) -> None:
        if number % 2:
            raise error

    outbox, listener = outbox_of(), Listener(fault)
    delivery = ThreadDelivery(outbox, listener)
    for number in range(4):
        outbox.emit(STARTED, started(number))
    assert delivery.close()
    assert listener.numbers == [0, 1, 2, 3] and outbox.counts == Counts(delivered=2, failed=2)


def test_an_awaitable_is_not_delivered() -> None:
    """A listener that returns a coroutine has failed: nobody on a thread awaits it, and it is closed."""

    async def later(number: int) -> None:
        raise AssertionError("nobody awaits it")

    outbox = outbox_of()
    delivery = ThreadDelivery(outbox, Listener(later))
    outbox.emit(STARTED, started())
    assert delivery.close() and outbox.counts == Counts(failed=1)


def test_a_listener_may_emit_and_close() -> None:
    """Who emits while listening is delivered later, and who closes there is not waited for."""
    outbox, listener = outbox_of(), Listener(lambda number: again(number))
    delivery = ThreadDelivery(outbox, listener)

    def again(number: int) -> None:
        if number < 3:
            outbox.emit(STARTED, started(number + 1))
        else:
            assert not delivery.close()

    outbox.emit(STARTED, started(1))
    assert delivery.close()
    assert listener.numbers == [1, 2, 3] and outbox.counts == Counts(delivered=3)


def test_a_listener_that_is_stuck_holds_nobody_up() -> None:
    """While it does not come back emitting goes on, what is too much is dropped, closing ends in time and says so."""
    stuck, free = threading.Event(), threading.Event()

    def wait(number: int) -> None:
        stuck.set()
        free.wait(PATIENCE_SECONDS)

    outbox, listener = outbox_of(2), Listener(wait)
    delivery = ThreadDelivery(outbox, listener)
    outbox.emit(STARTED, started(0))
    assert stuck.wait(PATIENCE_SECONDS)
    for number in range(1, 5):
        outbox.emit(STARTED, started(number))
    (worker,) = [one for one in threading.enumerate() if one.name == "event-delivery"]

    assert not delivery.close(NOBODY)
    free.set()
    worker.join(PATIENCE_SECONDS)
    assert not worker.is_alive()
    assert listener.numbers == [0] and len(outbox) == 2 and outbox.counts == Counts(delivered=1, dropped=2)


def test_many_threads_may_emit() -> None:
    """What several threads emit at once arrives once each, in the order of each of them."""
    outbox, listener = outbox_of(10_000), Listener()
    delivery = ThreadDelivery(outbox, listener)
    start = threading.Barrier(4)

    def emit(thread: int) -> None:
        start.wait()
        for number in range(200):
            outbox.emit(STARTED, started(thread * 1000 + number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(emit, range(4)))
    assert delivery.close(timedelta(seconds=PATIENCE_SECONDS))
    for thread in range(4):
        assert [one % 1000 for one in listener.numbers if one // 1000 == thread] == list(range(200))


def test_events_are_nobody_s() -> None:
    """A listener does not see the context of whoever emitted first."""
    tenant: ContextVar[str] = ContextVar("tenant", default="nobody")
    seen: list[str] = []
    outbox = outbox_of()
    delivery = ThreadDelivery(outbox, lambda event: seen.append(tenant.get()))
    tenant.set("acme")
    outbox.emit(STARTED, started())
    assert delivery.close() and seen == ["nobody"]


def test_after_closing_nothing_is_delivered() -> None:
    """What is emitted later waits for another deliverer, and starts no thread."""
    outbox, listener = outbox_of(), Listener()
    delivery = ThreadDelivery(outbox, listener)
    delivery.close()
    delivery.start()
    outbox.emit(STARTED, started())
    assert listener.numbers == [] and len(outbox) == 1 and "event-delivery" not in threads()


def test_closing_again_leaves_a_successor_alone() -> None:
    """A delivery that is closed a second time does not take the events from the one that came after it."""
    outbox, listener = outbox_of(), Listener()
    former = ThreadDelivery(outbox, Listener())
    former.close()
    delivery = ThreadDelivery(outbox, listener)
    former.close()
    outbox.emit(STARTED, started(1))
    assert delivery.close() and listener.numbers == [1]
