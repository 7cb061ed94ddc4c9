"""Many reports, one answer: what counts, and in which order it is shown [AGG-001, AGG-002, AGG-011, AGG-013]."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_policy_contracts import AggregatorConfig
from reference_impl.errors import ConfigurationError, DuplicateNameError, UnknownNameError
from reference_impl.health import HealthService
from tests.reference_impl.health.fakes import Scripted, answers, brief, report, run, says, statuses

BADNESS = ["healthy", "degraded", "unhealthy"]
STATUSES = st.sampled_from(["healthy", "DEGRADED", "Unhealthy", "unknown"])


def worst(found: list[str]) -> str:
    plain = ["unhealthy" if one == "unknown" else one for one in map(str.lower, found)]
    return max(plain, key=BADNESS.index, default="healthy")


@given(st.lists(st.tuples(STATUSES, st.booleans(), st.booleans()), max_size=5))
def test_the_worst_counts_and_what_is_optional_only_for_health(parts: list[tuple[str, bool, bool]]) -> None:
    """Health is the worst of all, readiness of what neither its provider nor itself calls optional; unknown is unhealthy."""

    async def main() -> Any:
        service = HealthService()
        for number, (status, registered, said) in enumerate(parts):
            service.add_provider(f"p{number}", Scripted(says(status, optional=said)), optional=registered)
        return await service.check()

    needed = [status for status, registered, said in parts if not (registered or said)]
    assert statuses(run(main)) == (worst([status for status, _, _ in parts]), worst(needed))


def test_reports_come_by_the_names_of_their_providers() -> None:
    """Whoever is added or answers first, the order is that of the names, and within a provider its own."""

    async def main() -> list[Any]:
        service = HealthService()
        for name, seconds in (("b", 0.1), ("c", 0.0), ("a", 0.2)):
            reports = [report(name, "healthy", component) for component in ("z", "y")]

            async def step(seconds: float = seconds, reports: list[Any] = reports) -> list[Any]:
                await asyncio.sleep(seconds)
                return reports

            service.add_provider(name, Scripted(step))
        return [(one.module, one.component) for one in (await service.check()).reports]

    assert run(main) == [("a", "z"), ("a", "y"), ("b", "z"), ("b", "y"), ("c", "z"), ("c", "y")]


def test_answers_share_nothing() -> None:
    """What one caller does to its answer, or a provider to what it answered, shows in no other answer."""
    details = {"pool": {"hosts": ["a"]}}

    async def main() -> list[Any]:
        service = HealthService()
        service.add_provider("a", Scripted(answers([report(details=details)])))
        first, second = await asyncio.gather(service.check(), service.check())
        details["pool"]["hosts"].append("provider")
        first.reports[0].details["pool"]["hosts"].append("caller")
        first.reports.clear()
        return [second.reports[0].details, (await service.check()).reports[0].details]

    assert run(main) == [{"pool": {"hosts": ["a"]}}] * 2


def test_names_are_taken_once_and_known() -> None:
    """A name that is taken and one that nobody has are refused, with a remedy."""
    service = HealthService()
    service.add_provider("a", Scripted())

    with pytest.raises(DuplicateNameError, match="'a' already"):
        service.add_provider("a", Scripted())
    with pytest.raises(UnknownNameError, match=r"no provider 'b'\. There are: a\."):
        service.remove_provider("b")


@pytest.mark.parametrize("settings", [{"cache_ttl": -1}, {"provider_timeout": 0}])
def test_settings_that_cannot_work_are_refused(settings: dict[str, int]) -> None:
    """A negative memory and no time at all are refused before anything runs."""
    config = AggregatorConfig(**{name: timedelta(seconds=value) for name, value in settings.items()})
    with pytest.raises(ConfigurationError):
        HealthService(config)


def test_nobody_to_ask_is_healthy() -> None:
    """Without providers there is nothing to be unhealthy, and a removed one counts no more."""

    async def main() -> list[Any]:
        service = HealthService()
        empty = await service.check()
        service.add_provider("a", Scripted(says("unhealthy")))
        one = await service.check()
        service.remove_provider("a")
        return [statuses(empty), brief(one), statuses(await service.check())]

    assert run(main) == [("healthy", "healthy"), [("m", "unhealthy")], ("healthy", "healthy")]
