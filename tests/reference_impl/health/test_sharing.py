"""When providers are asked, and who gets which answer [AGG-008, AGG-009, AGG-010, AGG-014]."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from pytest_policy_contracts import AggregatorConfig
from pytest_policy_contracts.contracts import AggregatedHealth
from reference_impl.health import HealthService, HealthServiceClosedError
from tests.reference_impl.health.fakes import (
    Blocking,
    Recorder,
    Scripted,
    brief,
    hangs,
    ignores_cancellation,
    now,
    others,
    report,
    run,
    says,
    statuses,
)
from tests.simulation.programs import ended, policies


def service_of(provider: Any, **options: Any) -> HealthService:
    service = HealthService(**options)
    service.add_provider("a", provider)
    return service


# -- memory ------------------------------------------------------------------------------------------------------------


def test_an_answer_is_given_again_for_less_than_its_time() -> None:
    """Just before the TTL is over the answer is the old one, at exactly the TTL and after it a new one."""

    async def main() -> list[int]:
        provider = Scripted(says("healthy", after=0.3))
        service = service_of(provider)
        asked = []
        for seconds in (0, 0.249, 0.25, 0.251):
            await service.check(force_refresh=True)
            await asyncio.sleep(seconds)
            before = provider.asked
            await service.check()
            asked.append(provider.asked - before)
        return asked

    assert run(main) == [0, 0, 1, 1]


def test_without_a_memory_each_caller_causes_an_evaluation() -> None:
    """With a TTL of 0 no answer is given again, and callers at the same time share one all the same."""

    async def main() -> int:
        provider = Scripted()
        service = service_of(provider, config=AggregatorConfig(cache_ttl=timedelta(0)))
        await service.check()
        await asyncio.gather(service.check(), service.check())
        return provider.asked

    assert run(main) == 2


def test_a_cached_answer_comes_without_waiting() -> None:
    """Whoever is answered from memory does not give up its turn."""

    async def main() -> list[str]:
        service = service_of(Scripted())
        await service.check()
        order: list[str] = []
        asyncio.get_running_loop().call_soon(order.append, "somebody else")
        await service.check()
        return [*order]

    assert run(main) == []


# -- one flight for all ------------------------------------------------------------------------------------------------


def test_a_burst_causes_one_evaluation() -> None:
    """A thousand callers, forced ones among them, are answered by one evaluation if it has not begun before they call."""

    async def main() -> tuple[int, int]:
        provider = Scripted(says("healthy", after=0.1))
        service = service_of(provider)
        found = await asyncio.gather(*(service.check(force_refresh=number % 2 == 1) for number in range(1000)))
        return provider.asked, len(found)

    assert run(main) == (1, 1000)


def test_forced_callers_share_the_next_evaluation() -> None:
    """Who forces while an evaluation runs gets the next one, and however many they are it is one."""

    async def main() -> tuple[list[str], list[float], int]:
        provider = Scripted(says("healthy", after=1.0), says("degraded", after=1.0), says("unhealthy", after=1.0))
        service = service_of(provider)
        moments: list[float] = []

        async def call(forced: bool) -> str:
            answer = await service.check(force_refresh=forced)
            moments.append(now())
            return str(answer.health)

        first = asyncio.create_task(call(False))
        await asyncio.sleep(0.5)
        found = await asyncio.gather(first, call(True), call(False), *(call(True) for _ in range(10)))
        return found, moments, provider.asked

    found, moments, asked = run(main)
    assert found == ["healthy", "degraded", "healthy", *["degraded"] * 10]
    assert (moments, asked) == ([1.0] * 2 + [2.0] * 11, 2)


def test_whoever_calls_as_an_evaluation_ends_shares_the_next() -> None:
    """What has just ended is no answer any more where nothing is remembered, and those who queue share the new one."""

    async def main() -> tuple[list[str], int]:
        called: list[asyncio.Task[AggregatedHealth]] = []

        def then(kind: str) -> None:
            if not called:
                called.append(asyncio.create_task(service.check()))

        provider = Scripted(says("healthy", after=1.0), says("degraded", after=1.0), says("unhealthy"))
        service = service_of(provider, config=AggregatorConfig(cache_ttl=timedelta(0)), events=Recorder(then))
        first = asyncio.create_task(service.check())
        await asyncio.sleep(0.5)
        queued = await service.check(force_refresh=True)
        return [str(answer.health) for answer in (await first, queued, await called[0])], provider.asked

    assert run(main) == (["healthy", "degraded", "degraded"], 2)


@pytest.mark.parametrize("cancelled", [0, 1, 2])
def test_one_callers_cancellation_harms_nobody(cancelled: int) -> None:
    """Whichever caller gives up ends at once, and the others get the answer of the one evaluation."""

    async def main() -> tuple[float, list[Any], int]:
        provider = Scripted(says("healthy", after=1.0))
        service = service_of(provider)
        tasks = [asyncio.create_task(service.check()) for _ in range(3)]
        await asyncio.sleep(0.5)
        tasks[cancelled].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks.pop(cancelled)
        ended = now()
        return ended, [brief(await task) for task in tasks], provider.asked

    assert run(main) == (0.5, [[("m", "healthy")]] * 2, 1)


def test_what_has_begun_is_finished_for_the_next_caller() -> None:
    """When the last caller is cancelled the evaluation goes on, and whoever comes then joins it."""

    async def main() -> tuple[float, int]:
        provider = Scripted(says("healthy", after=1.0))
        service = service_of(provider)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(service.check(), 0.9)
        await service.check()
        return now(), provider.asked

    assert run(main) == (1.0, 1)


def test_what_nobody_waits_for_is_not_begun() -> None:
    """A forced caller that is cancelled while it queues causes no evaluation."""

    async def main() -> int:
        provider = Scripted(says("healthy", after=1.0))
        service = service_of(provider)
        first = asyncio.create_task(service.check())
        await asyncio.sleep(0.5)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(service.check(force_refresh=True), 0.1)
        await first
        await asyncio.sleep(5)
        return provider.asked

    assert run(main) == 1


def test_a_stranger_who_cancels_every_task_leaves_nobody_waiting() -> None:
    """When somebody cancels the evaluation itself its callers end as cancelled, and the next one gets an answer."""

    async def main() -> str:
        service = service_of(Scripted(says("healthy", after=1.0)))
        caller = asyncio.create_task(service.check())
        await asyncio.sleep(0.5)
        for task in asyncio.all_tasks() - {caller}:
            if task.get_name() == "health evaluation":
                task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        return str((await service.check()).health)

    assert run(main) == "healthy"


def test_a_clock_that_fails_fails_the_check() -> None:
    """Who cannot tell the time is told so; the caller waits for nothing, and the next evaluation is a new one."""
    readings = [OSError("no clock")] * 3

    def clock() -> Any:
        if readings:
            raise readings.pop()
        return report().checked_at

    async def main() -> str:
        service = service_of(Scripted(), now=clock)
        with pytest.raises(OSError, match="no clock"):
            await service.check()
        return str((await service.check()).health)

    assert run(main) == "healthy"


# -- providers come and go ---------------------------------------------------------------------------------------------


def test_a_change_of_providers_calls_for_a_new_evaluation() -> None:
    """Whoever waits when a provider is added or removed is answered by an evaluation of what there is now."""

    async def main() -> tuple[list[Any], list[str]]:
        recorder = Recorder()
        slow, quick = Scripted(says("unhealthy", after=2.0)), Scripted(says("degraded"))
        service = service_of(slow, events=recorder)
        waiting = [asyncio.create_task(service.check()) for _ in range(2)]
        await asyncio.sleep(1)
        waiting.append(asyncio.create_task(service.check(force_refresh=True)))
        await asyncio.sleep(0)
        service.add_provider("b", quick)
        await asyncio.sleep(1)
        service.remove_provider("a")
        answers = await asyncio.gather(*waiting)
        assert (now(), slow.under_way, slow.asked, quick.asked) == (2.0, 0, 2, 2)
        return [brief(answer) for answer in answers], recorder.kinds()

    assert run(main) == ([[("m", "degraded")]] * 3, ["health.evaluated", "health.status.changed"])


def test_a_change_of_providers_ends_the_memory() -> None:
    """An answer from before a provider came or went is not given again."""

    async def main() -> list[tuple[str, str]]:
        service = service_of(Scripted())
        seen = [statuses(await service.check())]
        service.add_provider("b", Scripted(says("degraded")))
        seen.append(statuses(await service.check()))
        service.remove_provider("b")
        return [*seen, statuses(await service.check())]

    assert run(main) == [("healthy", "healthy"), ("degraded", "degraded"), ("healthy", "healthy")]


def test_a_change_nobody_waits_for_calls_off_what_is_under_way() -> None:
    """When its callers are gone and the providers change, an evaluation is of no use to anybody and ends."""

    async def main() -> tuple[int, int]:
        provider = Scripted(says("healthy", after=2.0))
        service = service_of(provider)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(service.check(), 1)
        service.add_provider("b", Scripted())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert others() == set()
        return provider.under_way, provider.asked

    assert run(main) == (0, 1)


def test_a_listener_may_change_the_providers() -> None:
    """A provider that is added while an evaluation is told of is in the answer of its callers."""

    async def main() -> list[Any]:
        def then(kind: str) -> None:
            if len(recorder.events) == 1:
                service.add_provider("b", Scripted(says("degraded")))

        recorder = Recorder(then)
        service = service_of(Scripted(), events=recorder)
        return [brief(await service.check()), recorder.kinds()]

    both = ["health.evaluated", "health.status.changed"]
    assert run(main) == [[("m", "healthy"), ("m", "degraded")], both * 2]


def test_a_listener_that_changes_the_providers_ends_the_memory() -> None:
    """Also where nobody waits any more, an answer from before the change is not given again."""

    async def main() -> Any:
        def then(kind: str) -> None:
            if len(recorder.events) == 1:
                service.add_provider("b", Scripted(says("degraded")))

        recorder = Recorder(then)
        service = service_of(Scripted(says("healthy", after=1.0)), events=recorder)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(service.check(), 0.5)
        await asyncio.sleep(0.6)
        assert recorder.kinds() == ["health.evaluated", "health.status.changed"]
        return brief(await service.check())

    assert run(main) == [("m", "healthy"), ("m", "degraded")]


# -- closing -----------------------------------------------------------------------------------------------------------


def test_closing_ends_what_is_under_way() -> None:
    """Callers get a clear error at once, providers are cancelled, nothing is left, and no check is possible any more."""

    async def main() -> list[Any]:
        provider = Scripted(hangs)
        service = service_of(provider)
        callers = [asyncio.create_task(service.check(force_refresh=forced)) for forced in (False, False, True)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        callers.append(asyncio.create_task(service.check(force_refresh=True)))
        await asyncio.sleep(1)
        await asyncio.gather(service.close(), service.close())
        await service.close()
        ended = await asyncio.gather(*callers, return_exceptions=True)
        with pytest.raises(HealthServiceClosedError, match="closed"):
            await service.check()
        with pytest.raises(HealthServiceClosedError):
            service.add_provider("b", provider)
        service.remove_provider("a")
        return [now(), provider.under_way, others(), *map(type, ended)]

    assert run(main) == [1.0, 0, set(), *[HealthServiceClosedError] * 4]


def test_closing_right_after_a_change_leaves_nothing() -> None:
    """An evaluation that was called off a moment before the service closes has ended when it has closed."""

    async def main() -> tuple[int, set[str]]:
        provider = Scripted(hangs)
        service = service_of(provider)
        caller = asyncio.create_task(service.check())
        await asyncio.sleep(1)
        service.add_provider("b", Scripted())
        await service.close()
        with pytest.raises(HealthServiceClosedError):
            await caller
        return provider.under_way, others()

    for policy in policies(20):
        assert run(main, policy) == (0, set())


@pytest.mark.parametrize(
    ("provider", "seconds"),
    [
        (lambda: Scripted(ignores_cancellation(5.5)), 5.5),
        (lambda: Scripted(ignores_cancellation(3600)), 6.0),
        (lambda: Blocking(lambda: time.sleep(5.5)), 5.5),
        (lambda: Blocking(lambda: time.sleep(3600)), 6.0),
    ],
)
def test_closing_waits_a_while_for_what_cannot_be_ended(provider: Any, seconds: float) -> None:
    """Calls that go on although they were cut off are waited for, and given up at the end of the grace."""

    async def main() -> float:
        service = service_of(provider())
        await service.check()
        service.remove_provider("a")
        await service.close()
        return now()

    assert ended(main).value == seconds


def test_closing_asks_once_more_to_end() -> None:
    """A call that missed its first cancellation is cancelled again, and not waited for in vain."""

    async def misses_one() -> Any:
        try:
            await hangs()
        except asyncio.CancelledError:
            await hangs()

    async def main() -> float:
        service = service_of(Scripted(misses_one))
        await service.check()
        await service.close()
        return now()

    assert run(main) == 5.0


def test_closing_what_was_never_used_is_nothing() -> None:
    """A service that nobody asked closes at once, again and again."""

    async def main() -> float:
        service = HealthService()
        await service.close()
        await service.close()
        return now()

    assert run(main) == 0.0


def test_an_answer_stays_the_callers_own_after_closing() -> None:
    """What was answered before the service closed can still be read."""

    async def main() -> AggregatedHealth:
        service = service_of(Scripted())
        answer = await service.check()
        await service.close()
        return answer

    assert statuses(run(main)) == ("healthy", "healthy")
