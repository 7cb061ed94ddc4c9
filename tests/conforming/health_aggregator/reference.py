"""The aggregate health service of the reference implementation, with a port that makes CloudEvents of what it tells."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from itertools import count

from pytest_policy_contracts import AggregatorConfig, HealthAggregatorHarness
from pytest_policy_contracts.contracts import Publish
from reference_impl.health import HealthService

_log = logging.getLogger("shop.events")


class CloudEvents:
    """Hands each event to `publish` in a task of its own; whoever tells of something neither waits nor hears of errors."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._ids = count(1)
        self._deliveries: set[asyncio.Task[None]] = set()

    def emit(self, kind: str, data: Mapping[str, object], *, subject: str = "", correlation_id: str = "") -> None:
        event = {
            "specversion": "1.0",
            "id": str(next(self._ids)),
            "source": "/health",
            "type": kind,
            "data": dict(data),
        }
        named = {"subject": subject, "correlationid": correlation_id}
        delivery = asyncio.ensure_future(self._deliver(event | {name: text for name, text in named.items() if text}))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, event: Mapping[str, object]) -> None:
        try:
            answer = self._publish(event)
            if isinstance(answer, Awaitable):
                await answer
        except Exception as error:
            _log.warning("an event was lost: %s", type(error).__name__)


class ReferenceHealthServiceContract(HealthAggregatorHarness):
    """As `reference_impl.app` wires it, but for the events."""

    def create(self, config: AggregatorConfig, publish: Publish, /) -> HealthService:
        return HealthService(config, events=CloudEvents(publish))
