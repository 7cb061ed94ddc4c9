"""Primitives are replaced for those who take part, in every place, and for nobody and nowhere else afterwards."""

from __future__ import annotations

import _thread
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_policy_contracts.simulation.clock import VirtualClock, real_time
from pytest_policy_contracts.simulation.errors import Deadlock
from pytest_policy_contracts.simulation.policies import Policy, RandomWalk
from pytest_policy_contracts.simulation.threads import controlled_primitives
from pytest_policy_contracts.simulation.threads.locks import CooperativeLock, CooperativeRLock
from tests.simulation.threads import patched
from tests.simulation.threads.worlds import scheduler, values, world

real_start = threading.Thread.start
real_sleep = real_time["sleep"]


def everything() -> list[object]:
    """What `patched` and the standard modules hold, for comparison."""
    return [
        *vars(patched).values(),
        *vars(patched.Registry).values(),
        *vars(patched.registry).values(),
        *[dict(vars(o)) for o in (patched.signal, patched.flag, patched.gate, patched.line)],
        *vars(threading).values(),
        *vars(threading.Thread).values(),
        *vars(queue).values(),
        *vars(time).values(),
    ]


def plain_thread(call: object) -> list[object]:
    """Run a call on a thread that takes part in nothing."""
    done, seen = _thread.allocate_lock(), []
    done.acquire()

    def work() -> None:
        seen.append(call())  # type: ignore[operator]
        done.release()

    _thread.start_new_thread(work, ())
    assert done.acquire(timeout=5)
    return seen


def test_names_and_objects_are_swapped() -> None:
    """Aliases, module globals, class attributes and attributes of module-level instances become cooperative."""
    with world(patched):
        assert type(patched.lock) is CooperativeLock and patched.same_lock is patched.lock
        assert type(patched.recursive) is CooperativeRLock
        assert type(patched.Registry.shared) is CooperativeLock
        assert type(patched.registry.own) is CooperativeLock
        made = patched.Registry().made
        assert [type(thing) for thing in made[:3]] == [
            CooperativeLock,
            CooperativeRLock,
            CooperativeLock,
        ]
        assert type(made[3]).__name__ == "_PySimpleQueue"


def test_composed_objects_wait_cooperatively() -> None:
    """A condition, event, semaphore or queue made before the world began works between controlled threads."""
    with world(patched) as clock:

        def wait() -> list[object]:
            with patched.signal:
                patched.signal.wait()
            return [patched.flag.wait(), patched.line.get(), patched.gate.acquire()]

        def bring() -> None:
            time.sleep(1)
            with patched.signal:
                patched.signal.notify()
            time.sleep(1)
            patched.flag.set()
            patched.line.put(5)
            time.sleep(1)
            patched.gate.release()

        for seed in range(10):
            threads = scheduler(clock, RandomWalk(seed), patched.__file__)
            assert patched.gate.acquire()
            assert values(threads.run(wait, bring))[0] == [True, 5, True]
            assert threads.deterministic
            patched.flag.clear()
            patched.gate.release()


def test_everything_is_undone() -> None:
    """After the context every name and object is what it was, also when it is nested or left by an error."""
    before = everything()
    with (
        pytest.raises(KeyError),
        controlled_primitives([patched]),
        controlled_primitives([patched]),
    ):
        raise KeyError
    after = everything()
    assert len(before) == len(after)
    assert all(x is y or x == y for x, y in zip(before, after, strict=True))


def test_a_taken_lock_is_left_alone() -> None:
    """A real lock that is taken at entry stays the real lock, because its owner will release that one."""
    with patched.taken, controlled_primitives([patched]):
        assert type(patched.taken) is not CooperativeLock
    assert not patched.taken.locked()


def test_instance_checks_still_hold() -> None:
    """`isinstance(lock, threading.Lock)` holds for cooperative and for real locks while patched."""
    real = threading.Lock()
    with world():
        assert isinstance(threading.Lock(), threading.Lock)
        assert isinstance(real, threading.Lock)
        assert isinstance(threading.RLock(), threading.RLock)
        assert not isinstance(1, threading.Lock)


def test_other_threads_get_real_primitives() -> None:
    """A lock made by a thread that takes part in no world is a real lock, and its threads are real threads."""
    with world():
        kinds = plain_thread(lambda: [type(threading.Lock()), type(threading.RLock())])[0]
        assert kinds == [type(_thread.allocate_lock()), type(_thread.RLock())]

        def start() -> bool:
            flag = threading.Event()
            thread = threading.Thread(target=flag.set)
            thread.start()
            thread.join()
            return flag.wait(1)

        assert plain_thread(start) == [True]


def test_other_threads_keep_real_time() -> None:
    """A thread that takes part in no world sleeps for real and sees the machine's clock."""
    with world():
        began = real_time["monotonic"]()

        def sleep() -> float:
            time.sleep(0.01)
            return time.monotonic()

        assert plain_thread(sleep)[0] >= began + 0.01


def test_other_threads_block_for_real_on_a_cooperative_lock() -> None:
    """A foreign thread that meets a taken cooperative lock waits for real and gets it when it is released."""
    with world():
        lock = threading.Lock()
        seen: list[bool] = []
        done = _thread.allocate_lock()
        done.acquire()

        def work() -> None:
            seen.append(lock.acquire(timeout=0.01))
            seen.append(lock.acquire(timeout=5))
            lock.release()
            done.release()

        lock.acquire()
        _thread.start_new_thread(work, ())
        while not seen:
            real_sleep(0.001)
        lock.release()
        assert done.acquire(timeout=5)
        assert seen == [False, True]


def test_locks_outside_a_run() -> None:
    """Set-up code takes free locks; a taken one is a Deadlock at once, or, with a timeout, time that passes."""
    with world() as clock:
        lock, recursive = threading.Lock(), threading.RLock()
        assert lock.acquire() and recursive.acquire() and recursive.acquire()
        assert lock.locked() and not lock.acquire(blocking=False)
        assert lock.acquire(timeout=5) is False and clock.now == 5
        with pytest.raises(Deadlock, match=r"Lock made at test_patching\.py:"):
            lock.acquire()
        with pytest.raises(Deadlock, match="notification"):
            threading.Event().wait()
        assert threading.Event().wait(2) is False and clock.now == 7


def test_a_lock_survives_its_world() -> None:
    """A cooperative lock that outlives the patches is an ordinary lock for ordinary threads."""
    with world():
        lock = threading.Lock()
    with lock:
        assert plain_thread(lambda: lock.acquire(blocking=False)) == [False]
    assert plain_thread(lambda: lock.acquire(blocking=False)) == [True]


def test_a_thread_that_has_ended_can_be_joined_later() -> None:
    """`join` and `is_alive` of an adopted thread work after the patches are gone."""
    made: list[threading.Thread] = []

    def start() -> None:
        made.append(threading.Thread(target=int))
        made[0].start()
        made[0].join()

    with world() as clock:
        values(scheduler(clock).run(start))
    made[0].join(1)
    assert not made[0].is_alive() and "stopped" in repr(made[0])


def test_threads_of_the_world_with_a_scheduler() -> None:
    """With `scheduler=`, what the world's own thread starts is controlled and runs when the world waits."""
    order: list[str] = []
    clock = VirtualClock()
    with scheduler(clock, Policy()) as threads, controlled_primitives(scheduler=threads):
        started = threading.Event()

        def background() -> None:
            order.append("background")
            started.set()
            time.sleep(10)
            order.append("woken")

        thread = threading.Thread(target=background)
        thread.start()
        order.append("world")
        started.wait()
        values(threads.run(lambda: time.sleep(5)))
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(pow, 2, 3).result() == 8
        thread.join()
    assert order == ["world", "background", "woken"] and clock.now == 10
    assert threading.Thread.start is real_start


def test_a_real_lock_sets_a_thread_aside() -> None:
    """A thread that blocks on something real lets the others go on; the run is flagged, and it ends."""
    real = _thread.allocate_lock()
    real.acquire()
    order: list[str] = []
    with world() as clock:

        def stuck() -> None:
            real.acquire()
            order.append("free")

        def other() -> None:
            order.append("other")
            time.sleep(1)
            real.release()

        threads = scheduler(clock, Policy(), __file__)
        values(threads.run(stuck, other))
    assert order == ["other", "free"] and not threads.deterministic


def test_a_long_computation_is_not_set_aside() -> None:
    """A thread that computes for long in one C call is no blocked thread: the run stays deterministic."""
    if not hasattr(time, "pthread_getcpuclockid"):
        pytest.skip("needs processor clocks per thread")
    threads = scheduler(VirtualClock(), Policy(), __file__)
    values(threads.run(lambda: sum(range(10_000_000)), int))
    assert threads.deterministic


def test_a_foreign_thread_wakes_a_controlled_one() -> None:
    """A controlled thread waits for a lock that a foreign thread holds; this is no Deadlock, but it is flagged."""
    with world() as clock:
        lock = threading.Lock()
        plain_thread(lock.acquire)

        def free() -> None:
            real_sleep(0.05)
            lock.release()

        _thread.start_new_thread(free, ())
        threads = scheduler(clock, Policy(), __file__)
        assert values(threads.run(lock.acquire, int)) == [True, 0]
        assert not threads.deterministic
