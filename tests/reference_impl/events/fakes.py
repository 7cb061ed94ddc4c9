"""What stands around an outbox in its tests."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from reference_impl.events import Outbox

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
STARTED = "config.reload.started"
PATIENCE_SECONDS = 20
"""How long a test waits for another thread before it says that nothing came."""


def outbox_of(capacity: int = 100, **parts: Any) -> Outbox:
    return Outbox("/tests", capacity=capacity, now=lambda: NOON, **parts)


def started(number: int = 0) -> dict[str, object]:
    """The data of an event, with everything that its type has, and a number."""
    return {"trigger": "manual", "settings": ["cache.ttl"], "modules": [], "number": number}


def number_of(event: Mapping[str, Any]) -> int:
    number: int = event["data"]["number"]
    return number


class Listener:
    """Keeps the numbers of the events that it gets; `fault` is what happens to it afterwards, if anything."""

    def __init__(self, fault: Callable[[int], object] | None = None) -> None:
        self.numbers: list[int] = []
        self._fault = fault

    def __call__(self, event: Mapping[str, Any]) -> object:
        number = number_of(event)
        self.numbers.append(number)
        return self._fault(number) if self._fault is not None else None


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}
