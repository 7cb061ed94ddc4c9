"""Reports of anybody's type are read into ours, with the moment since when a status has been [AGG-002, AGG-011]."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, IntEnum
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from pytest_policy_contracts import HealthStatus
from reference_impl.health import HealthService
from reference_impl.health.reading import status_of
from tests.reference_impl.health.fakes import Scripted, answers, hangs, raises, report, run, says


class Named(Enum):
    DEGRADED = object()


class Numbered(IntEnum):
    UNHEALTHY = 2


class Valued(Enum):
    X = "Degraded"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (HealthStatus.DEGRADED, "degraded"), ("HEALTHY", "healthy"), ("unHealthy", "unhealthy"), (Named.DEGRADED, "degraded"),
        (Numbered.UNHEALTHY, "unhealthy"), (Valued.X, "degraded"), ("unknown", "unknown"), ("fine", "unknown"), ("", "unknown"),
        (None, "unknown"), (True, "unknown"), (7, "unknown"), (object(), "unknown"),
    ],
)  # fmt: skip
def test_a_status_is_read_in_any_spelling(said: Any, meant: str) -> None:
    """Words in any case and enums by value or name are understood; what is not understood is unknown, never healthy."""
    assert status_of(said) is HealthStatus(meant)


def since(*script: Any, seconds: float = 10.0, registered: str = "p") -> list[float]:
    """Since when the first report's status has been, in seconds, of checks that are so many seconds apart."""

    async def main() -> list[float]:
        service = HealthService()
        service.add_provider(registered, Scripted(*script))
        begun = datetime.now(UTC)
        moments = []
        for _ in script:
            [one] = (await service.check()).reports
            assert one.observed_since <= one.checked_at
            moments.append((one.observed_since - begun).total_seconds())
            await asyncio.sleep(seconds)
        return moments

    return run(main)  # type: ignore[no-any-return]


def silent(status: str) -> Any:
    """Says a status, and not since when."""
    return answers([SimpleNamespace(module="m", component="c", status=status)])


def test_the_moment_stays_while_the_status_stays() -> None:
    """Where a provider does not say since when, the service remembers."""
    assert since(*map(silent, ["healthy", "HEALTHY", "degraded", "degraded", "healthy"])) == [0, 0, 20, 20, 40]


def test_failures_have_moments_too() -> None:
    """Reports that the service makes of errors say since when there have been such, and forget a spell that is over."""
    assert since(raises(ValueError), raises(OSError), silent("unhealthy"), raises(ValueError)) == [0, 0, 20, 30]
    assert since(hangs, hangs, seconds=5.0) == [5, 5]


def test_a_providers_own_moment_is_kept() -> None:
    """A moment that a provider gives is believed, unless it is later than the check or has no time zone."""
    long_ago = datetime(2001, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    late, naive = datetime(2100, 1, 1, tzinfo=UTC), datetime(2001, 1, 1)

    async def main() -> list[datetime]:
        service = HealthService()
        for name, moment in (("a", long_ago), ("b", late), ("c", naive), ("d", "yesterday")):
            service.add_provider(name, Scripted(says("healthy", observed_since=moment)))
        reports = (await service.check()).reports
        assert [one.observed_since == one.checked_at for one in reports] == [False, True, True, True]
        assert {one.module for one in reports} == {"m"}
        return [reports[0].observed_since]

    assert run(main) == [long_ago]


def test_an_older_check_does_not_move_the_beginning_past_itself() -> None:
    """A provider that answers with an older report than before is not said to be that way only since later."""

    async def main() -> bool:
        before = datetime.now(UTC) - timedelta(hours=1)
        old = SimpleNamespace(module="m", component="c", status="healthy", checked_at=before)
        service = HealthService()
        service.add_provider("a", Scripted(silent("healthy"), answers([old])))
        await service.check()
        [one] = (await service.check(force_refresh=True)).reports
        return one.observed_since == one.checked_at == old.checked_at

    assert run(main)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"a": [1]}, {"a": [1]}),
        (MappingProxyType({"a": (1,)}), {"a": (1,)}),
        (None, {}),
        ([1], {}),
        ({"lock": threading.Lock()}, {"omitted": "cannot be copied (TypeError)"}),
    ],
)
def test_details_are_copied_or_left_out(given: Any, read: dict[str, Any]) -> None:
    """Details keep their values; those that cannot be copied are left out, and the status is told all the same."""

    async def main() -> Any:
        service = HealthService()
        service.add_provider("a", Scripted(answers([report(status="degraded", details=given)])))
        [one] = (await service.check()).reports
        return one.status, one.details

    assert run(main) == ("degraded", read)
