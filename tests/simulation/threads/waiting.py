"""Programs that wait in every way threads can; each returns what it saw. Subjects of `test_waiting.py`."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from typing import Any


def beside(*calls: Callable[[], object]) -> None:
    """Run calls on threads of their own and join them."""
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def condition() -> object:
    """One thread waits for a predicate, another makes it true."""
    ready, items = threading.Condition(), []

    def consume() -> None:
        with ready:
            ready.wait_for(lambda: items)
            items.append("consumed")

    def produce() -> None:
        with ready:
            items.append("made")
            ready.notify_all()

    beside(consume, produce)
    return items


def event() -> object:
    """Two threads wait for an event."""
    flag, seen = threading.Event(), []

    def watch() -> None:
        seen.append(flag.wait())

    beside(watch, watch, flag.set)
    return seen


def semaphore() -> object:
    """At most two of five threads are inside at a time."""
    gate, inside, most = threading.BoundedSemaphore(2), [0], [0]

    def enter() -> None:
        with gate:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.001)
            inside[0] -= 1

    beside(*[enter] * 5)
    return most


def barrier() -> object:
    """Three threads meet; each gets another place in the line."""
    meeting, places = threading.Barrier(3), []
    beside(*[lambda: places.append(meeting.wait())] * 3)
    return sorted(places)


def bounded_queue() -> object:
    """A producer blocks on a full queue, a consumer on an empty one."""
    line: queue.Queue[int] = queue.Queue(maxsize=1)
    taken: list[int] = []

    def produce() -> None:
        for item in range(5):
            line.put(item)

    def consume() -> None:
        for _ in range(5):
            taken.append(line.get())
            line.task_done()

    beside(produce, consume)
    line.join()
    return taken


def simple_queue() -> object:
    """A consumer waits for what comes later."""
    line: queue.SimpleQueue[int] = queue.SimpleQueue()
    taken: list[int] = []
    beside(lambda: taken.append(line.get()), lambda: line.put(7))
    return taken


def pool() -> object:
    """A pool of two works off six jobs."""
    with ThreadPoolExecutor(2) as executor:
        futures = [executor.submit(pow, number, 2) for number in range(6)]
        wait(futures)
        return [future.result() for future in futures], list(executor.map(abs, [-1, -2]))


def pool_error() -> object:
    """An error in a job comes back through its future."""
    with ThreadPoolExecutor(1) as executor:
        error = executor.submit(int, "x").exception()
    return type(error).__name__


def in_order_of_completion() -> object:
    """The order in which a pool's results arrive: not the same on plain threads, but a function of the schedule."""
    with ThreadPoolExecutor(4) as executor:
        futures = [executor.submit(time.sleep, number % 3) for number in range(12)]
        return [futures.index(future) for future in as_completed(futures)]


def timer() -> object:
    """A timer fires, a cancelled one does not."""
    fired: list[str] = []
    first = threading.Timer(0.01, fired.append, ["first"])
    second = threading.Timer(0.02, fired.append, ["second"])
    first.start()
    second.start()
    second.cancel()
    first.join()
    second.join()
    return fired


def reentrant() -> object:
    """A re-entrant lock is taken twice by one thread and excludes another."""
    lock, order = threading.RLock(), []

    def work(name: str) -> None:
        with lock, lock:
            order.append(name)
            time.sleep(0.001)
            order.append(name)

    beside(lambda: work("a"), lambda: work("b"))
    return "".join(sorted(order)), order[0] == order[1]


def timeouts() -> object:
    """Waits that time out say so."""
    lock, line = threading.Lock(), queue.Queue[int]()
    lock.acquire()
    answers: list[Any] = [
        lock.acquire(timeout=0.01),
        lock.acquire(blocking=False),
        threading.Event().wait(0.01),
        threading.Semaphore(0).acquire(timeout=0.01),
    ]
    try:
        line.get(timeout=0.01)
    except queue.Empty:
        answers.append("empty")
    signal = threading.Condition()
    with signal:
        answers.append(signal.wait(0.01))
    return answers


def wrong_use() -> object:
    """What a plain lock refuses, with the plain lock's words."""
    refused = []
    for misuse in (
        lambda: threading.Lock().release(),
        lambda: threading.RLock().release(),
        lambda: threading.Lock().acquire(False, 1),
        lambda: threading.Lock().acquire(True, -2),
        lambda: threading.Lock().acquire(True, 1e20),
        lambda: threading.RLock().acquire(False, 1),
        lambda: threading.Condition().notify(),
        lambda: threading.Condition(threading.Lock()).wait(),
    ):
        try:
            misuse()
        except (RuntimeError, ValueError, OverflowError) as error:
            refused.append(f"{type(error).__name__}: {error}")
    return refused


def thread_states() -> object:
    """A thread is alive from its start to its end, has an identifier, and cannot start twice."""
    hold = threading.Event()
    thread = threading.Thread(target=hold.wait, name="worker")
    states: list[Any] = [thread.is_alive(), thread.ident]
    thread.start()
    states += [thread.is_alive(), isinstance(thread.ident, int), thread in threading.enumerate()]
    thread.join(timeout=0.01)
    states.append(thread.is_alive())
    hold.set()
    thread.join()
    states += [thread.is_alive(), thread.name, thread in threading.enumerate()]
    for again in (thread.start, threading.current_thread().join):
        try:
            again()
        except RuntimeError as error:
            states.append(str(error))
    return states


def locals_are_fresh() -> object:
    """A new thread sees no thread-local value of another."""
    local, seen = threading.local(), []

    def look() -> None:
        seen.append(getattr(local, "value", None))
        local.value = 1

    beside(look, look, look)
    return seen


def own_name() -> object:
    """A thread knows itself."""
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(threading.current_thread().name), name="x")
    thread.start()
    thread.join()
    return seen


PROGRAMS = (
    condition,
    event,
    semaphore,
    barrier,
    bounded_queue,
    simple_queue,
    pool,
    pool_error,
    timer,
    reentrant,
    timeouts,
    wrong_use,
    thread_states,
    locals_are_fresh,
    own_name,
)
