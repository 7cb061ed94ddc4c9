"""An aggregator that keeps every clause: what the broken subjects deviate from.

A subject in this folder is this aggregator with one named mistake. Nothing here breaks a clause; a subject could
otherwise be caught for a mistake that it does not name. What a mistake may replace is a small method.
"""

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from itertools import count
from typing import Any

from pytest_policy_contracts import (
    AggregatedHealth,
    AggregatorConfig,
    HealthAggregatorHarness,
    HealthReport,
    HealthStatus,
)
from pytest_policy_contracts.contracts import Publish

_log = logging.getLogger("shop.health")

HEALTHY, DEGRADED = HealthStatus.HEALTHY, HealthStatus.DEGRADED
UNHEALTHY, UNKNOWN = HealthStatus.UNHEALTHY, HealthStatus.UNKNOWN
RANK = {HEALTHY: 0, DEGRADED: 1, UNHEALTHY: 2, UNKNOWN: 2}
COMPONENT = "provider"


@dataclass(slots=True)
class Entry:
    """One provider as it was registered; `said_optional` is what its reports said of themselves the last time."""

    name: str
    provider: Any
    optional: bool
    said_optional: bool = False


class Evaluation:
    """One round of questions; `number` is 0 until it begins, `answer` is there when it has ended."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.number = 0
        self.task: asyncio.Task[AggregatedHealth] | None = None


def now() -> datetime:
    return datetime.now(UTC)


def known(status: object) -> HealthStatus:
    """The status, given by name or value, in any case; anything else is unknown."""
    for word in (status.value, status.name) if isinstance(status, Enum) else (status,):
        try:
            return HealthStatus(str(word).lower())
        except ValueError:
            continue
    return UNKNOWN


def worst(statuses: Iterable[HealthStatus]) -> HealthStatus:
    """The worst of the statuses; unknown counts as unhealthy, and none as healthy."""
    found = max(statuses, key=lambda status: RANK[status], default=HEALTHY)
    return UNHEALTHY if found is UNKNOWN else found


def is_temporary(error: BaseException | None) -> bool:
    """Whether the error will be over soon: it says so itself, or its cause or context does, or all of a group."""
    if error is None:
        return False
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_temporary, error.exceptions))
    return bool(getattr(error, "temporary", False)) or is_temporary(error.__cause__ or error.__context__)


class Aggregator:
    """Asks each provider in a task of its own, one evaluation at a time unless somebody forces another one."""

    ESCAPES: tuple[type[BaseException], ...] = (Exception, asyncio.CancelledError, SystemExit)

    def __init__(self, config: AggregatorConfig, publish: Publish) -> None:
        self._ttl = config.cache_ttl.total_seconds()
        self._timeout = config.provider_timeout.total_seconds()
        self._publish = publish
        self._entries: dict[str, Entry] = {}
        self._version = 0
        self._begun = 0
        self._current: Evaluation | None = None
        self._kept: AggregatedHealth | None = None
        self._kept_number = 0
        self._kept_until = 0.0
        self._told: tuple[HealthStatus, HealthStatus] = (UNKNOWN, UNKNOWN)
        self._told_number = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ids = count(1)

    # -- providers -------------------------------------------------------------------------------------

    def add_provider(self, name: str, provider: Any, /, *, optional: bool = False) -> None:
        if name in self._entries:
            raise ValueError(f"the name {name!r} is taken")
        self._entries[name] = Entry(name, provider, optional)
        self._invalidate()

    def remove_provider(self, name: str, /) -> None:
        del self._entries[name]
        self._invalidate()

    def _invalidate(self) -> None:
        self._version += 1
        self._kept = None

    # -- asking ----------------------------------------------------------------------------------------

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        begun = self._begun if force_refresh else None
        if not force_refresh and self._is_fresh():
            return self._copied(self._kept)
        while True:
            evaluation = self._joined(begun)
            answer = await self._awaited(evaluation)
            if self._is_valid(evaluation):
                return self._copied(answer)

    def _is_fresh(self) -> bool:
        return self._kept is not None and self._time() < self._kept_until

    def _time(self) -> float:
        return asyncio.get_running_loop().time()

    def _is_valid(self, evaluation: Evaluation) -> bool:
        return evaluation.version == self._version

    def _joined(self, begun: int | None) -> Evaluation:
        """The evaluation that a caller waits for: the one under way if that will do, else another one."""
        current = self._current
        if current is None or not self._will_do(current, begun):
            current = self._current = Evaluation(self._version)
            current.task = self._started(self._evaluate(current))
        return current

    def _will_do(self, evaluation: Evaluation, begun: int | None) -> bool:
        if evaluation.task is None or evaluation.task.done() or not self._is_valid(evaluation):
            return False
        return begun is None or not evaluation.number or evaluation.number > begun

    def _started(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _awaited(self, evaluation: Evaluation) -> AggregatedHealth:
        assert evaluation.task is not None
        return await asyncio.shield(evaluation.task)

    def _copied(self, answer: AggregatedHealth | None) -> AggregatedHealth:
        assert answer is not None
        return replace(answer, reports=[self._copied_report(report) for report in answer.reports])

    def _copied_report(self, report: HealthReport) -> HealthReport:
        return replace(report, details=deepcopy(report.details))

    # -- evaluating ------------------------------------------------------------------------------------

    async def _evaluate(self, evaluation: Evaluation) -> AggregatedHealth:
        self._begun += 1
        evaluation.number = self._begun
        reports = await self._gathered(list(self._entries.values()))
        answer = AggregatedHealth(self._readiness(reports), self._health(reports), reports, now())
        if self._is_valid(evaluation):
            self._keep(evaluation, answer)
            self._tell(evaluation, answer)
        return answer

    async def _gathered(self, entries: Sequence[Entry]) -> list[HealthReport]:
        tasks = {entry.name: self._started(self._asked(entry)) for entry in entries}
        try:
            if tasks:
                await asyncio.wait(tasks.values(), timeout=self._timeout)
        finally:
            for task in tasks.values():
                task.cancel()
        return [report for entry in entries for report in self._outcome(entry, tasks[entry.name])]

    def _outcome(self, entry: Entry, task: asyncio.Task[list[HealthReport]]) -> list[HealthReport]:
        if task.done() and not task.cancelled():
            return task.result()
        return [self._failed(entry, UNHEALTHY, f"no answer within {self._timeout:g} s")]

    async def _asked(self, entry: Entry) -> list[HealthReport]:
        try:
            return self._said(entry, await self._answer(entry))
        except self.ESCAPES as error:
            if self._is_cut_off(error):
                raise
            return self._erred(entry, error)

    async def _answer(self, entry: Entry) -> Any:
        answer = entry.provider.health_check()
        return await answer if inspect.isawaitable(answer) else answer

    def _erred(self, entry: Entry, error: BaseException) -> list[HealthReport]:
        return [self._failed(entry, self._severity(error), f"{type(error).__name__}: {error}")]

    def _is_cut_off(self, error: BaseException) -> bool:
        task = asyncio.current_task()
        return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0

    def _said(self, entry: Entry, answer: Iterable[Any]) -> list[HealthReport]:
        reports = [self._taken(entry, report) for report in answer]
        entry.said_optional = bool(reports) and all(report.optional for report in reports)
        return reports

    def _taken(self, entry: Entry, report: Any) -> HealthReport:
        return HealthReport(
            report.module,
            report.component,
            known(report.status),
            report.message,
            report.checked_at,
            report.observed_since,
            entry.optional or bool(report.optional),
            deepcopy(dict(report.details)),
        )

    def _failed(self, entry: Entry, status: HealthStatus, message: str) -> HealthReport:
        moment = now()
        optional = entry.optional or entry.said_optional
        return HealthReport(entry.name, COMPONENT, status, message, moment, moment, optional)

    def _severity(self, error: BaseException) -> HealthStatus:
        return DEGRADED if is_temporary(error) else UNHEALTHY

    def _health(self, reports: Sequence[HealthReport]) -> HealthStatus:
        return worst(known(report.status) for report in reports)

    def _readiness(self, reports: Sequence[HealthReport]) -> HealthStatus:
        return worst(known(report.status) for report in reports if not report.optional)

    # -- what is kept and told -------------------------------------------------------------------------

    def _keep(self, evaluation: Evaluation, answer: AggregatedHealth) -> None:
        if evaluation.number > self._kept_number:
            self._kept, self._kept_number = answer, evaluation.number
            self._kept_until = self._time() + self._ttl

    def _tell(self, evaluation: Evaluation, answer: AggregatedHealth) -> None:
        found = (known(answer.health), known(answer.readiness))
        data = {"health": found[0].value, "readiness": found[1].value}
        self._emit("health.evaluated", data)
        if evaluation.number < self._told_number:
            return
        before, self._told, self._told_number = self._told, found, evaluation.number
        if self._differs(before, found):
            self._emit("health.status.changed", data)

    def _differs(self, before: tuple[HealthStatus, HealthStatus], found: tuple[HealthStatus, HealthStatus]) -> bool:
        return before != found

    def _emit(self, kind: str, data: Mapping[str, object]) -> None:
        event = {"specversion": "1.0", "id": str(next(self._ids)), "source": "/shop", "type": kind, "data": data}
        try:
            answer = self._publish(event)
        except Exception:
            _log.warning("an event of type %s was lost", kind)
            return
        if inspect.isawaitable(answer):
            self._started(self._delivered(answer))

    async def _delivered(self, answer: Any) -> None:
        try:
            await answer
        except Exception:
            _log.warning("an event was lost")

    # -- the end ---------------------------------------------------------------------------------------

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class AggregatorContract(HealthAggregatorHarness):
    """Makes aggregators of a kind."""

    kind: Callable[[AggregatorConfig, Publish], Any] = Aggregator

    def create(self, config: AggregatorConfig, publish: Publish, /) -> Any:
        return type(self).kind(config, publish)
