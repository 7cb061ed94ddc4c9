"""Modules that refuse a second reload while one is under way, instead of queueing it."""

import asyncio
import threading
import time
from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

from .values import Refused, Values, count, merged, text

RULES = {"quota.calls": count, "quota.window": count, "quota.owner": text}


class BusyError(Refused):
    """A reload is under way; the caller may try again."""


class AsyncQuota:
    """Asks and sets its flag in one step, and lowers it on every way out."""

    reload_timeout = timedelta(seconds=10)

    def __init__(self) -> None:
        self._values: Values = {"quota.calls": 100, "quota.window": 60}
        self._busy = False

    def can_reload(self) -> bool:
        return not self._busy

    def settings(self) -> Values:
        return dict(self._values)

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        if self._busy:
            raise BusyError("a reload is under way")
        self._busy = True
        try:
            draft = merged(self._values, deepcopy(list(changes)), RULES)
            await asyncio.sleep(0.3)
            self._values = draft
        finally:
            self._busy = False


class SyncQuota:
    """Uses a lock that it never waits for as its flag."""

    reload_timeout = timedelta(seconds=10)

    def __init__(self) -> None:
        self._values: Values = {"quota.calls": 100, "quota.window": 60}
        self._gate = threading.Lock()

    def can_reload(self) -> bool:
        return not self._gate.locked()

    def settings(self) -> Values:
        return dict(self._values)

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        if not self._gate.acquire(blocking=False):
            raise BusyError("a reload is under way")
        try:
            draft = merged(self._values, changes, RULES)
            time.sleep(0.3)
            self._values = draft
        finally:
            self._gate.release()


class QuotaHarness(ReloadableHarness):
    """Changes for both modules."""

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("quota.calls", 100, 200),
            ConfigChange.modified("quota.window", 60, 30),
            ConfigChange.added("quota.owner", "billing"),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("quota.calls", 100, 50)]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("quota.window", 60, 10),
            ConfigChange.modified("quota.calls", 100, True),
        ]

    def snapshot(self, subject: AsyncQuota | SyncQuota) -> object:
        return subject.settings()


class AsyncQuotaContract(QuotaHarness):
    def create(self) -> AsyncQuota:
        return AsyncQuota()


class SyncQuotaContract(QuotaHarness):
    def create(self) -> SyncQuota:
        return SyncQuota()
