"""Delivery by a thread under many schedules: whoever emits and whoever delivers are switched between any two lines."""

import threading
import time
from functools import partial

import pytest

from pytest_policy_contracts.simulation.policies import PCT
from reference_impl.events import Counts, ThreadDelivery, outbox, thread_delivery
from tests.simulation.threads.worlds import scheduler, values, world

from .fakes import STARTED, Listener, outbox_of, started

SCHEDULES = 500


def emit_and_wait(begins_early: bool) -> tuple[list[int], Counts]:
    """Emit from two threads, each of which waits for its event before it emits the next one, and close."""
    arrived = {number: threading.Event() for number in (0, 1, 10, 11)}
    events, listener = outbox_of(), Listener(lambda number: arrived[number].set())
    delivery = ThreadDelivery(events, listener)
    if begins_early:
        delivery.start()

    def emit_two(first: int) -> None:
        for number in (first, first + 1):
            events.emit(STARTED, partial(started, number))
            arrived[number].wait()

    emitting = [threading.Thread(target=emit_two, args=(first,)) for first in (0, 10)]
    for thread in emitting:
        thread.start()
    for thread in emitting:
        thread.join()
    time.sleep(1)  # virtual: it passes only when nobody is busy, so whoever waits by asking again and again is found
    assert delivery.close()
    return listener.numbers, events.counts


@pytest.mark.parametrize("begins_early", [True, False])
def test_whoever_delivers_is_never_left_asleep(begins_early: bool) -> None:
    """Every event arrives, in the order of its thread, although nobody emits or closes after it: no schedule deadlocks."""
    files = (outbox.__file__, thread_delivery.__file__)
    with world(outbox, thread_delivery) as clock:
        for seed in range(SCHEDULES):
            with scheduler(clock, PCT(seed, 3, 200), *files) as threads:
                ((numbers, counts),) = values(threads.run(partial(emit_and_wait, begins_early)))
            assert [one for one in numbers if one < 10] == [0, 1] and [one for one in numbers if one >= 10] == [10, 11]
            assert counts == Counts(delivered=4), seed
