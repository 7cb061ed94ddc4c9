"""How a run ends: results, errors, deadlocks, endless loops, exits, and what is left over."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Any

import pytest

from pytest_policy_contracts.simulation.errors import Deadlock, Livelock
from pytest_policy_contracts.simulation.loop import SimulatedLoop
from pytest_policy_contracts.simulation.policies import RandomWalk
from tests.simulation.programs import ended, result


def test_an_error_is_raised() -> None:
    """What the main coroutine raises comes out of the run."""

    async def main() -> None:
        raise LookupError("not here")

    with pytest.raises(LookupError, match="not here"):
        result(main)


def test_a_deadlock_says_who_waits_where() -> None:
    """Two tasks that wait for each other end the run at once, and the message shows both lines."""

    async def main() -> None:
        one, other = asyncio.Lock(), asyncio.Lock()

        async def move(first: asyncio.Lock, second: asyncio.Lock) -> None:
            async with first:
                await asyncio.sleep(0)
                await second.acquire()

        async with asyncio.TaskGroup() as group:
            group.create_task(move(one, other), name="there")
            group.create_task(move(other, one), name="back")

    error = ended(main).error

    assert isinstance(error, Deadlock)
    line = r"at tests/simulation/test_loop_ends\.py:\d+ in move, `await second\.acquire\(\)`"
    assert re.search(f"there {line}", str(error))
    assert re.search(f"back {line}", str(error))
    assert re.search(r"main at tests/.*async with asyncio\.TaskGroup\(\)", str(error))


def test_a_livelock_says_who_runs() -> None:
    """A program that spins without letting time pass ends after its budget of steps."""

    async def main() -> None:
        while True:
            await asyncio.sleep(0)

    run = ended(main, max_steps=500)

    assert isinstance(run.error, Livelock)
    assert "500 steps without an end" in str(run.error)
    assert "main at tests/simulation/test_loop_ends.py:" in str(run.error)
    assert run.loop.steps <= 500 + 10


def test_a_livelock_still_lets_the_program_clean_up() -> None:
    """The task that was about to run when the budget ended is cancelled like every other one."""
    cleaned: list[str] = []

    async def main() -> None:
        try:
            while True:
                await asyncio.sleep(0)
        finally:
            cleaned.append("cleaned")

    for policy in (None, RandomWalk(1)):
        run = ended(main, policy, max_steps=100)
        assert (isinstance(run.error, Livelock), run.stubborn) == (True, [])
    assert cleaned == ["cleaned", "cleaned"]


def test_an_exit_in_a_task_is_noted() -> None:
    """`SystemExit` in a task neither ends the process nor the run; it is written down."""

    async def leave() -> None:
        sys.exit("no disk")

    async def main() -> str:
        task = asyncio.create_task(leave())
        await asyncio.wait([task])
        return "went on"

    run = ended(main)

    assert run.value == "went on"
    assert [str(one) for one in run.loop.exits] == ["no disk"]


def test_an_exit_in_a_callback_is_noted() -> None:
    """`SystemExit` in a callback is written down as well."""

    async def main() -> str:
        asyncio.get_running_loop().call_soon(sys.exit, 3)
        await asyncio.sleep(1)
        return "went on"

    run = ended(main)

    assert run.value == "went on"
    assert [one.args for one in run.loop.exits] == [(3,)]


def test_stopping_the_loop_is_an_exit() -> None:
    """A program that stops the loop it runs on does not stop the world, and it is written down."""

    async def main() -> str:
        asyncio.get_running_loop().stop()
        await asyncio.sleep(5)
        return "went on"

    run = ended(main)

    assert run.value == "went on"
    assert [str(one) for one in run.loop.exits] == ["the event loop was stopped"]


def test_errors_in_callbacks_are_reported() -> None:
    """An exception in a callback is kept with its context and ends nothing."""

    async def main() -> str:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await asyncio.sleep(1)
        return "went on"

    run = ended(main)

    assert run.value == "went on"
    assert [type(context["exception"]) for context in run.loop.reported] == [ZeroDivisionError]


def test_leftover_tasks_are_cancelled_oldest_first() -> None:
    """Dismantling cancels what is left in the order of creation and lets it clean up, which may take time."""
    seen: list[int] = []

    async def linger(number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(30 - number)
            seen.append(number)

    async def main() -> set[asyncio.Task[None]]:
        tasks = {asyncio.create_task(linger(number)) for number in range(3)}
        await asyncio.sleep(0)
        return tasks

    run = ended(main)

    assert seen == [2, 1, 0]
    assert run.stubborn == []
    assert all(task.cancelled() for task in run.value)


def test_tasks_that_will_not_end_are_named() -> None:
    """A task that ignores its cancellation is named with the line where it waits."""

    async def ignore() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    async def main() -> asyncio.Task[None]:
        task = asyncio.create_task(ignore(), name="mule")
        await asyncio.sleep(0)
        return task

    run = ended(main)

    assert len(run.stubborn) == 1
    assert re.fullmatch(r"mule at tests/.*:\d+ in ignore, `await asyncio.Event\(\).wait\(\)`", run.stubborn[0])


def test_done_callbacks_run_before_the_end() -> None:
    """Callbacks of tasks that end while the world is dismantled are called: others rely on them to stop threads."""
    called: list[bool] = []

    async def main() -> None:
        task = asyncio.create_task(asyncio.Event().wait())
        task.add_done_callback(lambda one: called.append(one.cancelled()))
        await asyncio.sleep(0)

    ended(main)

    assert called == [True]


def test_a_loop_can_complete_several_coroutines() -> None:
    """Tasks stay as they are between two completions on one loop."""
    loop = SimulatedLoop()

    async def start() -> asyncio.Task[str]:
        return asyncio.create_task(asyncio.sleep(10, "ended"))

    async def wait_for(task: asyncio.Task[str]) -> str:
        return await task

    task = loop.complete(start())
    assert not task.done()
    assert loop.complete(wait_for(task)) == "ended"
    assert loop.dismantle() == []


def test_nothing_stays_behind_in_the_process() -> None:
    """After a run there is no running loop, no hook for generators and no participant."""
    from pytest_policy_contracts.simulation.clock import participants

    hooks = sys.get_asyncgen_hooks()

    async def main() -> None:
        raise LookupError

    ended(main)

    assert asyncio._get_running_loop() is None
    assert sys.get_asyncgen_hooks() == hooks
    assert participants == {}


def test_a_closed_loop_says_so() -> None:
    """Calls on a loop whose world was dismantled are refused."""
    loop: Any = ended(lambda: asyncio.sleep(0)).loop

    for call in (
        lambda: loop.call_soon(print),
        lambda: loop.call_later(1, print),
        lambda: loop.call_soon_threadsafe(print),
        lambda: loop.run_in_executor(None, print),
    ):
        with pytest.raises(RuntimeError, match="closed"):
            call()
