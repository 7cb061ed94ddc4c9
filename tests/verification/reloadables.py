"""Reloadable subjects that use asyncio in ways that are easily misjudged; all of them keep the contract."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta
from typing import Any

from pytest_policy_contracts import ConfigChange, ReloadableHarness


class Refused(Exception):
    """The changes cannot be applied."""


class Settings:
    """What all of them keep: a dict that is replaced at once."""

    reload_timeout = timedelta(seconds=30)

    def __init__(self) -> None:
        self.values: dict[str, Any] = {"cache.ttl": 30, "cache.size": 10}

    def can_reload(self) -> bool:
        return True

    def drafted(self, changes: list[ConfigChange]) -> dict[str, Any]:
        draft = dict(self.values)
        for change in deepcopy(changes):
            if change.path not in ("cache.ttl", "cache.size"):
                continue
            if change.kind == "removed":
                draft.pop(change.path, None)
            elif type(change.new) is not int or change.new < 0:
                raise Refused(change.path)
            else:
                draft[change.path] = change.new
        return draft


class WaitsWithLimits(Settings):
    """Puts a limit on every wait, around what is there at once and around what takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = asyncio.Lock()

    async def reload(self, changes: list[ConfigChange]) -> None:
        draft = self.drafted(changes)
        await asyncio.wait_for(self._lock.acquire(), 20)
        try:
            await asyncio.wait_for(asyncio.sleep(0), 5)
            await asyncio.wait_for(asyncio.sleep(0.1), math.inf)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await asyncio.sleep(math.inf)
            self.values = draft
        finally:
            self._lock.release()


class WaitsForItsTurn(Settings):
    """Lets one reload in at a time with a condition."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = asyncio.Condition()
        self._busy = False

    async def reload(self, changes: list[ConfigChange]) -> None:
        draft_of = self.drafted
        draft_of(changes)
        async with self._turn:
            await self._turn.wait_for(lambda: not self._busy)
            self._busy = True
        try:
            await asyncio.sleep(0.1)
            self.values = draft_of(changes)
        finally:
            self._busy = False
            async with self._turn:
                self._turn.notify()


class RunsItsOwnLoop(Settings):
    """A synchronous module whose work is asynchronous inside."""

    def reload(self, changes: list[ConfigChange]) -> None:
        draft = self.drafted(changes)
        asyncio.run(self._check(draft))
        self.values = draft

    async def _check(self, draft: dict[str, Any]) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in draft:
                group.create_task(asyncio.sleep(0.5))


class UsesJobs(Settings):
    """Hands its checks to a thread, and waits for them."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = asyncio.Lock()

    async def reload(self, changes: list[ConfigChange]) -> None:
        async with self._lock:
            draft = await asyncio.to_thread(self.drafted, changes)
            await asyncio.sleep(0.1)
            self.values = draft


class SettingsContract(ReloadableHarness):
    """The harness of them all."""

    subject: type[Settings] = WaitsWithLimits

    def create(self) -> Any:
        return self.subject()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.ttl", 30, 60),
            ConfigChange.modified("cache.size", 10, 20),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("cache.ttl", 30, 90), ConfigChange.modified("cache.size", 10, 5)]

    def invalid_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("cache.size", 10, 20), ConfigChange.modified("cache.ttl", 30, -1)]

    def snapshot(self, subject: Any) -> object:
        return subject.values


class LimitsContract(SettingsContract):
    """Around `wait_for`, `timeout` and infinity."""


class ConditionContract(SettingsContract):
    """Around `Condition`."""

    subject = WaitsForItsTurn


class OwnLoopContract(SettingsContract):
    """Around `asyncio.run` in a synchronous call."""

    subject = RunsItsOwnLoop


class JobsContract(SettingsContract):
    """Around `to_thread`."""

    subject = UsesJobs


class AsyncContract(SettingsContract):
    """A harness all of whose methods are asynchronous and take their time."""

    async def create(self) -> Any:
        await asyncio.sleep(3)
        return WaitsWithLimits()

    async def changes(self) -> list[ConfigChange]:  # type: ignore[override]
        await asyncio.sleep(3)
        return super().changes()

    async def snapshot(self, subject: Any) -> object:
        await asyncio.sleep(0)
        return subject.values

    async def dispose(self, subject: Any) -> None:
        await asyncio.sleep(3)


SUBJECTS = (LimitsContract, ConditionContract, OwnLoopContract, JobsContract, AsyncContract)
