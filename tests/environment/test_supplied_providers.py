"""The providers that the suite supplies do what they are told, and each call is written down."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pytest_policy_contracts.contracts import HealthStatus
from pytest_policy_contracts.environment.supplied_providers import (
    Chronicle,
    EndsLate,
    Hangs,
    IgnoresCancellation,
    KeepsItsReports,
    OwnReport,
    OwnStatus,
    Raises,
    ReturnsAwaitable,
    Says,
    SuppliedProvider,
    SyncProvider,
    number_in,
    plain,
    says,
)
from pytest_policy_contracts.simulation.loop import SimulatedLoop

HEALTHY, DEGRADED, UNHEALTHY = HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.UNHEALTHY


def run(body: Callable[[Chronicle], Awaitable[Any]]) -> tuple[Any, Chronicle]:
    """Run `body` in a world of its own; return what it returned, and what was written down."""
    loop = SimulatedLoop()
    chronicle = Chronicle(loop.clock)

    async def main() -> Any:
        return await body(chronicle)

    try:
        return loop.complete(main()), chronicle
    finally:
        loop.dismantle()


async def cut_off(provider: SuppliedProvider, seconds: float) -> asyncio.Task[Any]:
    """Ask a provider, and cancel that after some seconds."""
    task = asyncio.ensure_future(provider.health_check())
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.sleep(0)
    return task


def test_calls_do_what_is_next_and_the_last_one_stands_for_the_rest() -> None:
    """Each call has a number, which its report tells, and a status that is known before it is answered."""

    async def body(chronicle: Chronicle) -> list[Any]:
        provider = SuppliedProvider("orders", chronicle, says(HEALTHY, seconds=2), says(UNHEALTHY))
        return [(await provider.health_check())[0] for _ in range(3)]

    reports, chronicle = run(body)

    assert [(one.module, number_in(one.message), one.status) for one in reports] == [
        ("orders", 1, HEALTHY), ("orders", 2, UNHEALTHY), ("orders", 3, UNHEALTHY),
    ]  # fmt: skip
    calls = chronicle.calls["orders"]
    assert [(one.number, one.status, one.began_at, one.ended_at) for one in calls] == [
        (1, HEALTHY, 0.0, 2.0), (2, UNHEALTHY, 2.0, 2.0), (3, UNHEALTHY, 2.0, 2.0),
    ]  # fmt: skip
    ticks = [tick for one in calls for tick in (one.began, one.ended)]
    assert ticks == sorted(ticks) and chronicle.times("orders") == 3 and chronicle.times("nobody") == 0


def test_providers_of_one_name_are_told_apart() -> None:
    """Whoever has a name after somebody else is another generation, and its calls go on counting."""

    async def body(chronicle: Chronicle) -> None:
        await SuppliedProvider("guest", chronicle).health_check()
        await SuppliedProvider("guest", chronicle).health_check()

    calls = run(body)[1].calls["guest"]

    assert [(one.generation, one.number) for one in calls] == [(1, 1), (2, 2)]


def test_a_provider_says_several_things_or_none() -> None:
    """Each status is a report on a component of its own; the worst of them is what the call has to be told as."""
    several, none = says(HEALTHY, DEGRADED, optional=True), says()
    reports = several.reports("orders", 1)

    assert [(one.component, one.status, one.optional) for one in reports] == [
        ("main", HEALTHY, True), ("main-2", DEGRADED, True),
    ]  # fmt: skip
    assert several.status is DEGRADED and none.status is HEALTHY and none.reports("orders", 1) == []


def test_statuses_and_reports_may_be_of_other_types() -> None:
    """A word in capitals and an enum of somebody else stand for our statuses, in reports of another type."""
    says_it = Says((OwnStatus.DEGRADED,), make=OwnReport)

    assert isinstance(says_it.reports("orders", 1)[0], OwnReport)
    assert [plain(one) for one in ("Degraded", OwnStatus.DEGRADED, DEGRADED)] == [DEGRADED] * 3


def test_an_error_comes_when_it_is_told_to() -> None:
    """What is raised is made anew for each call, and its call is over."""

    async def body(chronicle: Chronicle) -> list[Any]:
        provider = SuppliedProvider("orders", chronicle, Raises(lambda: KeyError("table"), seconds=1))
        return await asyncio.gather(provider.health_check(), provider.health_check(), return_exceptions=True)

    errors, chronicle = run(body)

    assert [type(one) for one in errors] == [KeyError, KeyError] and errors[0] is not errors[1]
    assert [one.ended_at for one in chronicle.calls["orders"]] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("behaviour", "ended_at"), [(Hangs(), 3.0), (EndsLate(5.0), 8.0), (IgnoresCancellation(10.0), 10.0)]
)
def test_what_hangs_ends_as_it_is_told(behaviour: Any, ended_at: float) -> None:
    """Cut off after three seconds, one ends at once, one after its clean-up, and one when it likes."""

    async def body(chronicle: Chronicle) -> bool:
        task = await cut_off(SuppliedProvider("orders", chronicle, behaviour), 3.0)
        at_once = task.done()
        await asyncio.wait([task])
        return at_once

    at_once, chronicle = run(body)

    assert at_once is isinstance(behaviour, Hangs)
    assert chronicle.calls["orders"][0].ended_at == ended_at


def test_not_every_provider_is_a_coroutine_function() -> None:
    """One answers at once, one returns something to await, and both may raise at once."""

    async def body(chronicle: Chronicle) -> tuple[Any, Any]:
        at_once = SyncProvider("sync", chronicle, says(DEGRADED)).health_check()
        later = ReturnsAwaitable("awaitable", chronicle, says(DEGRADED)).health_check()
        assert inspect.isawaitable(later) and not inspect.iscoroutine(later)
        for kind in (SyncProvider, ReturnsAwaitable):
            with pytest.raises(KeyError):
                kind("failing", chronicle, Raises(lambda: KeyError("table"))).health_check()
        return at_once, await later

    (at_once, later), chronicle = run(body)

    assert at_once[0].status is later[0].status is DEGRADED
    assert all(one.ended for calls in chronicle.calls.values() for one in calls)


def test_a_provider_may_keep_what_it_reports() -> None:
    """The same objects are handed out again and again."""

    async def body(chronicle: Chronicle) -> list[Any]:
        keeper = KeepsItsReports("keeper", chronicle)
        return [await keeper.health_check(), await keeper.health_check(), keeper.kept]

    first, second, kept = run(body)[0]

    assert first is second is kept and kept[0].details == {"pool": {"hosts": ["a", "b"]}}


@pytest.mark.parametrize(
    ("message", "number"), [("call 12 of orders", 12), ("call 12x", 0), ("", 0), (None, 0), ("recall 1", 0)]
)
def test_a_message_without_a_number_tells_none(message: object, number: int) -> None:
    """Only what one of our reports says is taken for the number of a call."""
    assert number_in(message) == number
