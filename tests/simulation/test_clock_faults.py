"""Clocks that fail or jump for the program, while the world's own time goes on."""

from __future__ import annotations

import asyncio
import datetime
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.clock import EPOCH, VirtualClock, real_time, virtual_time
from pytest_policy_contracts.simulation.loop import SimulatedLoop
from pytest_policy_contracts.simulation.policies import Policy
from tests.simulation.programs import module_of
from tests.simulation.threads.worlds import scheduler, world

BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
HELD = partial(datetime.datetime.now, datetime.UTC)


class ClockError(OSError):
    """What a clock of the tests fails with."""


WALL: dict[str, Callable[[], Any]] = {
    "time": lambda: time.time(),
    "time_ns": lambda: time.time_ns(),
    "gmtime": lambda: time.gmtime(),
    "localtime": lambda: time.localtime(None),
    "ctime": lambda: time.ctime(),
    "asctime": lambda: time.asctime(),
    "strftime": lambda: time.strftime("%S"),
    "now": lambda: datetime.datetime.now(),
    "now in a zone": lambda: datetime.datetime.now(datetime.UTC),
    "utcnow": lambda: datetime.datetime.utcnow(),
    "datetime.today": lambda: datetime.datetime.today(),
    "date.today": lambda: datetime.date.today(),
}
STEADY: dict[str, Callable[[], Any]] = {
    "monotonic": lambda: time.monotonic(),
    "monotonic_ns": lambda: time.monotonic_ns(),
    "perf_counter": lambda: time.perf_counter(),
    "perf_counter_ns": lambda: time.perf_counter_ns(),
}
READINGS = WALL | STEADY
pytestmark = pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")


def run(main: Callable[[VirtualClock], Any]) -> Any:
    """Run `main(clock)` in a world that has this clock."""
    clock = VirtualClock()
    loop = SimulatedLoop(Choices(Policy()), clock)
    with virtual_time():
        try:
            return loop.complete(main(clock))
        finally:
            loop.dismantle()


@pytest.mark.parametrize("name", READINGS)
def test_a_failing_clock_fails_every_reading(name: str) -> None:
    """While the clock fails, each function that reads it raises that very error, and tells the time again afterwards."""

    async def main(clock: VirtualClock) -> Any:
        error = ClockError("no clock")
        before = READINGS[name]()
        clock.fail_with(error)
        with pytest.raises(ClockError) as raised:
            READINGS[name]()
        clock.fail_with(None)
        return raised.value is error, READINGS[name]() == before

    assert run(main) == (True, True)


def test_a_failing_clock_leaves_conversions_alone() -> None:
    """What is given a time does not read the clock and does not fail."""

    async def main(clock: VirtualClock) -> Any:
        clock.fail_with(ClockError())
        moment = time.gmtime(EPOCH)
        return datetime.datetime.fromtimestamp(EPOCH, datetime.UTC), time.strftime("%Y", moment), time.asctime(moment)

    assert run(main) == (BEGIN, "2026", "Thu Jan  1 00:00:00 2026")


def test_the_loop_goes_on_while_the_clock_fails() -> None:
    """Timers, time limits, sleeps and `loop.time` do not depend on the clock that the program reads."""

    async def main(clock: VirtualClock) -> Any:
        loop = asyncio.get_running_loop()
        clock.fail_with(ClockError())
        await asyncio.sleep(3)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 2)
        time.sleep(1)
        await asyncio.to_thread(time.sleep, 4)
        return loop.time(), clock.now

    assert run(main) == (10.0, 10.0)


def test_time_goes_on_unseen() -> None:
    """A clock that works again tells what has passed meanwhile."""

    async def main(clock: VirtualClock) -> Any:
        clock.fail_with(ClockError())
        await asyncio.sleep(5)
        clock.fail_with(None)
        return time.monotonic(), time.time()

    assert run(main) == (5.0, EPOCH + 5)


def test_the_error_does_not_grow() -> None:
    """An error that is raised a thousand times keeps the traceback of the last time only."""

    async def main(clock: VirtualClock) -> int:
        error = ClockError()
        clock.fail_with(error)
        for _ in range(1000):
            with pytest.raises(ClockError):
                time.monotonic()
        length, trace = 0, error.__traceback__
        while trace is not None:
            length, trace = length + 1, trace.tb_next
        return length

    assert run(main) < 6


def test_logging_fails_with_the_clock() -> None:
    """A log record is stamped on the thread that logs, so that a guard that logs must expect the failure."""
    logger = logging.Logger("guard")  # no logger of the process
    logger.addHandler(logging.NullHandler())

    async def main(clock: VirtualClock) -> None:
        clock.fail_with(ClockError("no clock"))
        with pytest.raises(ClockError):
            logger.warning("denied")
        clock.fail_with(None)
        logger.warning("denied")

    run(main)


def test_jobs_and_held_clocks_fail_too() -> None:
    """A job of an executor reads the same failing clock, and so does a clock that a module holds."""
    module = module_of("from time import monotonic\nCLOCKS = [monotonic]")

    async def main(clock: VirtualClock) -> None:
        clock.fail_with(ClockError())
        with pytest.raises(ClockError):
            await asyncio.to_thread(time.time)
        for held in (module.monotonic, module.CLOCKS[0]):
            with pytest.raises(ClockError):
                held()

    with virtual_time([module]):
        run(main)


def test_other_threads_do_not_notice() -> None:
    """Neither a failing nor a jumping clock is seen by a thread that takes no part in the world."""
    seen: list[float] = []

    async def main(clock: VirtualClock) -> None:
        clock.fail_with(ClockError())
        clock.jump(-1e9)
        outsider = threading.Thread(target=lambda: seen.extend([time.time(), datetime.datetime.now().timestamp()]))
        outsider.start()
        outsider.join()

    run(main)
    assert all(abs(reading - real_time["time"]()) < 60 for reading in seen)


def test_controlled_threads_sleep_while_the_clock_fails() -> None:
    """On controlled threads readings fail, sleeping works, and their scheduler goes on in its own time."""

    def call() -> str:
        time.sleep(2)
        try:
            time.monotonic()
        except ClockError as error:
            return str(error)
        return "no error"

    with world() as clock:
        clock.fail_with(ClockError("no clock"))
        ended = scheduler(clock).run(call, call)
        assert [one.value for one in ended] == ["no clock"] * 2
        assert clock.now == 2.0


def test_a_jump_shifts_wall_clocks_only() -> None:
    """After a jump back the wall clocks are behind, the others and the loop have noticed nothing; jumps add up."""

    async def main(clock: VirtualClock) -> Any:
        await asyncio.sleep(10)
        clock.jump(-3600)
        clock.jump(600)
        wall = time.time(), time.time_ns() / 1e9, datetime.datetime.now(datetime.UTC).timestamp()
        steady = time.monotonic(), time.perf_counter(), time.monotonic_ns() / 1e9, clock.now
        await asyncio.sleep(5)
        return wall, steady, asyncio.get_running_loop().time(), time.time() - wall[0]

    wall, steady, now, passed = run(main)
    assert set(wall) == {EPOCH + 10 - 3000}
    assert set(steady) == {10.0}
    assert (now, passed) == (15.0, 5.0)


@pytest.mark.parametrize("name", WALL)
def test_every_wall_clock_jumps(name: str) -> None:
    """Each function that reads the wall clock sees the jump."""

    async def main(clock: VirtualClock) -> Any:
        before = READINGS[name]()
        clock.jump(-3 * 86400 - 7)
        jumped = READINGS[name]()
        clock.jump(3 * 86400 + 7)
        return before == READINGS[name](), before != jumped

    assert run(main) == (True, True)


@pytest.mark.parametrize("name", STEADY)
def test_no_steady_clock_jumps(name: str) -> None:
    """No function that only measures intervals sees the jump."""

    async def main(clock: VirtualClock) -> bool:
        before = READINGS[name]()
        clock.jump(-86400)
        return bool(before == READINGS[name]())

    assert run(main)


def test_dates_jump_over_midnight() -> None:
    """A jump by a day is seen in the date, and a jump while the clock fails is seen when it works again."""

    async def main(clock: VirtualClock) -> Any:
        today = datetime.date.today()
        clock.fail_with(ClockError())
        clock.jump(-86400)
        with pytest.raises(ClockError):
            time.time()
        clock.fail_with(None)
        return today - datetime.date.today(), HELD()

    assert run(main)[0] == datetime.timedelta(days=1)
