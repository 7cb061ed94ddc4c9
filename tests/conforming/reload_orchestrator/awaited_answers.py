"""Answers that are coroutines: the place is taken by the call, and whoever awaits the answer waits behind a shield."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from pytest_policy_contracts import ConfigDiff, OrchestratorConfig, ReloadOrchestratorHarness, ReloadOutcome
from pytest_policy_contracts.contracts.tenants import Publish

from .deque_worker import DequeOrchestrator


class ShieldedOrchestrator(DequeOrchestrator):
    """Lets a caller that is cancelled go when its reload has been rolled back, and not before."""

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> Any:
        answer = super().request_reload(diff, trigger=trigger)
        ticket = self._waiting[-1]
        ended = asyncio.get_running_loop().create_future()
        ticket.answer.add_done_callback(lambda _: ended.done() or ended.set_result(None))
        return self._wait(answer, ended)

    async def _wait(self, answer: "asyncio.Future[ReloadOutcome]", ended: Awaitable[None]) -> ReloadOutcome:
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            answer.cancel()
            await ended
            raise


class ShieldedContract(ReloadOrchestratorHarness):
    async def create(self, config: OrchestratorConfig, publish: Publish) -> ShieldedOrchestrator:
        return ShieldedOrchestrator(config, publish)
