"""Event loops that a program makes itself share the world's time."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from tests.simulation.programs import ended, policies, result


def test_asyncio_run_in_a_job_shares_the_time() -> None:
    """While a nested loop waits the world around it goes on, and both end when they should."""
    journal: list[tuple[str, float]] = []

    async def nested() -> None:
        for _ in range(2):
            await asyncio.sleep(10)
            journal.append(("nested", time.monotonic()))

    async def main() -> float:
        job = asyncio.create_task(asyncio.to_thread(asyncio.run, nested()))
        for _ in range(3):
            await asyncio.sleep(6)
            journal.append(("outer", time.monotonic()))
        await job
        return asyncio.get_running_loop().time()

    assert result(main) == 20.0
    assert journal == [
        ("outer", 6.0),
        ("nested", 10.0),
        ("outer", 12.0),
        ("outer", 18.0),
        ("nested", 20.0),
    ]


def test_a_runner_and_a_loop_of_its_own() -> None:
    """`asyncio.Runner` and `new_event_loop` work in a job as they do outside."""

    async def clock() -> float:
        await asyncio.sleep(5)
        return asyncio.get_running_loop().time()

    def with_runner() -> list[float]:
        with asyncio.Runner() as runner:
            return [runner.run(clock()), runner.run(clock())]

    def with_loop() -> float:
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(clock())
        finally:
            loop.close()

    async def main() -> tuple[list[float], float]:
        return await asyncio.to_thread(with_runner), await asyncio.to_thread(with_loop)

    assert result(main) == ([5.0, 10.0], 15.0)


def test_blocking_in_a_nested_loop_does_not_block_the_world() -> None:
    """`time.sleep` on a nested loop blocks that loop alone, and is not noted as blocking ours."""

    async def nested() -> None:
        time.sleep(10)

    async def main() -> list[float]:
        job = asyncio.create_task(asyncio.to_thread(asyncio.run, nested()))
        await asyncio.sleep(1)
        seen = [asyncio.get_running_loop().time()]
        await job
        return [*seen, asyncio.get_running_loop().time()]

    run = ended(main)
    assert run.value == [1.0, 10.0]
    assert run.loop.clock.blocked == []


def test_messages_reach_an_idle_nested_loop() -> None:
    """A loop that waits on a thread for messages only gets them, from the world around it."""
    inner: list[asyncio.AbstractEventLoop] = []

    async def serve() -> str:
        loop = asyncio.get_running_loop()
        stopped: asyncio.Future[str] = loop.create_future()
        inner.append(loop)
        setattr(loop, "stop_serving", lambda: stopped.set_result("stopped"))  # noqa: B010
        return await stopped

    async def main() -> str:
        job = asyncio.create_task(asyncio.to_thread(asyncio.run, serve()))
        await asyncio.sleep(500)
        loop = inner.pop()
        loop.call_soon_threadsafe(getattr(loop, "stop_serving"))  # noqa: B009
        return await job

    for policy in policies(2):
        assert result(main, policy) == "stopped"


@pytest.mark.parametrize("leaving", [SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_an_exit_leaves_a_nested_loop(leaving: BaseException) -> None:
    """What asks the process to end comes out of `asyncio.run`, as outside, also from one of several tasks."""

    async def leave() -> None:
        raise leaving

    async def several() -> None:
        await asyncio.gather(asyncio.sleep(5), leave(), asyncio.sleep(5))

    def left() -> str:
        try:
            asyncio.run(several())
        except (SystemExit, KeyboardInterrupt) as error:
            return repr(error)
        return "stayed"

    async def main() -> str:
        return await asyncio.to_thread(left)

    assert result(main) == repr(leaving)


def test_a_nested_run_on_the_same_thread_is_refused() -> None:
    """`asyncio.run` inside a coroutine fails as it does outside."""

    async def main() -> None:
        nested = asyncio.sleep(0)
        try:
            asyncio.run(nested)
        finally:
            nested.close()

    with pytest.raises(RuntimeError, match="running event loop"):
        result(main)


def test_a_nested_loop_left_behind_is_ended() -> None:
    """A job whose nested loop still waits when the world ends gives its thread back."""

    async def nested() -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(1000)

    async def main() -> None:
        asyncio.get_running_loop().run_in_executor(None, lambda: asyncio.run(nested()))
        await asyncio.sleep(1)

    ended(main)
    before = threading.active_count()
    for _ in range(10):
        ended(main)
    assert threading.active_count() <= before + 1


def test_other_threads_get_real_loops() -> None:
    """Outside a world `asyncio.new_event_loop` is what it always was."""
    before = asyncio.new_event_loop

    async def main() -> None:
        assert asyncio.new_event_loop is not before

    ended(main)
    assert asyncio.new_event_loop is before
