"""Events and metrics of evaluations [AGG-012, AGG-015]."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_impl.health import HealthService
from tests.reference_impl.health.fakes import Counters, Recorder, Scripted, hangs, raises, run, says, statuses

STATUSES = st.sampled_from(["healthy", "degraded", "unhealthy", "unknown"])


@given(st.lists(st.tuples(STATUSES, STATUSES), min_size=1, max_size=8))
def test_a_change_is_told_exactly_when_there_is_one(evaluations: list[tuple[str, str]]) -> None:
    """Each evaluation is told of, and a change exactly when health or readiness differs from before, first from unknown."""

    async def main() -> tuple[list[tuple[str, str]], list[tuple[str, dict[str, Any]]]]:
        recorder = Recorder()
        service = HealthService(events=recorder)
        service.add_provider("a", Scripted(*(says(needed) for needed, _ in evaluations)))
        service.add_provider("b", Scripted(*(says(other) for _, other in evaluations)), optional=True)
        found = [statuses(await service.check(force_refresh=True)) for _ in evaluations]
        return found, recorder.events

    found, events = run(main)
    expected, before = [], ("unknown", "unknown")
    for one in found:
        expected.append(("health.evaluated", one, None))
        if one != before:
            expected.append(("health.status.changed", one, before))
        before = one
    assert [(kind, both(data), both(data, "previous_")) for kind, data in events] == expected
    assert all(json.dumps(data, allow_nan=False) for _, data in events)


def both(data: dict[str, Any], prefix: str = "") -> tuple[str, str] | None:
    return (data[f"{prefix}health"], data[f"{prefix}readiness"]) if f"{prefix}health" in data else None


def test_a_cached_answer_is_no_evaluation() -> None:
    """Nothing is told of checks that are answered from memory or share an evaluation."""

    async def main() -> list[str]:
        recorder = Recorder()
        service = HealthService(events=recorder)
        service.add_provider("a", Scripted(says("healthy", after=0.1)))
        await asyncio.gather(*(service.check() for _ in range(5)))
        await service.check()
        return recorder.kinds()

    assert run(main) == ["health.evaluated", "health.status.changed"]


@pytest.mark.parametrize("error", [ConnectionError, asyncio.CancelledError, SystemExit, GeneratorExit])
def test_ports_that_raise_change_no_answer(error: type[BaseException], caplog: pytest.LogCaptureFixture) -> None:
    """Whatever events and metrics raise, the answer comes, and the loss is logged without the error's text."""

    class Broken(Counters):
        def evaluated(self, health: str, readiness: str, seconds: float) -> None:
            raise error("secret")

    def then(kind: str) -> None:
        raise error("secret")

    async def main() -> tuple[str, str]:
        service = HealthService(events=Recorder(then), metrics=Broken())
        service.add_provider("a", Scripted())
        return statuses(await service.check())

    assert run(main) == ("healthy", "healthy")
    assert error.__name__ in caplog.text and "secret" not in caplog.text


def test_what_is_counted() -> None:
    """Metrics hear of each provider's worst status and time, of each evaluation, and of providers that are gone."""

    async def main() -> Counters:
        counters = Counters()
        service = HealthService(metrics=counters)
        service.add_provider("a", Scripted(says("healthy", "unknown", after=0.5)))
        service.add_provider("b", Scripted(hangs), optional=True)
        service.add_provider("c", Scripted(raises(ValueError, after=1.0)))
        await service.check()
        service.remove_provider("b")
        return counters

    counters = run(main)
    assert counters.checked == [("a", "unhealthy", 0.5), ("b", "unhealthy", 5.0), ("c", "unhealthy", 1.0)]
    assert (counters.evaluations, counters.removed) == ([("unhealthy", "unhealthy", 5.0)], ["b"])
