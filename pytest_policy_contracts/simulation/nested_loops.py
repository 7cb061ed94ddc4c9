"""Event loops that the program under test makes itself, such as with `asyncio.run` in a thread: they share the world's time."""

from __future__ import annotations

import asyncio
from asyncio import events
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from pytest_policy_contracts.simulation.clock import participants
from pytest_policy_contracts.simulation.loop import SimulatedLoop


@contextmanager
def nested_loops() -> Iterator[None]:
    """Make `asyncio.new_event_loop` give threads of a simulated world a loop on that world's clock."""
    real = events.new_event_loop

    def new_event_loop() -> asyncio.AbstractEventLoop:
        participant = participants.get(get_ident())
        return real() if participant is None else SimulatedLoop(clock=participant.clock, nested=True)

    events.new_event_loop = asyncio.new_event_loop = new_event_loop
    try:
        yield
    finally:
        events.new_event_loop = asyncio.new_event_loop = real
