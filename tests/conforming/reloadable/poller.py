"""A module with a background poller, which every reload replaces by one with the new interval."""

import asyncio
from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

from .values import Values, count, merged, text

RULES = {"feed.interval": count, "feed.url": text, "feed.label": text}


class FeedModule:
    """Swaps the settings and the poller in one step; the old poller may take a moment to go.

    It is waited for with `asyncio.wait`, which neither swallows the caller's cancellation nor takes
    the poller's own for it. What a cancelled caller no longer waits for, `close` does.
    """

    reload_timeout = timedelta(seconds=15)

    def __init__(self) -> None:
        self._values: Values = {"feed.interval": 30, "feed.url": "https://feed.internal/a"}
        self._turn = asyncio.Lock()
        self._pollers: set[asyncio.Task[None]] = set()
        self._poller = self._started()

    def can_reload(self) -> bool:
        return True

    def settings(self) -> Values:
        return dict(self._values)

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._turn:
            draft = merged(self._values, changes, RULES)
            await asyncio.sleep(0.1)
            self._values, old = draft, self._poller
            self._poller = self._started()
            old.cancel()
            await asyncio.wait({old})

    def _started(self) -> "asyncio.Task[None]":
        poller = asyncio.create_task(self._poll(), name="feed-poller")
        self._pollers.add(poller)
        poller.add_done_callback(self._pollers.discard)
        return poller

    async def _poll(self) -> None:
        try:
            while True:
                interval = self._values.get("feed.interval", 60)
                assert isinstance(interval, int)
                await asyncio.sleep(interval)
        finally:
            await asyncio.sleep(0.2)

    async def close(self) -> None:
        pollers = set(self._pollers)
        for poller in pollers:
            poller.cancel()
        if pollers:
            await asyncio.wait(pollers)


class FeedModuleContract(ReloadableHarness):
    async def create(self) -> FeedModule:
        return FeedModule()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("feed.interval", 30, 5),
            ConfigChange.modified("feed.url", "https://feed.internal/a", "https://feed.internal/b"),
            ConfigChange.added("feed.label", "beta"),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("feed.interval", 30, 10)]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("feed.url", "https://feed.internal/a", "https://feed.internal/c"),
            ConfigChange.modified("feed.interval", 30, 0),
        ]

    def snapshot(self, subject: FeedModule) -> object:
        return subject.settings()

    async def dispose(self, subject: FeedModule) -> None:
        await subject.close()
