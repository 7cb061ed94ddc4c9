"""The recorder that stands for where events go: it writes them down, and misbehaves exactly as it is told."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from pytest_policy_contracts.environment.publishing import (
    SLOW_SECONDS,
    Publisher,
    cancelled,
    raising,
    slow,
    slow_awaitable,
)
from tests.simulation.programs import ended, result
from tests.simulation.threads.worlds import world

EVENT = {"id": "1", "type": "tenant.violation"}


def published(publisher: Publisher, *events: object) -> list[Any]:
    """Publish to a plain publisher; return what it wrote down."""
    for event in events:
        assert publisher(event) is None
    return publisher.events


# -- delivering --------------------------------------------------------------------------------------------------------


def test_events_are_kept_as_they_were_handed_over() -> None:
    """A plain publisher returns nothing, and has the very events in the order in which they came."""
    other = {"id": "2"}
    kept = published(Publisher(), EVENT, other, EVENT)

    assert [one is event for one, event in zip(kept, (EVENT, other, EVENT), strict=True)] == [True] * 3


def test_an_event_counts_when_its_awaitable_is_awaited() -> None:
    """A publisher that returns awaitables has an event as soon as, and no sooner than, somebody awaits it."""
    publisher = Publisher(awaitable=True)

    async def main() -> list[int]:
        counts = []
        pending = publisher(EVENT)
        assert inspect.isawaitable(pending)
        counts.append(len(publisher.events))
        await pending
        return [*counts, len(publisher.events)]

    assert result(main) == [0, 1]
    assert publisher.events == [EVENT]


def test_a_forgetful_publisher_counts_nothing() -> None:
    """Where events would only fill the memory, none is kept, in either way of calling, and faults happen all the same."""
    assert published(Publisher(keeps=False), EVENT) == []
    awaited = Publisher(awaitable=True, keeps=False)
    assert result(lambda: awaited(EVENT)) is None
    assert awaited.events == []
    with pytest.raises(ConnectionError):
        Publisher(keeps=False, fault=raising)(EVENT)


# -- misbehaving -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "error"), [(raising, ConnectionError), (cancelled, asyncio.CancelledError)])
def test_a_failed_delivery_is_an_event_all_the_same(fault: Callable[[], object], error: type[BaseException]) -> None:
    """What fails was handed over: the publisher raises after it has written the event down."""
    plain, awaited = Publisher(fault=fault), Publisher(awaitable=True, fault=fault)

    async def main() -> None:
        with pytest.raises(error):
            await awaited(EVENT)  # type: ignore[misc]

    with pytest.raises(error):
        plain(EVENT)
    assert result(main) is None
    assert plain.events == awaited.events == [EVENT]


def test_an_error_tells_of_the_publisher() -> None:
    """The text of a failed delivery says who failed, and nothing of the event."""
    with pytest.raises(ConnectionError, match=r"^the publisher has lost its connection$"):
        raising()


def test_a_slow_publisher_keeps_its_caller() -> None:
    """A plain publisher that is slow takes a virtual minute of the thread that publishes."""
    with world() as clock:
        assert published(Publisher(fault=slow), EVENT) == [EVENT]
        assert clock.now == SLOW_SECONDS == 60


def test_a_slow_awaitable_lets_others_run() -> None:
    """An awaited publisher that is slow takes a virtual minute too, and the loop goes on meanwhile."""
    publisher = Publisher(awaitable=True, fault=slow_awaitable)

    async def main() -> list[str]:
        order: list[str] = []

        async def publish() -> None:
            await publisher(EVENT)  # type: ignore[misc]
            order.append("published")

        async def other() -> None:
            await asyncio.sleep(SLOW_SECONDS - 1)
            order.append(f"other, with {len(publisher.events)} event")

        await asyncio.gather(publish(), other())
        return order

    run = ended(main)
    assert (run.value, run.time) == (["other, with 1 event", "published"], SLOW_SECONDS)


def test_a_fault_may_be_given_by_whoever_uses_it() -> None:
    """Any function is a fault; of a plain publisher its answer is ignored, of an awaited one an awaitable is awaited."""
    calls: list[str] = []

    async def awaited() -> None:
        calls.append("awaited")

    def fault() -> object:
        calls.append("called")
        return awaited()

    def plainly() -> object:
        calls.append("called")
        return "an answer"

    assert published(Publisher(fault=plainly), EVENT) == [EVENT]
    assert result(lambda: Publisher(awaitable=True, fault=fault)(EVENT)) is None
    assert result(lambda: Publisher(awaitable=True, fault=plainly)(EVENT)) is None
    assert calls == ["called", "called", "awaited", "called"]


def test_a_fault_may_be_taken_back() -> None:
    """A publisher whose fault is cleared delivers again."""
    publisher = Publisher(fault=raising)
    with pytest.raises(ConnectionError):
        publisher(EVENT)
    publisher.fault = None

    assert published(publisher, EVENT) == [EVENT, EVENT]
