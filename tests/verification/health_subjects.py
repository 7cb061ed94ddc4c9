"""A provider that keeps every clause, as a task and as a thread, and harnesses for whatever is made of it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pytest_policy_contracts import HealthProviderHarness, HealthReport
from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.verification.session import Session
from tests.verification.judging import session_of_kind

EVERY_CLAUSE = {clause.id for clause in load_contract("HealthProvider").clauses}
PASSWORD = "pw-orders-81c2"


class Store:
    """What a provider depends on: answers, refuses or keeps silent."""

    def __init__(self) -> None:
        self.refuses = False
        self.back: Any = None

    async def ping(self) -> None:
        if self.back is not None:
            await self.back.wait()
        if self.refuses:
            raise ConnectionRefusedError("the store refused")
        await asyncio.sleep(0.05)

    def ping_within(self, seconds: float | None) -> None:
        if self.back is not None and not self.back.wait(seconds):
            raise TimeoutError
        if self.refuses:
            raise ConnectionRefusedError("the store refused")
        time.sleep(0.05)


class Provider:
    """Keeps every clause, as a task."""

    limit: float | None = 2

    def __init__(self) -> None:
        self.store = Store()
        self.since: dict[str, datetime] = {}

    async def health_check(self) -> Any:
        try:
            async with asyncio.timeout(self.limit):
                await self.store.ping()
        except OSError:  # TimeoutError is one
            return [self.report("unhealthy")]
        return [self.report("healthy")]

    def report(self, status: str) -> Any:
        now = datetime.now(UTC)
        self.since = {status: self.since.get(status, now)}
        return HealthReport(
            "orders", "db", status, f"it is {status}", now, self.since[status], details={"tried": ["ping"]}
        )


class SyncProvider(Provider):
    """Keeps every clause, on a thread."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def health_check(self) -> Any:
        try:
            self.store.ping_within(self.limit)
        except OSError:
            return [self.report("unhealthy")]
        return [self.report("healthy")]

    def report(self, status: str) -> Any:
        with self.lock:
            return super().report(status)


class ProviderContract(HealthProviderHarness):
    """Every capability; `kind` is what it creates, `event` what its store hangs on."""

    kind: Callable[[], Any] = Provider

    def create(self) -> Any:
        return type(self).kind()

    def break_dependency(self, subject: Any) -> None:
        subject.store.refuses = True

    def restore_dependency(self, subject: Any) -> None:
        subject.store.refuses = False
        back, subject.store.back = subject.store.back, None
        if back is not None:
            back.set()

    def hang_dependency(self, subject: Any) -> None:
        sync = isinstance(subject, SyncProvider)
        subject.store.back = threading.Event() if sync else asyncio.Event()

    def secrets(self) -> list[str]:
        return [PASSWORD]


class BareContract(HealthProviderHarness):
    """Nothing but a subject."""

    kind: Callable[[], Any] = Provider

    def create(self) -> Any:
        return type(self).kind()


def session_with(kind: Any = Provider, schedules: int = 20, base: Any = ProviderContract, **options: Any) -> Session:
    """The session that judges what `kind` makes."""
    return session_of_kind("Orders", base, kind, schedules, **options)


def answering(change: Callable[[Any], Any]) -> type[Provider]:
    """A provider whose whole answer is changed."""

    class Odd(Provider):
        async def health_check(self) -> Any:
            return change(await super().health_check())

    return Odd


def reporting(**fields: Any) -> type[Provider]:
    """A provider whose reports have other fields: values, or what makes one of its own for each report."""

    def changed(report: HealthReport) -> HealthReport:
        return replace(report, **{name: value() if callable(value) else value for name, value in fields.items()})

    return answering(lambda answer: list(map(changed, answer)))
