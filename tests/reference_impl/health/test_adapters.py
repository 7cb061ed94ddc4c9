"""Providers made of a function, a fixed status, or other providers."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from pytest_policy_contracts import HealthStatus
from pytest_policy_contracts.contracts import HealthProvider, TemporaryError
from reference_impl.health import CompositeProvider, SimpleProvider, StaticProvider
from tests.reference_impl.health.fakes import (
    Scripted,
    answers,
    hangs,
    ignores_cancellation,
    now,
    raises,
    report,
    run,
    says,
)


def asked(provider: HealthProvider) -> Any:
    """The reports of one check."""

    async def main() -> Any:
        return await provider.health_check()  # type: ignore[misc]

    return run(main)


FINDINGS = [
    (None, "healthy"), (True, "healthy"), (False, "unhealthy"), ("DEGRADED", "degraded"), (HealthStatus.UNKNOWN, "unknown"),
    ("fine", "unknown"), (7, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("found", "status"), FINDINGS)
@pytest.mark.parametrize("kind", ["sync", "async", "returns a coroutine"])
def test_a_function_finds_a_status(found: Any, status: str, kind: str) -> None:
    """A status is taken as it is, yes and nothing are healthy, no is unhealthy, and what is no finding unknown."""
    functions = {
        "sync": lambda: found,
        "async": answers(found),
        "returns a coroutine": lambda: answers(found)(),
    }

    [one] = asked(SimpleProvider("orders", "store", functions[kind], optional=True))

    assert (one.module, one.component, one.status, one.message, one.optional) == ("orders", "store", status, "", True)


@pytest.mark.parametrize(
    ("step", "status", "message", "seconds"),
    [
        (raises(ValueError("hunter2")), "unhealthy", "raised ValueError", 0),
        (raises(TemporaryError), "degraded", "raised TemporaryError", 0),
        (raises(SystemExit), "unhealthy", "raised SystemExit", 0),
        (hangs, "unhealthy", "did not answer within 2 s", 2),
        (ignores_cancellation(2.5), "unhealthy", "did not answer within 2 s", 2),
    ],
)
def test_a_function_that_fails_is_reported_in_its_name(step: Any, status: str, message: str, seconds: float) -> None:
    """An error and a silence are reports of the same component, so that whoever watches it sees them."""

    async def main() -> Any:
        [one] = await SimpleProvider("orders", "store", step).health_check()
        found = one.module, one.component, str(one.status), one.message, now()
        await asyncio.sleep(3)
        return found

    assert run(main) == ("orders", "store", status, message, seconds)


def test_a_function_on_a_thread_is_called_once_while_it_hangs() -> None:
    """A sync function that has not ended is not called again, and is as soon as it has."""

    async def main() -> list[Any]:
        calls = []

        def work() -> None:
            calls.append(now_s())
            time.sleep(5 if len(calls) == 1 else 0)

        provider = SimpleProvider("m", "c", work)
        found = [(brief_status(await provider.health_check()), len(calls)) for _ in range(3)]
        return [*found, now()]

    assert run(main) == [("unhealthy", 1), ("unhealthy", 1), ("healthy", 2), 5.0]


def now_s() -> float:
    return time.monotonic()


def brief_status(reports: Any) -> str:
    [one] = reports
    return str(one.status)


def test_a_function_remembers_since_when() -> None:
    """The moment stays while the status stays, errors included, and moves when it changes."""

    async def main() -> list[float]:
        script = Scripted(answers(True), answers(True), raises(ValueError), answers(False), answers(True))
        provider = SimpleProvider("m", "c", script.health_check)
        seen = []
        for _ in script.script:
            [one] = await provider.health_check()
            seen.append((one.checked_at - one.observed_since).total_seconds())
            await asyncio.sleep(10)
        return seen

    assert run(main) == [0, 10, 0, 10, 0]


def test_a_fixed_status_says_the_same_for_ever() -> None:
    """The status has been since the provider was made, and details belong to whoever asks."""

    async def main() -> list[Any]:
        details = {"build": ["7c1f"]}
        provider = StaticProvider("app", "version", "Degraded", "old", optional=True, details=details)
        details["build"].append("altered")
        await asyncio.sleep(10)
        [first], [second] = [await provider.health_check() for _ in range(2)]
        first.details["build"].append("altered")  # type: ignore[attr-defined]
        since = (second.checked_at - second.observed_since).total_seconds()
        return [second.status, second.message, second.optional, second.details, since]

    assert run(main) == ["degraded", "old", True, {"build": ["7c1f"]}, 10.0]


def test_several_providers_are_one() -> None:
    """One that errs or hangs takes no other with it, and all are asked at the same time."""
    parts = {
        "c": Scripted(raises(ValueError)),
        "b": Scripted(answers([report("b", "degraded"), report("b2")])),
        "a": Scripted(hangs),
        "d": Scripted(says("healthy", after=1.0)),
    }

    async def main() -> Any:
        reports = await CompositeProvider(parts, timeout=timedelta(seconds=3)).health_check()
        return [(one.module, str(one.status)) for one in reports], now()

    assert run(main) == (
        [("a", "unhealthy"), ("b", "degraded"), ("b2", "healthy"), ("c", "unhealthy"), ("m", "healthy")],
        3.0,
    )


@pytest.mark.parametrize("order", [("healthy", "unhealthy", "degraded"), ("unhealthy", "unknown", "healthy")])
def test_the_worse_of_two_with_one_name_is_kept(order: tuple[str, ...]) -> None:
    """Within one answer each component stands once, with the bad news."""
    parts = {f"p{number}": Scripted(says(status)) for number, status in enumerate(order)}

    assert [one.status for one in asked(CompositeProvider(parts))] == ["unhealthy"]
