"""The siblings over one outbox and one set of metrics, as an application wires them."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client import generate_latest

from pytest_policy_contracts import ConfigChange, ConfigDiff, GuardConfig, HealthReport
from reference_impl.events import EVENT_TYPES, Counts, TaskDelivery
from reference_impl.guard import TenantGuard
from reference_impl.health import HealthService
from reference_impl.metrics import Metrics
from reference_impl.orchestrator import Orchestrator, SettingsModule

from .fakes import NOON, outbox_of


def refuse_negative(settings: Mapping[str, Any]) -> None:
    if settings["cache.ttl"] < 0:
        raise ValueError("cache.ttl has to be at least 0")


class Healthy:
    def health_check(self) -> list[HealthReport]:
        return [HealthReport("db", "connection", "healthy", "it answers", NOON, NOON)]


async def everything(outbox: Any, metrics: Metrics) -> None:
    """Let each sibling tell of everything that it can tell of."""
    orchestrator = Orchestrator(events=outbox, metrics=metrics.reload)
    orchestrator.register("cache", SettingsModule({"cache.ttl": 30}, check=refuse_negative))
    await orchestrator.start()
    for ttl in (60, -1):
        await orchestrator.request_reload(ConfigDiff.of([ConfigChange.modified("cache.ttl", 30, ttl)]))
    await orchestrator.request_reload(ConfigDiff.of([]))
    await orchestrator.stop()

    health = HealthService(events=outbox, metrics=metrics.health)
    health.add_provider("db", Healthy())
    await health.check()
    await health.close()

    guard = TenantGuard(GuardConfig("lenient"), events=outbox, metrics=metrics.guard)
    with guard.bound_to("acme"):
        guard.access("globex")


def test_what_the_siblings_tell_is_what_the_catalogue_says(caplog: pytest.LogCaptureFixture) -> None:
    """Every type of event is delivered with every field, none else is told of, and no label is one that nobody knows."""
    outbox, metrics, types = outbox_of(), Metrics(), []

    async def run() -> None:
        async with TaskDelivery(outbox, lambda event: types.append(event["type"])):
            await everything(outbox, metrics)

    asyncio.run(run())
    assert set(types) == set(EVENT_TYPES) and outbox.counts == Counts(delivered=len(types))
    text = generate_latest(metrics.registry).decode().splitlines()
    others = [line for line in text if '"other"' in line and "_created" not in line and not line.endswith(" 0.0")]
    assert others == []
    assert 'tenant_violations_total{action="allowed",mode="lenient",type="cross_tenant"} 1.0' in text
    assert 'health_overall_status{aspect="readiness",status="healthy"} 1.0' in text
    assert "policy_reload_success_total 1.0" in text and "policy_reload_failure_total 1.0" in text
