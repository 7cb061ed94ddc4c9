"""Everything built on locks, and every thread the subject starts, behaves as on plain threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from pytest_policy_contracts.simulation.clock import real_time
from pytest_policy_contracts.simulation.policies import PCT, POS, RandomWalk
from tests.simulation.threads import waiting
from tests.simulation.threads.worlds import scheduler, values, world


@pytest.mark.parametrize("program", waiting.PROGRAMS, ids=lambda program: program.__name__)
@pytest.mark.parametrize("granularity", ["none", "line", "gil"])
def test_as_on_plain_threads(program: Callable[[], object], granularity: str) -> None:
    """A program that waits ends in the same answer under every schedule as on plain threads."""
    expected = program()
    with world(waiting) as clock:
        for seed in range(25):
            policy = [RandomWalk(seed), PCT(seed, 3, 60), POS(seed)][seed % 3]
            threads = scheduler(clock, policy, waiting.__file__, granularity=granularity)
            assert values(threads.run(program)) == [expected]
            assert threads.left_running == []
            assert threads.deterministic


def test_sleep_is_virtual() -> None:
    """An hour of sleep on two threads passes at once, and wakes them in the order of their deadlines."""
    woken: list[tuple[str, float]] = []

    def sleeper(name: str, seconds: float) -> None:
        time.sleep(seconds)
        woken.append((name, time.monotonic()))

    began = real_time["monotonic"]()
    with world() as clock:
        values(scheduler(clock).run(lambda: sleeper("late", 3600), lambda: sleeper("early", 1800.5)))
        assert clock.now == 3600
    assert woken == [("early", 1800.5), ("late", 3600)]
    assert real_time["monotonic"]() - began < 5


def test_sleep_zero_makes_room() -> None:
    """`time.sleep(0)` lets the other thread go on, so that polling loops end also first in first out."""
    flags: list[str] = []

    def poll() -> int:
        rounds = 0
        while not flags:
            rounds += 1
            time.sleep(0)
        return rounds

    with world() as clock:
        assert values(scheduler(clock).run(poll, lambda: flags.append("set"))) == [1, None]


def test_timeout_is_virtual() -> None:
    """A wait with a timeout takes exactly that much virtual time, and none when it succeeds."""
    with world() as clock:
        lock = threading.Lock()
        lock.acquire()
        assert values(scheduler(clock).run(lambda: lock.acquire(timeout=30))) == [False]
        assert clock.now == 30
        lock.release()
        assert values(scheduler(clock).run(lambda: lock.acquire(timeout=30))) == [True]
        assert clock.now == 30


def test_a_timeout_and_a_release_at_the_same_time() -> None:
    """A waiter whose lock is freed at the very moment of its timeout gets either answer, and never hangs."""
    answers = set()
    with world() as clock:
        for seed in range(30):
            lock = threading.Lock()

            def hold(lock: threading.Lock = lock) -> None:
                with lock:
                    time.sleep(10)

            def ask(lock: threading.Lock = lock) -> bool:
                time.sleep(5)
                return lock.acquire(timeout=5)

            answers.add(values(scheduler(clock, RandomWalk(seed)).run(hold, ask))[1])
    assert answers == {True, False}


def test_any_waiter_may_get_the_lock() -> None:
    """Which waiter gets a freed lock is a decision: every order of three turns up."""
    orders = set()
    with world() as clock:
        for seed in range(120):
            lock, order = threading.Lock(), []

            def take(name: int, lock: threading.Lock = lock, order: list[int] = order) -> None:
                with lock:
                    order.append(name)
                    time.sleep(1)

            values(scheduler(clock, RandomWalk(seed)).run(lambda: take(0), lambda: take(1), lambda: take(2)))
            orders.add(tuple(order))
    assert len(orders) == 6


def test_unhandled_error_in_a_started_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in a thread that the subject starts goes to `threading.excepthook`, as always."""
    seen: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(repr(args.exc_value)))

    def start() -> None:
        thread = threading.Thread(target=int, args=("x",))
        thread.start()
        thread.join()

    with world() as clock:
        values(scheduler(clock).run(start))
    assert len(seen) == 1 and seen[0].startswith("ValueError")
