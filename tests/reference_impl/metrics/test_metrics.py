"""What is counted, under which names, and how few series there can be."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import hypothesis.strategies as st
import prometheus_client
import pytest
from hypothesis import given
from prometheus_client import CollectorRegistry

from pytest_policy_contracts import GuardConfig, TenantViolation
from reference_impl.guard import TenantGuard, WhitelistEntry
from reference_impl.metrics import Metrics, PrometheusHealthMetrics

ANY = st.text(max_size=5) | st.sampled_from(["completed", "failed", "healthy", "strict", "denied", "closed", "other"])


def series(registry: CollectorRegistry) -> dict[str, float]:
    """Every series as Prometheus writes it, without buckets and moments of creation."""
    found = {}
    for line in prometheus_client.generate_latest(registry).decode().splitlines():
        name, _, value = line.rpartition(" ")
        if not line.startswith("#") and "_bucket{" not in name and "_created" not in name:
            found[name] = float(value)
    return found


def changed(registry: CollectorRegistry, before: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in series(registry).items() if before.get(name) != value}


def test_every_series_is_there_from_the_start() -> None:
    """Before anything happens all series of known labels show zero, or the state in which everything begins."""
    found = series(Metrics().registry)

    for name in (
        "policy_queue_depth",
        "policy_reload_success_total",
        "policy_reload_failure_total",
        'policy_reload_total{status="superseded"}',
        'policy_reload_modules_total{result="timeout"}',
        'policy_rollback_total{outcome="partial"}',
        "policy_reload_duration_seconds_count",
        'tenant_violations_total{action="denied",mode="strict",type="missing_context"}',
        'tenant_violations_total{action="allowed",mode="lenient",type="other"}',
        "tenant_violations_dropped_total",
        "tenant_whitelist_used_total",
        "health_evaluation_duration_seconds_count",
    ):
        assert found[name] == 0.0, name
    assert [name for name, value in found.items() if value] == [
        'policy_breaker_state{state="closed"}',
        'health_overall_status{aspect="health",status="unknown"}',
        'health_overall_status{aspect="readiness",status="unknown"}',
    ]


def test_reloads_are_counted() -> None:
    """Each report of an orchestrator shows in its series; only completed is a success, and only failed a failure."""
    metrics = Metrics()
    before = series(metrics.registry)
    metrics.reload.reload_ended("completed", 0.5)
    metrics.reload.reload_ended("failed", -1.0)
    metrics.reload.reload_ended("noop", 0.0)
    metrics.reload.module_ended("timeout")
    metrics.reload.rolled_back("partial")
    metrics.reload.queue_holds(3)
    metrics.reload.circuit_is("half_open")

    assert changed(metrics.registry, before) == {
        'policy_reload_total{status="completed"}': 1.0,
        'policy_reload_total{status="failed"}': 1.0,
        'policy_reload_total{status="noop"}': 1.0,
        "policy_reload_success_total": 1.0,
        "policy_reload_failure_total": 1.0,
        "policy_reload_duration_seconds_count": 3.0,
        "policy_reload_duration_seconds_sum": 0.5,
        'policy_reload_modules_total{result="timeout"}': 1.0,
        'policy_rollback_total{outcome="partial"}': 1.0,
        "policy_queue_depth": 3.0,
        'policy_breaker_state{state="closed"}': 0.0,
        'policy_breaker_state{state="half_open"}': 1.0,
    }


def test_a_guard_is_counted() -> None:
    """What a guard denies, forgets and excuses shows in its series."""
    metrics = Metrics()
    before = series(metrics.registry)
    config = GuardConfig("strict", max_violations=1)
    guard = TenantGuard(config, entries=[WhitelistEntry("acme", "globex", "friends")], metrics=metrics.guard)
    for kind, target in (("cross_tenant", "globex"), ("cross_tenant", "initech"), ("made up", "globex")):
        try:
            guard.validate_access(TenantViolation(kind, "high", "acme", target))
        except PermissionError:
            continue

    assert changed(metrics.registry, before) == {
        'tenant_violations_total{action="denied",mode="strict",type="cross_tenant"}': 1.0,
        'tenant_violations_total{action="denied",mode="strict",type="other"}': 1.0,
        "tenant_violations_dropped_total": 1.0,
        "tenant_whitelist_used_total": 1.0,
    }


def test_providers_come_and_go() -> None:
    """A provider has its series while it is there, with exactly one status."""
    metrics = Metrics()
    before = series(metrics.registry)
    metrics.health.provider_checked("db", "healthy", 0.25)
    metrics.health.provider_checked("db", "degraded", -0.25)
    metrics.health.evaluated("degraded", "healthy", 0.5)
    found = changed(metrics.registry, before)
    metrics.health.provider_removed("db")
    metrics.health.provider_removed("db")

    assert found['health_check_duration_seconds_count{provider="db"}'] == 2.0
    assert found['health_check_duration_seconds_sum{provider="db"}'] == 0.25
    assert [name for name, value in found.items() if name.startswith("health_status") and value] == [
        'health_status{provider="db",status="degraded"}'
    ]
    assert found['health_overall_status{aspect="readiness",status="healthy"}'] == 1.0
    assert [name for name in series(metrics.registry) if 'provider="' in name] == []


def test_providers_are_bounded() -> None:
    """More providers than there is room for share the label `other`, until one of the others is gone."""
    registry = CollectorRegistry()
    metrics = PrometheusHealthMetrics(registry, max_providers=2)
    for name in ("a", "b", "c", "d"):
        metrics.provider_checked(name, "healthy", 0.0)
    metrics.provider_removed("c")
    metrics.provider_removed("a")
    metrics.provider_checked("d", "healthy", 0.0)

    count = 'health_check_duration_seconds_count{provider="'
    found = {
        name.removeprefix(count).removesuffix('"}'): value for name, value in series(registry).items() if count in name
    }
    assert found == {"b": 1.0, "other": 2.0, "d": 1.0}


@given(st.lists(st.tuples(ANY, ANY, ANY), max_size=20))
def test_no_label_takes_a_value_that_was_made_up(reports: list[tuple[str, str, str]]) -> None:
    """Whatever is reported, there are no more series than the closed sets have combinations."""
    metrics: Any = Metrics()
    for one, two, three in reports:
        metrics.reload.reload_ended(one, 0.0)
        metrics.reload.module_ended(one)
        metrics.reload.rolled_back(one)
        metrics.reload.circuit_is(one)
        metrics.health.evaluated(one, two, 0.0)
        metrics.guard.violation(one, two, three)
    assert len(series(metrics.registry)) <= len(series(Metrics().registry)) + 5 * 4 * 3


def test_two_instances_share_nothing() -> None:
    """What one counts the other does not show, and the global registry shows none of it."""
    one, other = Metrics(), Metrics()
    before = series(other.registry)
    one.guard.dropped()

    assert changed(other.registry, before) == {}
    assert not any(name.startswith(("policy_", "tenant_", "health_")) for name in series(prometheus_client.REGISTRY))


def test_many_threads_may_count() -> None:
    """No count is lost between threads, and every scrape meanwhile shows exactly one state."""
    metrics, start = Metrics(), threading.Barrier(4)

    def count(thread: int) -> list[float]:
        start.wait()
        states = []
        for number in range(50):
            metrics.guard.violation("cross_tenant", "strict", "denied")
            metrics.reload.circuit_is(("closed", "open", "half_open")[(thread + number) % 3])
            found = series(metrics.registry)
            states.append(sum(value for name, value in found.items() if name.startswith("policy_breaker_state")))
        return states

    with ThreadPoolExecutor(4) as pool:
        states = [one for found in pool.map(count, range(4)) for one in found]
    name = 'tenant_violations_total{action="denied",mode="strict",type="cross_tenant"}'
    assert set(states) == {1.0} and series(metrics.registry)[name] == 200.0


def test_a_name_is_taken_once() -> None:
    """Two sets of metrics in one registry are refused by the library, those of states included."""
    metrics = Metrics()
    with pytest.raises(ValueError, match="Duplicated"):
        PrometheusHealthMetrics(metrics.registry)
