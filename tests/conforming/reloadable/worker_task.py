"""A module whose one worker task applies every reload, in the order in which they arrive."""

import asyncio
from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

from .values import Refused, Values, count, merged, text

RULES = {"route.weight": count, "route.target": text, "route.canary": text}

Order = tuple[list[ConfigChange], "asyncio.Future[None]"]


class RoutingModule:
    """A caller who has gone is asked for twice: before the work and again before the swap."""

    reload_timeout = timedelta(seconds=10)

    def __init__(self) -> None:
        self._values: Values = {"route.weight": 100, "route.target": "blue"}
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._worker = asyncio.create_task(self._work())

    async def can_reload(self) -> bool:
        return not self._worker.done()

    def settings(self) -> Values:
        return dict(self._values)

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._orders.put_nowait((deepcopy(list(changes)), answer))
        await answer

    async def _work(self) -> None:
        while True:
            changes, answer = await self._orders.get()
            if not answer.done():
                await self._serve(changes, answer)

    async def _serve(self, changes: list[ConfigChange], answer: "asyncio.Future[None]") -> None:
        try:
            draft = merged(self._values, changes, RULES)
            await asyncio.sleep(0.2)
            if not answer.done():
                self._values = draft
                answer.set_result(None)
        except Refused as refusal:
            answer.set_exception(refusal)
        finally:
            answer.cancel()

    async def close(self) -> None:
        self._worker.cancel()
        await asyncio.wait({self._worker})


class RoutingModuleContract(ReloadableHarness):
    async def create(self) -> RoutingModule:
        return RoutingModule()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("route.weight", 100, 90),
            ConfigChange.added("route.canary", "green"),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("route.weight", 100, 50),
            ConfigChange.modified("route.target", "blue", "red"),
        ]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("route.target", "blue", "red"),
            ConfigChange.modified("route.weight", 100, 0),
        ]

    def snapshot(self, subject: RoutingModule) -> object:
        return subject.settings()

    async def dispose(self, subject: RoutingModule) -> None:
        await subject.close()
