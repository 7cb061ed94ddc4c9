"""Events go through a queue, and are published one after the other by a task of its own; close() brings it to an end."""

import asyncio
import inspect
from collections.abc import Mapping

from pytest_policy_contracts import AggregatorConfig, HealthAggregatorHarness
from pytest_policy_contracts.contracts import Publish

from .parts import Teller, started
from .shared_task import SharedTask


class QueuedEvents(SharedTask):
    """Starts the publishing task with the first event; a publisher that fails costs the event."""

    def __init__(self, config: AggregatorConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._publish = publish
        self._events: asyncio.Queue[Mapping[str, object]] = asyncio.Queue()
        self._publishes = False
        self._teller = Teller(self._put)

    def _put(self, event: Mapping[str, object]) -> None:
        self._events.put_nowait(event)
        if not self._publishes:
            self._publishes = True
            started(self._publish_all(), self._running)

    async def _publish_all(self) -> None:
        while True:
            event = await self._events.get()
            try:
                answer = self._publish(event)
                if inspect.isawaitable(answer):
                    await answer
            except Exception:
                continue


class QueuedEventsContract(HealthAggregatorHarness):
    def create(self, config: AggregatorConfig, publish: Publish, /) -> QueuedEvents:
        return QueuedEvents(config, publish)
