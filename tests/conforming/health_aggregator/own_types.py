"""An aggregator of a shop that had health long before there was a contract: types of its own, and awaited changes."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from pytest_policy_contracts import AggregatedHealth, AggregatorConfig, HealthAggregatorHarness, HealthReport
from pytest_policy_contracts.contracts import Publish

from .locked import LockedHealth


class Light(Enum):
    """How it is, in numbers for a dashboard; the names are the words."""

    HEALTHY = 200
    DEGRADED = 207
    UNHEALTHY = 503
    UNKNOWN = 520


@dataclass
class Line:
    """One line on the page."""

    module: str
    component: str
    status: Light
    message: str
    checked_at: datetime
    observed_since: datetime
    optional: bool
    details: dict[str, object]


@dataclass
class Page:
    """The page."""

    readiness: Light
    health: Light
    reports: tuple[Line, ...]
    generated_at: datetime


def line_of(report: HealthReport) -> Line:
    """Return a report as a line."""
    return Line(
        report.module, report.component, light_of(report.status), report.message, report.checked_at,
        report.observed_since, report.optional, dict(report.details),
    )  # fmt: skip


def light_of(status: str) -> Light:
    """Return a status as a light."""
    return Light[status.upper()]


class StatusPage:
    """Answers with pages; its providers are changed under a lock, which has to be awaited."""

    def __init__(self, config: AggregatorConfig, publish: Publish) -> None:
        self._health = LockedHealth(config, publish)
        self._changes = asyncio.Lock()

    async def add_provider(self, name: str, provider: Any, /, *, optional: bool = False) -> None:
        async with self._changes:
            self._health.add_provider(name, provider, optional=optional)

    async def remove_provider(self, name: str, /) -> None:
        async with self._changes:
            self._health.remove_provider(name)

    async def check(self, *, force_refresh: bool = False) -> Page:
        answer: AggregatedHealth = await self._health.check(force_refresh=force_refresh)
        lines = tuple(map(line_of, answer.reports))
        return Page(light_of(answer.readiness), light_of(answer.health), lines, answer.generated_at)

    async def close(self) -> None:
        await self._health.close()


class StatusPageContract(HealthAggregatorHarness):
    def create(self, config: AggregatorConfig, publish: Publish, /) -> StatusPage:
        return StatusPage(config, publish)
