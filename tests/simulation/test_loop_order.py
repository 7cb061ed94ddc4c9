"""Who runs next: what asyncio documents is kept under every policy, and index 0 is the stock loop."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from pytest_policy_contracts.simulation.policies import InOrder, RandomWalk, Recorded
from pytest_policy_contracts.simulation.tasks import SimulatedTask
from tests.simulation.programs import Main, ended, policies, result

needs_eager_tasks = pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are of 3.12")


async def several_callbacks() -> list[object]:
    order: list[object] = []
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(asyncio.sleep(100))
    for number in range(4):
        loop.call_soon(order.append, number)
    loop.call_soon(task.cancel)
    loop.call_soon(lambda: order.append(task.cancelling() > 0))
    loop.call_soon_threadsafe(order.append, "threadsafe")
    loop.call_soon(order.append, "last")
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await asyncio.sleep(1)
    return order


def test_callbacks_keep_their_order() -> None:
    """`call_soon` is first in, first out under every policy, for methods of tasks and threadsafe calls too."""
    expected = [0, 1, 2, 3, True, "threadsafe", "last"]
    assert asyncio.run(several_callbacks()) == expected
    for policy in policies(10):
        assert result(several_callbacks, policy) == expected


def test_tasks_are_reordered() -> None:
    """Other policies than the stock ones let ready tasks run in another order."""

    async def main() -> tuple[int, ...]:
        order: list[int] = []

        async def step(number: int) -> None:
            order.append(number)

        await asyncio.gather(*map(step, range(3)))
        return tuple(order)

    assert result(main) == result(main, InOrder()) == (0, 1, 2)
    assert len({result(main, RandomWalk(seed)) for seed in range(40)}) == 6


async def use_lock() -> object:
    lock, inside = asyncio.Lock(), 0
    most = 0

    async def enter() -> None:
        nonlocal inside, most
        async with lock:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(enter() for _ in range(5)))
    return most


async def use_semaphore() -> object:
    places, inside, most = asyncio.Semaphore(2), 0, 0

    async def enter() -> None:
        nonlocal inside, most
        async with places:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(1)
            inside -= 1

    await asyncio.gather(*(enter() for _ in range(5)))
    return most


async def use_queue() -> object:
    queue: asyncio.Queue[int] = asyncio.Queue(2)
    got: list[int] = []

    async def produce(first: int) -> None:
        for number in range(first, first + 4):
            await queue.put(number)

    async def consume() -> None:
        while True:
            got.append(await queue.get())
            queue.task_done()

    consumers = [asyncio.create_task(consume()) for _ in range(2)]
    await asyncio.gather(produce(0), produce(4))
    await queue.join()
    for consumer in consumers:
        consumer.cancel()
    await asyncio.gather(*consumers, return_exceptions=True)
    return sorted(got)


async def use_event_and_condition() -> object:
    event, condition, woken = asyncio.Event(), asyncio.Condition(), []

    async def wait(number: int) -> None:
        await event.wait()
        async with condition:
            await condition.wait()
            woken.append(number)

    tasks = [asyncio.create_task(wait(number)) for number in range(3)]
    await asyncio.sleep(1)
    event.set()
    await asyncio.sleep(1)
    async with condition:
        condition.notify_all()
    await asyncio.gather(*tasks)
    return sorted(woken)


async def use_barrier() -> object:
    barrier, arrived = asyncio.Barrier(3), []

    async def arrive(number: int) -> int:
        await barrier.wait()
        arrived.append(number)
        await barrier.wait()
        return len(arrived)

    return await asyncio.gather(*map(arrive, range(3)))


async def use_task_group() -> object:
    closed: list[int] = []

    async def work(number: int) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            closed.append(number)

    async def fail() -> None:
        await asyncio.sleep(1)
        raise ValueError("the group's")

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(work(number))
            group.create_task(fail())
    except ExceptionGroup as errors:
        return sorted(closed), [str(error) for error in errors.exceptions]
    return None


async def use_shield() -> object:
    done = asyncio.Event()
    inner = asyncio.create_task(done.wait())
    first = asyncio.create_task(asyncio.wait_for(asyncio.shield(inner), 5))
    second = asyncio.create_task(asyncio.wait_for(asyncio.shield(inner), 50))
    outcomes = []
    with contextlib.suppress(TimeoutError):
        await first
        outcomes.append("the first ended")
    done.set()
    return [*outcomes, await second, inner.cancelled()]


async def use_as_completed_and_wait() -> object:
    async def after(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    completed = [await one for one in asyncio.as_completed([after(3), after(1), after(2)])]
    tasks = [asyncio.create_task(after(seconds)) for seconds in (30, 10)]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    values = [task.result() for task in done]
    await asyncio.wait(pending)
    return completed, values


async def use_streams() -> object:
    reader = asyncio.StreamReader()

    async def feed() -> None:
        for byte in b"one\ntwo\n":
            reader.feed_data(bytes([byte]))
            await asyncio.sleep(0)
        reader.feed_eof()

    task = asyncio.create_task(feed())
    lines = [await reader.readline() for _ in range(3)]
    await task
    return lines


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        (use_lock, 1),
        (use_semaphore, 2),
        (use_queue, list(range(8))),
        (use_event_and_condition, [0, 1, 2]),
        (use_barrier, [3, 3, 3]),
        (use_task_group, ([0, 1, 2], ["the group's"])),
        (use_shield, [True, False]),
        (use_as_completed_and_wait, ([1, 2, 3], [10])),
        (use_streams, [b"one\n", b"two\n", b""]),
    ],
)
def test_the_standard_primitives_keep_their_promises(main: Main, expected: object) -> None:
    """Locks, queues, groups and the rest do under every policy what they are documented to do."""
    for policy in policies(10):
        assert result(main, policy) == expected


def test_context_variables_stay_with_their_task() -> None:
    """What a task sets is seen by that task alone, and by nobody after the run."""
    variable = contextvars.ContextVar("variable", default="outside")

    async def set_and_get(number: int) -> Any:
        variable.set(str(number))
        await asyncio.sleep(0)
        return variable.get()

    async def main() -> tuple[Any, str]:
        return await asyncio.gather(*map(set_and_get, range(4))), variable.get()

    for policy in policies(5):
        assert result(main, policy) == (["0", "1", "2", "3"], "outside")
    assert variable.get() == "outside"


async def numbers(closed: list[str]) -> AsyncIterator[int]:
    try:
        yield 1
        yield 2
    finally:
        closed.append("closed")


def test_a_dropped_generator_is_closed() -> None:
    """An async generator that is left early and dropped is closed by the loop."""
    closed: list[str] = []

    async def main() -> list[str]:
        async for _ in numbers(closed):
            break
        await asyncio.sleep(1)
        return closed

    assert result(main) == ["closed"]


def test_a_held_generator_is_closed_at_the_end() -> None:
    """An async generator that somebody still holds is closed when the world is dismantled."""
    closed: list[str] = []
    held = []

    async def main() -> None:
        generator = numbers(closed)
        held.append(generator)
        await anext(generator)

    run = ended(main)

    assert (closed, run.stubborn, run.loop.reported) == (["closed"], [], [])


def test_a_generator_inside_a_waiting_task_is_closed_after_the_task() -> None:
    """A generator whose task still waits inside it is closed without an error once the task was cancelled."""
    closed: list[str] = []

    async def slow_numbers() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(1000)
            yield 2
        finally:
            closed.append("closed")

    async def consume() -> None:
        async for _ in slow_numbers():
            pass

    async def main() -> None:
        task = asyncio.create_task(consume())
        await asyncio.sleep(1)
        assert not task.done()

    run = ended(main)

    assert (closed, run.stubborn, run.loop.reported) == (["closed"], [], [])


@needs_eager_tasks
def test_eager_tasks_stay_under_control() -> None:
    """The eager factory runs first steps at once, and what follows is still ordered by the policy."""

    async def main() -> tuple[object, ...]:
        order: list[object] = []

        async def step(number: int) -> None:
            order.append(("began", number))
            await asyncio.sleep(0)
            order.append(("ended", number))

        factory: Any = getattr(asyncio, "eager_task_factory")  # noqa: B009  # absent in 3.11
        asyncio.get_running_loop().set_task_factory(factory)
        tasks = [asyncio.create_task(step(number)) for number in range(3)]
        assert order == [("began", 0), ("began", 1), ("began", 2)]
        assert {type(task) for task in tasks} == {SimulatedTask}
        await asyncio.gather(*tasks)
        return tuple(order[3:])

    assert len({result(main, RandomWalk(seed)) for seed in range(30)}) > 1


def own_task_factory(loop: Any, coro: Any, **options: Any) -> asyncio.Task[Any]:
    options.pop("name", None)
    return asyncio.Task(coro, loop=loop, **options)


def test_an_own_task_factory_is_used() -> None:
    """Tasks of a program's own factory are ordered, named and cancelled like ours."""

    async def forever() -> None:
        await asyncio.Event().wait()

    async def main() -> tuple[str, ...]:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(own_task_factory)
        assert loop.get_task_factory() is own_task_factory
        order: list[str] = []

        async def step(name: str) -> None:
            order.append(name)

        tasks = [asyncio.create_task(step(name), name=name) for name in "abc"]
        assert [task.get_name() for task in tasks] == ["a", "b", "c"]
        await asyncio.gather(*tasks)
        asyncio.create_task(forever(), name="left")  # noqa: RUF006  # it is left behind on purpose
        return tuple(order)

    runs = [ended(main, RandomWalk(seed)) for seed in range(20)]
    assert len({run.value for run in runs}) > 1
    assert [run.value for run in runs] == [ended(main, RandomWalk(seed)).value for seed in range(20)]
    assert {tuple(run.stubborn) for run in runs} == {()}
    assert not asyncio.all_tasks(runs[0].loop)


def test_default_names_count_from_the_beginning_of_the_world() -> None:
    """Task names do not depend on what ran in the process before."""

    async def main() -> list[str]:
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(2)]
        tasks.append(asyncio.create_task(asyncio.sleep(0), name="mine"))
        await asyncio.gather(*tasks)
        return [task.get_name() for task in tasks]

    assert result(main) == result(main) == ["task-1", "task-2", "mine"]


def order_of_cancellation() -> list[int]:
    async def main() -> list[int]:
        seen: list[int] = []

        async def child(number: int) -> None:
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                seen.append(number)
                raise

        async def fail() -> None:
            raise ValueError

        with contextlib.suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                for number in range(12):
                    group.create_task(child(number))
                await asyncio.sleep(1)
                group.create_task(fail())
        return seen

    found: list[int] = result(main)
    return found


def order_of_wait() -> list[str]:
    async def main() -> list[str]:
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(12)]
        done, _ = await asyncio.wait(tasks)
        return [task.get_name() for task in done]

    found: list[str] = result(main)
    return found


@pytest.mark.parametrize("order", [order_of_cancellation, order_of_wait])
def test_sets_of_tasks_have_one_order(order: Callable[[], list[object]]) -> None:
    """Where asyncio keeps tasks in sets, their order is that of their numbers and not of their addresses."""
    junk, seen = [], set()
    for number in range(20):
        junk.append([bytearray(number * 37) for _ in range(number)])
        seen.add(tuple(order()))

    assert len(seen) == 1


def test_a_recorded_run_repeats() -> None:
    """The decisions of a run give the same journal again, step by step."""

    async def main() -> object:
        return await use_queue(), await use_task_group()

    for seed in range(10):
        first = ended(main, RandomWalk(seed), journal=[])
        again = ended(main, Recorded(first.loop.choices.decisions, stock=False), journal=[])
        assert again.loop.journal == first.loop.journal
        assert again.loop.choices.decisions == first.loop.choices.decisions
