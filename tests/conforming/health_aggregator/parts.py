"""What the aggregators here have in common: asking one provider, judging an error, summing up. How they share, keep and
tell differs, and is in the module of each.
"""

import asyncio
import inspect
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from pytest_policy_contracts import AggregatedHealth, HealthReport, HealthStatus

HEALTHY, DEGRADED, UNHEALTHY = HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.UNHEALTHY
RANK = {HEALTHY: 0, DEGRADED: 1, UNHEALTHY: 2, HealthStatus.UNKNOWN: 2}

Tasks = set["asyncio.Task[Any]"]


@dataclass(slots=True)
class Entry:
    """A provider as it was registered, and whether its reports said last that they are optional."""

    name: str
    provider: Any
    optional: bool = False
    said_optional: bool = False


@dataclass(slots=True)
class Registry:
    """The providers by name; `version` grows with every change."""

    entries: dict[str, Entry] = field(default_factory=dict)
    version: int = 0

    def add(self, name: str, provider: Any, optional: bool) -> None:
        if name in self.entries:
            raise ValueError(f"{name!r} is taken")
        self.entries[name] = Entry(name, provider, optional)
        self.version += 1

    def remove(self, name: str) -> None:
        del self.entries[name]
        self.version += 1


# -- asking ----------------------------------------------------------------------------------------------


async def ask(entry: Entry) -> list[HealthReport]:
    """Return the reports about a provider, whatever it does; raises only where it is cut off itself."""
    try:
        answer = entry.provider.health_check()
        reports = [taken(entry, one) for one in (await answer if inspect.isawaitable(answer) else answer)]
    except (Exception, asyncio.CancelledError, SystemExit) as error:
        here = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and here is not None and here.cancelling():
            raise
        return [failed(entry, DEGRADED if is_temporary(error) else UNHEALTHY, type(error).__name__)]
    entry.said_optional = bool(reports) and all(one.optional for one in reports)
    return reports


async def ask_all(entries: Sequence[Entry], timeout: float, running: Tasks) -> list[HealthReport]:
    """Ask all at once; who has not answered in time is cut off, and not waited for."""
    tasks = [started(ask(entry), running) for entry in entries]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=timeout)
    finally:
        for task in tasks:
            task.cancel()
    return [report for entry, task in zip(entries, tasks, strict=True) for report in result_of(entry, task)]


def result_of(entry: Entry, task: "asyncio.Task[list[HealthReport]]") -> list[HealthReport]:
    """Return what a question came to when its time was over."""
    return task.result() if task.done() and not task.cancelled() else [failed(entry, UNHEALTHY, "no answer")]


def started(work: Any, running: Tasks) -> "asyncio.Task[Any]":
    """Start work of which `running` keeps hold until it has ended."""
    task = asyncio.ensure_future(work)
    running.add(task)
    task.add_done_callback(running.discard)
    return task


async def end(running: Tasks) -> None:
    """Cancel what runs, and wait until it has ended."""
    tasks = list(running)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# -- reports ---------------------------------------------------------------------------------------------


def taken(entry: Entry, report: Any) -> HealthReport:
    """Return a copy of a provider's report."""
    return HealthReport(
        report.module, report.component, status_of(report.status), report.message, report.checked_at,
        report.observed_since, entry.optional or bool(report.optional), deepcopy(dict(report.details)),
    )  # fmt: skip


def failed(entry: Entry, status: HealthStatus, message: str) -> HealthReport:
    """Return the report about a provider that gave none."""
    moment = datetime.now(UTC)
    return HealthReport(entry.name, "", status, message, moment, moment, entry.optional or entry.said_optional)


def status_of(status: object) -> HealthStatus:
    """Return a status by its name or value."""
    words = (status.name, status.value) if isinstance(status, Enum) else (status,)
    known = [
        HealthStatus(word.lower()) for word in words if isinstance(word, str) and word.lower() in set(HealthStatus)
    ]
    return known[0] if known else HealthStatus.UNKNOWN


def is_temporary(error: BaseException | None) -> bool:
    """Tell whether an error, or what caused it, or all of a group, says that it is temporary."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_temporary(one) for one in error.exceptions)
    while error is not None and not getattr(error, "temporary", False):
        error = error.__cause__ or error.__context__
    return error is not None


def worst(reports: Iterable[HealthReport]) -> HealthStatus:
    """Return the worst status; unknown is unhealthy."""
    rank = max((RANK[status_of(one.status)] for one in reports), default=0)
    return (HEALTHY, DEGRADED, UNHEALTHY)[rank]


def summed_up(reports: list[HealthReport]) -> AggregatedHealth:
    """Make one answer of many reports."""
    required = [one for one in reports if not one.optional]
    return AggregatedHealth(worst(required), worst(reports), reports, datetime.now(UTC))


def copied(answer: AggregatedHealth) -> AggregatedHealth:
    """Return an answer that shares nothing with the one that is kept."""
    return replace(answer, reports=[replace(one, details=deepcopy(one.details)) for one in answer.reports])


# -- events ----------------------------------------------------------------------------------------------


class Teller:
    """Makes the events of each evaluation, in their order; `send` has to take them whatever happens."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._number = 0
        self._before: tuple[object, object] | None = None

    def evaluated(self, answer: AggregatedHealth) -> None:
        found = (str(answer.health), str(answer.readiness))
        data = {"health": found[0], "readiness": found[1]}
        self._send(self._event("health.evaluated", data))
        if found != self._before:
            self._before = found
            self._send(self._event("shop.health.status.changed", data))

    def _event(self, kind: str, data: Mapping[str, object]) -> dict[str, object]:
        self._number += 1
        return {"specversion": "1.0", "type": kind, "source": "/shop", "id": str(self._number), "data": dict(data)}


class Sender:
    """Hands events to a publisher; what that returns is awaited in a task, what it raises is dropped."""

    def __init__(self, publish: Any, running: Tasks) -> None:
        self._publish = publish
        self._running = running

    def __call__(self, event: Mapping[str, object]) -> None:
        try:
            answer = self._publish(event)
        except Exception:
            return
        if inspect.isawaitable(answer):
            started(self._awaited(answer), self._running)

    async def _awaited(self, answer: Any) -> None:
        try:
            await answer
        except Exception:
            return
