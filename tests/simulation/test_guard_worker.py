"""The guard in a worker thread, thread adoption, and a clean exit whatever was left hanging.

What hangs for good does so in a child process of its own, so that this process keeps none of it.
"""

from __future__ import annotations

import contextvars
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import thread as pool_module
from pathlib import Path
from typing import Any

import pytest

from pytest_policy_contracts.simulation import guard
from pytest_policy_contracts.simulation.guard import (
    Guarded,
    Heartbeat,
    abandoned_workers,
    adopted_threads,
    run_in_child,
    run_in_worker,
)
from pytest_policy_contracts.simulation.guard import worker as worker_module
from tests.simulation import hangs

BUDGET_SECONDS = 0.3
PATIENCE_SECONDS = 30.0
in_child = pytest.mark.skipif(not guard.child_available(), reason=guard.child_unavailable_reason() or "available")
HANGS_OF_A_THREAD = [kind for kind in hangs.KINDS if kind.__name__ not in hangs.HOLDS_THE_PROCESS]


def guarded(function: Callable[[], Any], budget: float = PATIENCE_SECONDS) -> Guarded[Any]:
    return run_in_worker(lambda beat: function(), budget_seconds=budget)


def isolated(function: Callable[[], Any]) -> Any:
    """Call `function` in a child process and return or raise what it did."""
    seen = run_in_child(lambda beat: function(), budget_seconds=PATIENCE_SECONDS)
    if seen.error is not None:
        raise seen.error
    assert seen.outcome == "returned", seen
    return seen.value


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition() and time.monotonic() < deadline:
        os.sched_yield()
    return condition()


def is_parked(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_code is worker_module.Parked.__init__.__code__


def test_a_call_that_ends_returns_its_value() -> None:
    """The value comes back as it is, pickled by nobody."""
    value = object()
    seen = guarded(lambda: value)
    assert seen.outcome == "returned" and seen.value is value


def test_one_thread_serves_all_calls() -> None:
    """Calls that end use one daemon thread over and over."""
    idents = {guarded(threading.get_ident).value for _ in range(20)}
    assert len(idents) == 1 and threading.get_ident() not in idents
    assert guarded(lambda: threading.current_thread().daemon).value is True


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(4), KeyboardInterrupt(), GeneratorExit()], ids=repr)
def test_whatever_is_raised_is_returned(error: BaseException) -> None:
    """An exception of any kind comes back as the same object, with its line."""

    def function() -> None:
        raise error

    seen = guarded(function)
    assert seen.outcome == "raised" and seen.error is error
    assert seen.frame.endswith("in function, `raise error`")


def test_the_context_is_a_copy_of_the_callers() -> None:
    """The call sees the caller's context variables, and what it sets stays with it."""
    variable = contextvars.ContextVar("variable", default="unset")
    variable.set("caller")

    def function() -> str:
        seen = variable.get()
        variable.set("call")
        return seen

    assert guarded(function).value == "caller"
    assert variable.get() == "caller"


def test_calls_may_be_nested_and_concurrent() -> None:
    """A guarded call may guard another one."""
    assert guarded(lambda: guarded(lambda: 5).value).value == 5


def test_the_heartbeat_renews_the_budget() -> None:
    """A call may take many budgets as long as its number moves."""

    def function(beat: Heartbeat) -> None:
        for number in range(1, 13):
            beat(number)
            time.sleep(0.1)

    seen = run_in_worker(function, budget_seconds=1)
    assert (seen.outcome, seen.progress) == ("returned", 12)


@in_child
@pytest.mark.parametrize("kind", HANGS_OF_A_THREAD, ids=lambda kind: kind.__name__)
def test_a_hang_is_named_and_the_next_call_is_served(kind: Callable[[], None]) -> None:
    """A thread that hangs gets its verdict in time, and a new worker takes the next call."""

    def scenario() -> tuple[str, str, float, int]:
        with adopted_threads():
            seen = guarded(kind, BUDGET_SECONDS)
            assert guarded(lambda: 6).value == 6
        return seen.outcome, seen.frame, seen.seconds, seen.progress

    outcome, frame, seconds, progress = isolated(scenario)
    assert (outcome, progress) == ("hung", 0)
    assert seconds <= BUDGET_SECONDS + 1
    assert frame.startswith("tests/simulation/hangs.py:")
    assert hangs.FRAME.get(kind.__name__, "") in frame


@in_child
def test_a_busy_thread_is_ended() -> None:
    """Code that lets exceptions pass is ended, and nothing stays."""

    def scenario() -> None:
        guarded(hangs.busy_loop, BUDGET_SECONDS)
        assert abandoned_workers() == 0

    isolated(scenario)


@in_child
@pytest.mark.parametrize("kind", [hangs.swallow_all, hangs.swallow_busy], ids=["sleep", "busy"])
def test_a_thread_that_swallows_everything_is_parked(kind: Callable[[], None]) -> None:
    """Code that swallows every exception is made to stand still instead of burning a core."""

    def scenario() -> None:
        known = set(threading.enumerate())
        guarded(kind, BUDGET_SECONDS)
        assert abandoned_workers() == 1
        (thread,) = set(threading.enumerate()) - known
        assert eventually(lambda: is_parked(thread))

    isolated(scenario)


@in_child
def test_a_call_that_comes_back_late_runs_no_further() -> None:
    """A thread that was given up while it was blocked does nothing more once it is freed."""

    def scenario() -> None:
        lock = threading.Lock()
        lock.acquire()
        late: list[str] = []
        known = set(threading.enumerate())
        guarded(lambda: late.append(str(lock.acquire())), BUDGET_SECONDS)
        (thread,) = set(threading.enumerate()) - known
        lock.release()
        assert eventually(lambda: is_parked(thread))
        assert late == [] and abandoned_workers() == 1

    isolated(scenario)


@in_child
def test_a_hang_in_a_thread_of_the_call_is_named() -> None:
    """When the worker waits in code of ours, the threads started by the call are looked at."""

    def scenario() -> str:
        waiting: dict[str, Any] = {}
        ours = str(Path(guard.__file__).parent / "imagined.py")
        code = "def wait(thread, beat):\n    thread.start()\n    thread.join()\n"
        exec(compile(code, ours, "exec"), waiting)
        thread = threading.Thread(target=hangs.c_lock, daemon=True)
        call: Callable[[Heartbeat], None] = lambda beat: waiting["wait"](thread, beat)  # noqa: E731
        return run_in_worker(call, budget_seconds=BUDGET_SECONDS).frame

    assert "in c_lock, `lock.acquire()`" in isolated(scenario)


@in_child
def test_an_interrupt_while_waiting_gives_the_call_up() -> None:
    """An exception in the waiting caller ends the call, and the next one is served."""

    def scenario() -> Any:
        def call() -> None:
            os.kill(os.getpid(), 2)
            while True:
                pass

        with pytest.raises(KeyboardInterrupt):
            guarded(call)
        assert abandoned_workers() == 0
        return guarded(lambda: 3).value

    assert isolated(scenario) == 3


@in_child
def test_a_forked_child_starts_its_own_worker() -> None:
    """The worker of the parent does not exist in a child, which starts one for itself."""
    assert guarded(lambda: 1).value == 1
    assert isolated(lambda: guarded(lambda: 2).value) == 2


@pytest.mark.parametrize("budget", [0, -1.0])
def test_a_budget_must_be_positive(budget: float) -> None:
    """A budget that nothing can keep is refused with its value."""
    with pytest.raises(ValueError, match=f"budget_seconds is {budget}"):
        guarded(hangs.fine, budget)


def test_threads_started_meanwhile_are_adopted() -> None:
    """Threads of the entering thread, of its threads and of the guard's worker become daemons."""
    inner: list[threading.Thread] = []

    def start_another() -> None:
        inner.append(threading.Thread(target=int))
        inner[-1].start()
        inner[-1].join()

    with adopted_threads() as adoption:
        outer = threading.Thread(target=start_another)
        outer.start()
        outer.join()
        guarded(start_another)
    assert adoption.threads == [outer, *inner]
    assert all(thread.daemon for thread in adoption.threads)
    assert adoption.alive() == []


def test_threads_of_others_are_left_alone() -> None:
    """A thread that has nothing to do with the world starts its threads as it always did."""
    go = threading.Event()
    inner = threading.Thread(target=int)

    def unrelated() -> None:
        go.wait()
        inner.start()
        inner.join()

    outer = threading.Thread(target=unrelated)
    outer.start()
    with adopted_threads() as adoption:
        go.set()
        outer.join()
    assert adoption.threads == [] and not inner.daemon


def test_adoption_composes_with_other_wrappers() -> None:
    """Whatever `Thread.start` was at entry is called, and is put back, also after an exception."""
    started: list[threading.Thread] = []
    real = threading.Thread.start

    def wrapper(thread: threading.Thread) -> None:
        started.append(thread)
        real(thread)

    threading.Thread.start = wrapper  # type: ignore[assignment,method-assign]
    try:
        with pytest.raises(LookupError), adopted_threads() as adoption:
            thread = threading.Thread(target=int)
            thread.start()
            thread.join()
            raise LookupError
        assert threading.Thread.start is wrapper
    finally:
        threading.Thread.start = real  # type: ignore[method-assign]
    assert started == adoption.threads == [thread]


def test_errors_of_start_are_unchanged() -> None:
    """Starting a thread twice, or one that was never initialised, fails as it does everywhere."""

    class Uninitialised(threading.Thread):
        def __init__(self) -> None:
            pass

    with adopted_threads():
        thread = threading.Thread(target=int)
        thread.start()
        with pytest.raises(RuntimeError, match="threads can only be started once"):
            thread.start()
        with pytest.raises(RuntimeError, match=r"thread\.__init__\(\) not called"):
            Uninitialised().start()
        thread.join()


def test_pool_workers_are_unhooked_from_the_exit() -> None:
    """Interpreter exit does not wait for executor threads that were adopted."""
    with adopted_threads() as adoption:
        pool = ThreadPoolExecutor(1)
        pool.submit(int).result()
        assert set(adoption.threads) <= set(pool_module._threads_queues)
    assert adoption.threads and not set(adoption.threads) & set(pool_module._threads_queues)
    pool.shutdown()


_SUITE = f"""
import sys, pytest
sys.path.insert(0, {os.getcwd()!r})
from tests.simulation import hangs
from pytest_policy_contracts.simulation.guard import *

IN_THREAD = [k for k in hangs.KINDS if k.__name__ not in hangs.HOLDS_THE_PROCESS]
name = lambda kind: kind.__name__

@pytest.mark.parametrize("kind", IN_THREAD, ids=name)
def test_in_worker(kind):
    with adopted_threads():
        assert run_in_worker(lambda beat: kind(), budget_seconds=0.1).outcome == "hung"

@pytest.mark.parametrize("kind", hangs.KINDS, ids=name)
def test_in_child(kind):
    seen = run_in_child(lambda beat: kind(), budget_seconds=0.1)
    assert seen.outcome == hangs.ENDING[kind.__name__]

def test_reports_failures():
    assert run_in_child(lambda beat: 1, budget_seconds=30).value == 2
"""


@in_child
@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_an_ordinary_pytest_run_survives_it_all(tmp_path: Path, options: tuple[str, ...]) -> None:
    """A pytest run full of hangs reports each of them, and its process exits."""
    (tmp_path / "test_suite.py").write_text(_SUITE)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", *options, str(tmp_path)]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    total = len(HANGS_OF_A_THREAD) + len(hangs.KINDS)
    assert f"1 failed, {total} passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1 and "warning" not in done.stdout
