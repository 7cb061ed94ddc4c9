"""The wired system, and the demo that shows it."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from pytest_policy_contracts import AggregatorConfig, ConfigChange, ConfigDiff
from reference_impl.app import PolicySystem, SystemConfig
from reference_impl.ports import Event
from tests.reference_impl.orchestrator.parts import Module
from tests.simulation.programs import result

ROOT = Path(__file__).parents[2]


def test_the_demo_shows_what_it_says() -> None:
    """It ends well, says that everybody was taken back, and is plain text where nobody looks at it."""
    done = subprocess.run(
        [sys.executable, "-m", "reference_impl", "demo"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    for told in (
        "rollback complete",
        "applied, rolled back",
        "refused: Too many reloads",
        "denied (TenantMissingError",
    ):
        assert told in done.stdout
    assert "\x1b" not in done.stdout


def test_a_system_that_is_closed_has_told_everything() -> None:
    """Events that wait are delivered before it ends, those of the stopping included, and its parts share one registry."""
    events: list[Event] = []

    async def main() -> PolicySystem:
        config = SystemConfig("/test", health=AggregatorConfig(cache_ttl=timedelta(0)))
        async with PolicySystem(config, events.append) as system:
            system.orchestrator.register("a", Module("a"))
            system.orchestrator.request_reload(ConfigDiff.of([ConfigChange.added("a.x", 1)]))
            assert (await system.health.check()).health == "healthy"
        return system

    system = result(main)
    kinds = [event["type"] for event in events]
    assert {"config.reload.started", "health.evaluated"} <= set(kinds)
    assert any(str(kind).startswith(("config.reload.completed", "config.reload.failed")) for kind in kinds)
    assert {event["source"] for event in events} == {"/test"} and len(system.outbox) == 0
    names = {metric.name for metric in system.metrics.registry.collect()}
    assert {"policy_queue_depth", "health_check_duration_seconds", "tenant_violations"} <= names
