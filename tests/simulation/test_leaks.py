"""What counts as left behind, and what does not."""

from __future__ import annotations

import asyncio
import functools
import gc
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pytest_policy_contracts.simulation.clock import virtual_time
from pytest_policy_contracts.simulation.leaks import (
    Footprint,
    Leak,
    collecting_warnings,
    take_footprint,
    thread_name,
)
from pytest_policy_contracts.simulation.loop import SimulatedLoop

needs_open_files = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="open files are counted from /proc/self/fd"
)


async def poll() -> None:
    await asyncio.get_running_loop().create_future()


async def nap() -> None:
    await asyncio.sleep(60)


def drop_unawaited() -> None:
    """Make a coroutine and drop it."""
    coroutine = poll()
    del coroutine


class Cache:
    def refresh(self) -> None: ...


def start(coroutine: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> object:
    return loop.create_task(coroutine())


def left_by(act: Callable[[asyncio.AbstractEventLoop], object]) -> list[Leak]:
    """What `act` leaves on a loop once every task has reached its first wait."""

    async def main() -> list[Leak]:
        loop = asyncio.get_running_loop()
        before = take_footprint(loop)
        kept = act(loop)
        for _ in range(3):
            await asyncio.sleep(0)
        leaks = take_footprint(loop).minus(before)
        del kept
        return leaks

    return asyncio.run(main())


@contextmanager
def waiting_thread(**options: Any) -> Iterator[threading.Thread]:
    release, arrived = threading.Event(), threading.Event()

    def linger() -> None:
        arrived.set()
        release.wait()

    thread = threading.Thread(target=linger, **options)
    thread.start()
    arrived.wait()
    try:
        yield thread
    finally:
        release.set()
        thread.join()


def test_a_task_left_is_named_with_where_it_waits() -> None:
    """A task is known by its coroutine, and the line it waits at is told."""
    (leak,) = left_by(lambda loop: loop.create_task(poll()))
    assert (leak.kind, leak.name) == ("task", "poll")
    assert leak.where.endswith("in poll, `await asyncio.get_running_loop().create_future()`")


def test_a_sleeping_task_counts_once() -> None:
    """asyncio's own timer for a sleep or a timeout is not counted beside its task."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await asyncio.wait([asyncio.ensure_future(poll())], timeout=60)

    assert [leak.name for leak in left_by(lambda loop: loop.create_task(nap()))] == ["nap"]
    names = [leak.name for leak in left_by(lambda loop: loop.create_task(bounded()))]
    assert sorted(names) == [
        "poll",
        f"{test_a_sleeping_task_counts_once.__name__}.<locals>.bounded",
    ]


def test_more_asyncio_waits_count_once() -> None:
    """`wait_for` and `as_completed` with a timeout count as the tasks that wait."""

    async def waiting() -> None:
        await asyncio.wait_for(poll(), 60)

    async def completing() -> None:
        for future in asyncio.as_completed([poll()], timeout=60):
            await future

    for coroutine in (waiting, completing):
        leaks = left_by(functools.partial(start, coroutine))
        assert {leak.kind for leak in leaks} == {"task"}


def test_a_timer_left_is_named_by_its_callback() -> None:
    """Functions, methods, partials and asyncio's methods set as timers all count."""
    cache = Cache()

    def act(loop: asyncio.AbstractEventLoop) -> object:
        loop.call_later(60, cache.refresh)
        loop.call_later(60, functools.partial(cache.refresh))
        loop.call_later(0, cache.refresh).cancel()
        loop.call_later(60, loop.create_future().cancel)
        return loop

    leaks = left_by(act)
    assert [leak.kind for leak in leaks] == ["timer"] * 3
    assert [leak.name for leak in leaks].count("Cache.refresh") == 2
    assert "in refresh" in next(leak for leak in leaks if leak.name == "Cache.refresh").where


def test_a_timer_that_is_due_still_counts() -> None:
    """A timer waiting among the ready callbacks is pending like any other."""
    loop: Any = asyncio.new_event_loop()
    try:
        handle = loop.call_later(60, Cache().refresh)
        loop._scheduled.remove(handle)
        loop._ready.append(handle)
        assert set(take_footprint(loop).timers) == {"Cache.refresh"}
    finally:
        loop.close()


def test_on_a_simulated_loop_the_same_counts() -> None:
    """In virtual time, too, only the subject's tasks and timers count, due ones included."""
    loop: Any = SimulatedLoop()
    seen: list[list[Leak]] = []

    async def main() -> None:
        before = take_footprint(loop)
        tasks = [loop.create_task(nap()), loop.create_task(poll())]
        loop.call_later(60, Cache().refresh)
        loop.call_at(loop.time(), Cache().refresh)
        loop.call_soon(lambda: seen.append(take_footprint(loop).minus(before)))
        job = loop.run_in_executor(None, time.sleep, 30)
        await asyncio.sleep(0)
        seen.append(take_footprint(loop).minus(before))
        del tasks, job

    with virtual_time():
        try:
            loop.complete(main())
        finally:
            loop.dismantle()
    for leaks in seen:
        found = sorted((leak.kind, leak.name) for leak in leaks)
        assert ("task", "nap") in found and ("task", "poll") in found
        assert {name for kind, name in found if kind == "timer"} == {"Cache.refresh"}
        assert not [leak for leak in leaks if leak.kind == "thread"]


def test_a_thread_left_is_named_without_its_counter() -> None:
    """A thread is known by its name or target, and the line it stands at is told."""
    before = take_footprint(None)
    with waiting_thread(), waiting_thread(name="poller-7"):
        leaks = take_footprint(None).minus(before)
    assert [leak.name for leak in leaks] == ["poller", "thread of linger"]
    assert leaks[0].where.startswith("poller-7 at ")
    assert leaks[0].where.endswith("in linger, `release.wait()`")
    assert take_footprint(None).minus(before) == []


def test_a_restarted_worker_is_no_leak() -> None:
    """As many threads of a name as before are not a leak, whichever they are."""
    with waiting_thread():
        before = take_footprint(None)
    with waiting_thread():
        assert take_footprint(None).minus(before) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("MainThread", "MainThread"),
        ("Thread-3", "thread"),
        ("Thread-12 (poll)", "thread of poll"),
        ("ThreadPoolExecutor-0_1", "ThreadPoolExecutor"),
        ("asyncio_3", "asyncio"),
        ("reload-v2-loop", "reload-v2-loop"),
    ],
)
def test_thread_names_carry_no_counters(name: str, shown: str) -> None:
    """What Python numbers through in a process does not show; digits of the subject's own do."""
    assert thread_name(name) == shown


def test_the_worlds_own_threads_do_not_count() -> None:
    """Threads of the simulation outlive a call by design."""
    before = take_footprint(None)
    with waiting_thread(name="simulated-executor"):
        assert take_footprint(None).minus(before) == []


@needs_open_files
def test_an_open_file_left_is_named_by_its_path(tmp_path: Path) -> None:
    """Files are known by path, sockets and pipes by their kind."""
    before = take_footprint(None)
    with (tmp_path / "state").open("w"), socket.socket():
        leaks = take_footprint(None).minus(before)
    assert [(leak.kind, leak.name) for leak in leaks] == [
        ("file", str(tmp_path / "state")),
        ("file", "socket"),
    ]
    assert leaks[0].where.startswith("file descriptor ")
    assert take_footprint(None).minus(before) == []


def test_the_newest_of_a_name_is_told() -> None:
    """Of several things of one name, the one at a place not seen before is reported."""
    before = Footprint(tasks={"poll": ("a.py:1", "b.py:2")})
    after = Footprint(tasks={"poll": ("a.py:1", "b.py:2", "c.py:3")})
    assert after.minus(before) == [Leak("task", "poll", "c.py:3")]
    assert before.minus(after) == []
    assert Footprint(tasks={"poll": ("a.py:1", "a.py:1")}).minus(Footprint(tasks={"poll": ("a.py:1",)})) == [
        Leak("task", "poll", "a.py:1")
    ]


@pytest.mark.parametrize("action", ["error", "ignore", "default"])
def test_an_unawaited_coroutine_is_collected(action: Any) -> None:
    """A coroutine dropped unawaited is recorded by name, whatever the filters are."""
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        with collecting_warnings() as leaks:
            drop_unawaited()
    assert [(leak.kind, leak.name) for leak in leaks] == [("coroutine", "poll")]
    assert "in poll" in leaks[0].where


def test_the_origin_of_a_coroutine_is_told_when_tracked() -> None:
    """With origin tracking on, the line that made the coroutine is recorded."""
    depth = sys.get_coroutine_origin_tracking_depth()
    sys.set_coroutine_origin_tracking_depth(1)
    try:
        with collecting_warnings() as leaks:
            drop_unawaited()
    finally:
        sys.set_coroutine_origin_tracking_depth(depth)
    assert leaks[0].where.endswith(f"in {drop_unawaited.__name__}")


@pytest.mark.parametrize("action", ["error", "ignore"])
def test_an_unclosed_resource_is_collected(action: Any) -> None:
    """Files, sockets and transports dropped unclosed are recorded, whatever the filters are."""
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        with collecting_warnings() as leaks:
            socket.socket()
            open(__file__).readline()
            gc.collect()
    assert [leak.kind for leak in leaks] == ["resource"] * 2
    assert "unclosed <socket" in leaks[0].name and "unclosed file" in leaks[1].name


def test_a_collected_coroutine_is_not_kept_alive() -> None:
    """Only text is recorded: nothing of the dropped object survives."""
    alive = sum(1 for thing in gc.get_objects() if asyncio.iscoroutine(thing))
    with collecting_warnings():
        drop_unawaited()
    assert sum(1 for thing in gc.get_objects() if asyncio.iscoroutine(thing)) == alive


def test_other_warnings_are_passed_on() -> None:
    """Any other warning takes the way it took before, and everything is put back."""
    shown = warnings._showwarnmsg  # type: ignore[attr-defined]
    with warnings.catch_warnings(record=True) as others:
        warnings.simplefilter("always")
        with collecting_warnings() as leaks:
            warnings.warn("old", DeprecationWarning, stacklevel=1)
            warnings.warn("coroutines are fine", RuntimeWarning, stacklevel=1)
    assert [str(other.message) for other in others] == ["old", "coroutines are fine"]
    assert leaks == []
    assert warnings._showwarnmsg is shown  # type: ignore[attr-defined]
    with pytest.raises(UserWarning), warnings.catch_warnings():
        warnings.simplefilter("error")
        with collecting_warnings():
            warnings.warn("an error stays an error", UserWarning, stacklevel=1)
