"""Executor jobs: real threads in lock-step with the loop, in virtual time."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading
import time
from typing import Any

import pytest

from pytest_policy_contracts.simulation import jobs
from pytest_policy_contracts.simulation.clock import real_time
from pytest_policy_contracts.simulation.policies import RandomWalk
from tests.simulation.programs import ended, policies, result


def now() -> float:
    return asyncio.get_running_loop().time()


def test_jobs_sleep_side_by_side_in_virtual_time() -> None:
    """Three jobs that sleep for 30 s take 30 virtual seconds together and no real ones."""
    began = real_time["monotonic"]()

    def job(number: int) -> tuple[int, bool]:
        time.sleep(30)
        return number, threading.current_thread() is threading.main_thread()

    async def main() -> tuple[object, float]:
        found = await asyncio.gather(*(asyncio.to_thread(job, number) for number in range(3)))
        return found, now()

    assert result(main) == ([(0, False), (1, False), (2, False)], 30.0)
    assert real_time["monotonic"]() - began < 2


def test_a_job_sees_the_time_of_the_world() -> None:
    """Clocks and sleeps in a job agree with the loop's time."""

    def job() -> list[float]:
        seen = [time.monotonic()]
        time.sleep(5)
        return [*seen, time.monotonic(), time.perf_counter()]

    async def main() -> list[float]:
        await asyncio.sleep(2)
        return [*await asyncio.to_thread(job), now()]

    run = ended(main)
    assert run.value == [2.0, 7.0, 7.0, 7.0]
    assert run.loop.clock.blocked == []


def test_interleavings_of_jobs_repeat() -> None:
    """Jobs switch only where they sleep, in an order that the policy decides."""

    async def main() -> list[str]:
        order: list[str] = []

        def job(name: str) -> None:
            order.append(name)
            time.sleep(1)
            order.append(name)

        await asyncio.gather(*(asyncio.to_thread(job, name) for name in "ab"))
        return order

    first = [result(main, RandomWalk(seed)) for seed in range(20)]
    assert first == [result(main, RandomWalk(seed)) for seed in range(20)]
    assert {tuple(order[:2]) for order in first} == {("a", "b"), ("b", "a")}
    assert result(main) == ["a", "b", "a", "b"]


def test_errors_and_results_come_back() -> None:
    """What a job raises is raised where it is awaited, `StopIteration` as an error like on a real pool."""

    def fail(error: type[BaseException]) -> None:
        raise error("from the job")

    async def main() -> list[str]:
        seen = []
        for error in (ValueError, StopIteration, SystemExit):
            try:
                await asyncio.to_thread(fail, error)
            except (Exception, SystemExit) as raised:
                seen.append(type(raised).__name__)
        return seen

    assert result(main) == ["ValueError", "RuntimeError", "SystemExit"]


@pytest.mark.parametrize("default", [False, True])
def test_a_pool_runs_no_more_jobs_than_it_has_workers(default: bool) -> None:
    """The limits of a program's own pool are kept, also when it is the loop's default."""
    inside = most = 0

    def job() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(1)
        inside -= 1

    async def main() -> float:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            loop = asyncio.get_running_loop()
            if default:
                loop.set_default_executor(pool)
            calls = [loop.run_in_executor(None if default else pool, job) for _ in range(5)]
            await asyncio.gather(*calls)
        return now()

    assert (result(main), most) == (3.0, 2)


def test_pools_do_not_share_their_limits() -> None:
    """A pool that was dropped leaves its limit to no later one."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        for workers in (1, 4):
            with concurrent.futures.ThreadPoolExecutor(workers) as pool:
                await asyncio.gather(*(loop.run_in_executor(pool, time.sleep, 1) for _ in range(4)))
        return now()

    assert result(main) == 5.0


def test_a_pool_that_was_shut_down_refuses() -> None:
    """A job for a pool after its shutdown is refused as by the pool itself."""

    async def main() -> None:
        pool = concurrent.futures.ThreadPoolExecutor(1)
        pool.shutdown()
        await asyncio.get_running_loop().run_in_executor(pool, print)

    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        result(main)


def test_a_job_that_waits_for_a_place_can_be_cancelled() -> None:
    """A cancelled job that had not begun never begins; one that had goes on, as on a real pool."""
    ran: list[str] = []

    def job(name: str) -> None:
        time.sleep(1)
        ran.append(name)

    async def main() -> None:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            loop = asyncio.get_running_loop()
            first, second, third = (loop.run_in_executor(pool, job, name) for name in "abc")
            await asyncio.sleep(0.5)
            first.cancel()
            second.cancel()
            await third

    result(main)
    assert ran == ["a", "c"]


def test_context_variables_go_with_to_thread_and_do_not_stay() -> None:
    """`to_thread` carries the context; what a job sets reaches neither the next job nor the next world."""
    variable = contextvars.ContextVar("variable", default="outside")

    def swap(value: str) -> str:
        before = variable.get()
        variable.set(value)
        return before

    async def main() -> list[str]:
        variable.set("task")
        loop = asyncio.get_running_loop()
        return [
            await asyncio.to_thread(swap, "one"),
            await asyncio.to_thread(swap, "two"),
            await loop.run_in_executor(None, swap, "three"),
            await loop.run_in_executor(None, swap, "four"),
        ]

    assert result(main) == result(main) == ["task", "task", "outside", "outside"]


def test_messages_of_a_job_come_before_its_end() -> None:
    """What a job hands over with `call_soon_threadsafe` is seen before the job counts as ended, in order."""

    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        progress: list[int] = []

        def job() -> None:
            for number in range(3):
                loop.call_soon_threadsafe(progress.append, number)

        await asyncio.to_thread(job)
        return list(progress)

    assert result(main) == asyncio.run(main()) == [0, 1, 2]


def test_a_foreign_thread_is_waited_for() -> None:
    """An answer that a thread of the program's own will give in real time is not overtaken by virtual time."""

    async def main() -> tuple[int, float]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[int] = loop.create_future()
        go = threading.Event()

        def thread() -> None:
            go.wait()
            loop.call_soon_threadsafe(answer.set_result, 7)

        threading.Thread(target=thread, daemon=True).start()
        loop.call_soon(go.set)
        async with asyncio.timeout(30):
            return await answer, loop.time()

    run = ended(main)
    assert run.value == (7, 0.0)


def test_a_job_that_blocks_for_real_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that waits for something real holds nobody up for ever; the run counts as not repeatable."""
    monkeypatch.setattr(jobs, "REAL_WAIT_SECONDS", 0.05)
    released = threading.Event()

    async def main() -> str:
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(None, released.wait)
        await asyncio.sleep(0)
        loop.call_soon(released.set)
        return "released" if await call else "not released"

    run = ended(main)

    assert run.value == "released"
    assert not run.loop.jobs.deterministic


def test_a_slow_job_may_still_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that was let go comes back into lock-step when it sleeps."""
    monkeypatch.setattr(jobs, "REAL_WAIT_SECONDS", 0.05)
    released = threading.Event()

    def job() -> str:
        released.wait()
        time.sleep(20)
        return "slept"

    async def main() -> tuple[str, float]:
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(None, job)
        await asyncio.sleep(0)
        loop.call_soon(released.set)
        return await call, loop.time()

    assert result(main) == ("slept", 20.0)


def test_threads_are_reused() -> None:
    """A thousand runs with jobs, some of them left sleeping, need only a handful of threads."""

    def sleepy() -> None:
        time.sleep(100)

    def stubborn() -> None:
        try:
            time.sleep(100)
        finally:
            time.sleep(100)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        left: list[Any] = [loop.run_in_executor(None, job) for job in (sleepy, stubborn)]
        await asyncio.to_thread(time.sleep, 1)
        assert not any(call.done() for call in left)

    for policy in policies(2):
        ended(main, policy)
    before = threading.active_count()
    for _ in range(200):
        ended(main)
    assert threading.active_count() <= before + 2
