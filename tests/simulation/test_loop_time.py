"""Virtual time on the loop: what waits takes no real time, and the right virtual time."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

import pytest

from pytest_policy_contracts.simulation.clock import VirtualClock, real_time
from pytest_policy_contracts.simulation.errors import Deadlock
from tests.simulation.programs import ended, policies, result


def now() -> float:
    return asyncio.get_running_loop().time()


def test_an_hour_passes_at_once() -> None:
    """A sleep of an hour moves virtual time by an hour and takes no real time."""
    began = real_time["monotonic"]()
    run = ended(lambda: asyncio.sleep(3600, "slept"))

    assert (run.value, run.time) == ("slept", 3600.0)
    assert real_time["monotonic"]() - began < 1


def test_timeouts_are_virtual() -> None:
    """`timeout`, `timeout_at` and `wait_for` expire at their virtual deadlines."""

    async def main() -> list[float]:
        moments = []
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.sleep(3600)
        moments.append(now())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 90)
        moments.append(now())
        async with asyncio.timeout_at(now() + 5):
            await asyncio.sleep(4)
        return [*moments, now()]

    assert result(main) == [30.0, 120.0, 124.0]


def test_a_timeout_in_the_past_expires_at_once() -> None:
    """Timeouts of zero and below end in `TimeoutError` without time passing."""

    async def main() -> float:
        for seconds in (0, -1):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), seconds)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(seconds):
                    await asyncio.sleep(10)
        return now()

    assert result(main) == 0.0


@pytest.mark.parametrize("start", [0.0, 1e6, 1.7e9, 1.7e12])
def test_large_clock_values(start: float) -> None:
    """Sleeps end although the clock is so large that small steps are lost in rounding."""

    async def main() -> str:
        for seconds in (1, 0.1, 0.001, 1e-6):
            await asyncio.sleep(seconds)
        return "ended"

    run = ended(main, clock=VirtualClock(start))

    assert run.value == "ended"
    assert run.loop.steps < 50


def test_ten_days_are_one_step() -> None:
    """Sleeps beyond the longest select of the stock loop need no intermediate steps."""
    assert ended(lambda: asyncio.sleep(10 * 86400)).loop.steps < 10


def test_sleeping_for_ever_is_no_deadline() -> None:
    """An infinite sleep is a deadlock where nothing else can end it, and no moment to arrive at."""

    async def alone() -> None:
        await asyncio.sleep(math.inf)

    run = ended(alone)

    assert isinstance(run.error, Deadlock)
    assert run.loop.deadlines == set()
    assert run.time == 0.0


def test_an_endless_timeout_does_not_move_time() -> None:
    """A timeout of infinity around real work lets time pass as far as the work needs."""

    async def main() -> float:
        async with asyncio.timeout(math.inf):
            await asyncio.sleep(3)
        return now()

    assert result(main) == 3.0


def test_timers_of_the_same_moment_keep_their_order() -> None:
    """Timers with equal deadlines run in the order in which they were set, under every policy."""

    async def main() -> list[int]:
        order: list[int] = []
        loop = asyncio.get_running_loop()
        for number in range(9):
            loop.call_later(1, order.append, number)
        await asyncio.sleep(2)
        return order

    for policy in policies(5):
        assert result(main, policy) == list(range(9))


def test_sleepers_of_the_same_moment_wake_in_order() -> None:
    """In stock order equal sleeps end in the order in which they began, as on a real clock."""

    async def main() -> list[int]:
        order: list[int] = []

        async def sleeper(number: int) -> None:
            await asyncio.sleep(1)
            order.append(number)

        await asyncio.gather(*map(sleeper, range(9)))
        return order

    assert result(main) == list(range(9))


def test_timers_run_in_deadline_order() -> None:
    """Whatever the policy, a timer never runs before one with an earlier deadline."""

    async def main() -> list[float]:
        order: list[float] = []
        loop = asyncio.get_running_loop()
        for deadline in (5, 1, 4, 2, 3, 0.5):
            loop.call_later(deadline, order.append, deadline)
        await asyncio.sleep(9)
        return order

    for policy in policies(5):
        assert result(main, policy) == [0.5, 1, 2, 3, 4, 5]


def test_a_cancelled_timer_never_runs() -> None:
    """A timer that was cancelled neither runs nor holds time up."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        loop.call_later(50, pytest.fail, "the cancelled timer ran").cancel()
        await asyncio.sleep(100)
        return now()

    run = ended(main)
    assert (run.value, run.loop.reported) == (100.0, [])


def test_due_timers_come_after_what_was_ready() -> None:
    """A timer that is due at once waits for its turn as on the stock loop."""

    async def main() -> list[str]:
        order: list[str] = []
        loop = asyncio.get_running_loop()

        def first() -> None:
            loop.call_later(0, order.append, "timer")

        loop.call_soon(first)
        loop.call_soon(lambda: loop.call_soon(order.append, "soon"))
        await asyncio.sleep(1)
        return order

    assert result(main) == asyncio.run(main()) == ["soon", "timer"]


def test_loop_time_is_monotonic_time() -> None:
    """Code that mixes `time.monotonic` and `loop.time` gets one time."""

    async def main() -> float:
        await asyncio.sleep(3)
        assert time.monotonic() == now()
        async with asyncio.timeout_at(time.monotonic() + 5):
            await asyncio.sleep(4)
        return now()

    assert result(main) == 7.0


def test_blocking_sleep_is_recorded() -> None:
    """`time.sleep` on the loop's thread lets the time pass for everybody and is noted with its place."""

    async def main() -> tuple[float, float]:
        began = now()
        time.sleep(2.5)
        return began, now()

    run = ended(main)

    assert run.value == (0.0, 2.5)
    [blocking] = run.loop.clock.blocked
    assert blocking.seconds == 2.5
    assert "in main, `time.sleep(2.5)`" in blocking.place


def test_settling_lets_time_pass_up_to_a_moment() -> None:
    """`settle` runs what is due until the moment, and neither later timers nor a poller for ever."""

    async def main() -> tuple[bool, list[str], float]:
        seen: list[str] = []
        loop: Any = asyncio.get_running_loop()
        loop.call_later(5, seen.append, "in time")
        loop.call_later(50, seen.append, "too late")
        settled = await loop.settle(10.0, max_steps=1000)
        return settled, seen, now()

    assert result(main) == (True, ["in time"], 5.0)


def test_settling_gives_up_on_a_spinning_task() -> None:
    """`settle` says no when something spins without letting time pass."""

    async def spin() -> None:
        while True:
            await asyncio.sleep(0)

    async def main() -> bool:
        loop: Any = asyncio.get_running_loop()
        task = asyncio.create_task(spin())
        settled: bool = await loop.settle(10.0, max_steps=50)
        task.cancel()
        return settled

    assert result(main) is False


def test_an_alarm_rings_after_so_many_steps() -> None:
    """An alarm is called once, and not at all when it was taken back."""

    async def main() -> list[str]:
        rung: list[str] = []
        loop: Any = asyncio.get_running_loop()
        loop.set_alarm(3, lambda: rung.append("rung"))
        for _ in range(10):
            await asyncio.sleep(0)
        loop.set_alarm(3, lambda: rung.append("taken back"))
        loop.clear_alarm()
        for _ in range(10):
            await asyncio.sleep(0)
        return rung

    assert result(main) == ["rung"]


def test_latencies_vary_sleeps_only_where_asked() -> None:
    """While latencies vary a sleep may take some milliseconds longer; a timeout never does."""

    async def main() -> list[float]:
        loop: Any = asyncio.get_running_loop()
        loop.varies_latencies = True
        await asyncio.sleep(1)
        slept = now()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.Event().wait()
        return [slept, now() - slept]

    seen = [result(main, policy) for policy in policies(10)]
    assert {round(limit, 9) for _, limit in seen} == {1.0}
    assert len({slept for slept, _ in seen}) > 1
    assert all(1.0 <= slept <= 1.003 for slept, _ in seen)
