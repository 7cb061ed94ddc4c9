"""The scheduler: results, order, nesting, observation, and what is left when a run ends."""

from __future__ import annotations

import contextvars
import functools
import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_policy_contracts.simulation.clock import VirtualClock, participants
from pytest_policy_contracts.simulation.errors import Deadlock, Livelock, SimulationError
from pytest_policy_contracts.simulation.policies import Policy, RandomWalk
from pytest_policy_contracts.simulation.threads import ControlledThread, LeftRunning
from pytest_policy_contracts.simulation.threads.controlled import controlled, worlds
from tests.simulation.threads import subjects, waiting
from tests.simulation.threads.worlds import guard_run, scheduler, values, world

HERE = __file__


def start_and_make_room(thread: threading.Thread) -> None:
    """Start a thread and let it run to its first wait."""
    thread.start()
    time.sleep(0)


def test_results_and_errors() -> None:
    """Each call yields its value or its error, in the order of the calls, and an error stops no other call."""

    def fail() -> int:
        raise ValueError("no")

    results = scheduler(VirtualClock()).run(lambda: 1, fail, lambda: 3, names=["a", "b", "c"])
    assert [(r.name, r.value, repr(r.error)) for r in results] == [
        ("a", 1, "None"),
        ("b", None, "ValueError('no')"),
        ("c", 3, "None"),
    ]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_exits_are_results(error: type[BaseException]) -> None:
    """Even an exit or an interrupt raised by the subject is its call's error and harms nobody."""

    def leave() -> None:
        raise error

    threads = scheduler(VirtualClock())
    assert isinstance(threads.run(leave, leave)[1].error, error)
    assert values(threads.run(lambda: 5)) == [5]


def test_an_error_shows_the_subject_first() -> None:
    """The traceback of a call's error begins in the subject, not in the scheduler."""

    def fail() -> None:
        raise ValueError

    error = scheduler(VirtualClock()).run(fail)[0].error
    assert error is not None and error.__traceback__ is not None
    assert error.__traceback__.tb_frame.f_code.co_name == "fail"


def test_wrong_use() -> None:
    """Wrong numbers of names, unknown granularities and nested runs are refused with the reason."""
    threads = scheduler(VirtualClock())
    assert threads.run() == []
    with pytest.raises(ValueError, match="1 names for 2 calls"):
        threads.run(int, int, names=["one"])
    with pytest.raises(ValueError, match="granularity is 'word'"):
        scheduler(VirtualClock(), granularity="word")
    nested = threads.run(lambda: threads.run(int))[0].error
    assert isinstance(nested, SimulationError) and "call 0" in str(nested)


def test_each_call_has_a_context_of_its_own() -> None:
    """A call sees the caller's context variables; what it sets is seen by nobody else."""
    variable = contextvars.ContextVar("variable", default=0)
    variable.set(1)

    def step() -> tuple[int, int]:
        before = variable.get()
        variable.set(before + 1)
        return before, variable.get()

    threads = scheduler(VirtualClock())
    assert values(threads.run(step, step)) == [(1, 2), (1, 2)]
    assert variable.get() == 1


def test_operating_system_threads_are_used_again() -> None:
    """Two hundred runs of three calls need no more than a handful of operating system threads."""
    guard_ids = set()
    with world(subjects) as clock:
        for seed in range(200):
            guard_ids |= set(values(scheduler(clock, RandomWalk(seed)).run(*[threading.get_ident] * 3)))
            guard_run(subjects.CallBetween, clock, RandomWalk(seed))
    assert len(guard_ids) <= 10
    assert not controlled and not worlds


def test_nothing_of_a_run_stays_on_a_used_thread() -> None:
    """Thread-local values, trace functions, names and participation end with the call."""
    local = threading.local()

    def look() -> tuple[object, str, bool]:
        seen = getattr(local, "value", None)
        local.value = 1
        return seen, threading.current_thread().name, threading.current_thread().is_alive()

    threads = scheduler(VirtualClock())
    for _ in range(5):
        assert values(threads.run(look, look)) == [(None, "call 0", True), (None, "call 1", True)]
    assert not controlled and not participants
    assert {t.name for t in threading.enumerate()}.isdisjoint({"call 0", "call 1"})


def test_a_single_call_is_not_traced() -> None:
    """A call that runs alone has no trace function and no switch points of its own."""
    with world(subjects) as clock:
        threads = scheduler(clock, RandomWalk(0))
        guard = subjects.LinesBetween()
        values(threads.run(lambda: guard.record("t0")))
        assert values(threads.run(sys.gettrace)) == [None]
        assert threads.switch_points == 0


@pytest.mark.parametrize("granularity", ["line", "gil", "opcode"])
def test_a_second_thread_turns_tracing_on(granularity: str) -> None:
    """When a lone call starts a thread, the lines it has still to run are switch points, in every frame of it."""

    def racy() -> bool:
        guard = subjects.CallBetween()
        other = threading.Thread(target=subjects.call_twice, args=(guard, "t1"))
        other.start()
        guard.record("t0")
        other.join()
        return guard.complete(3)

    with world(subjects) as clock:
        seen = {
            values(scheduler(clock, RandomWalk(seed), subjects.__file__, HERE, granularity=granularity).run(racy))[0]
            for seed in range(60)
        }
    assert seen == {True, False}


def test_the_same_points_from_the_first_run_on() -> None:
    """A function that never ran before has the same switch points in its first run as later."""
    source = "def fresh(n):\n    total = 0\n    for i in range(n):\n        total += i\n    return total\n"
    journals = []
    for _ in range(2):
        namespace: dict[str, Any] = {}
        exec(compile(source, "/subject/fresh.py", "exec"), namespace)
        for _ in range(2):
            journal: list[str] = []
            threads = scheduler(VirtualClock(), RandomWalk(3), "/subject", journal=journal)
            values(threads.run(*[functools.partial(namespace["fresh"], 3)] * 2))
            journals.append(journal)
    assert all(journal == journals[0] for journal in journals)
    assert "call 0 fresh.py:4" in journals[0]


def test_an_earlier_run_leaves_no_switch_points() -> None:
    """A lone call, and granularity `none`, have no switch points in code that a finer run has watched before."""
    with world(subjects) as clock:
        guard_run(subjects.LinesBetween, clock, RandomWalk(0), granularity="opcode")
        threads = scheduler(clock, RandomWalk(0), granularity="opcode")
        values(threads.run(lambda: subjects.call_twice(subjects.LinesBetween(), "t0")))
        assert threads.switch_points == 0
        assert guard_run(subjects.LinesBetween, clock, RandomWalk(0), granularity="none")[0]


def test_on_point_sees_every_line() -> None:
    """`on_point` is called with the thread and the line before each switch point, even for a lone call."""
    lines: list[tuple[str, int]] = []

    def note(thread: ControlledThread, line: int) -> None:
        lines.append((thread.name, line))

    with world(subjects) as clock:
        guard = subjects.LinesBetween()
        values(scheduler(clock, on_point=note).run(lambda: guard.record("t0")))
    first = subjects.LinesBetween.record.__code__.co_firstlineno
    assert lines == [("call 0", first + offset) for offset in (1, 2, 3, 4)]


def test_a_trace_function_is_put_back() -> None:
    """A debugger's or coverage tool's trace function on the calling thread is the same after a run."""

    def tracer(*args: object) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        with world(subjects) as clock:
            guard_run(subjects.LinesBetween, clock, RandomWalk(0))
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)


def test_collection_is_off_during_a_run_only() -> None:
    """No garbage collection starts in the middle of a run, and it is on again afterwards."""
    assert values(scheduler(VirtualClock()).run(gc.isenabled)) == [False]
    assert gc.isenabled()


def test_deadlock_names_every_waiter() -> None:
    """A Deadlock says who waits for what, who holds it, and on which line; the scheduler has ended."""
    with world() as clock:
        lock, never = threading.Lock(), threading.Event()

        def hold() -> None:
            with lock:
                never.wait()

        def ask() -> bool:
            return lock.acquire()

        threads = scheduler(clock, Policy(), HERE)
        with pytest.raises(Deadlock) as caught:
            threads.run(hold, ask, names=["holder", "asker"])
        text = str(caught.value)
        assert "holder at test_scheduler.py:" in text and "in hold waits for notification" in text
        assert "asker at test_scheduler.py:" in text and ", held by holder" in text
        assert threads.stuck == [] and threads.left_running == []
        with pytest.raises(SimulationError, match="has ended"):
            threads.run(int)
    assert not controlled and not worlds and not participants


def test_a_deadlock_runs_finally_blocks_one_by_one() -> None:
    """The threads of a deadlocked run unwind, one after another, before the error is raised."""
    unwound: list[str] = []
    with world() as clock:

        def wait(name: str) -> None:
            try:
                threading.Event().wait()
            finally:
                unwound.append(name)

        with pytest.raises(Deadlock):
            scheduler(clock).run(lambda: wait("a"), lambda: wait("b"))
    assert unwound == ["a", "b"]


def test_livelock_names_the_frame() -> None:
    """Spinning for ever on a flag that nobody sets is a Livelock with the line that spins."""

    def spin() -> None:
        while True:
            pass

    threads = scheduler(VirtualClock(), RandomWalk(1), HERE, max_switch_points=5000)
    with pytest.raises(Livelock, match=r"5000 switch points .* test_scheduler\.py:\d+ in spin"):
        threads.run(spin, spin)
    assert threads.stuck == []


def test_a_spinning_thread_makes_room() -> None:
    """A loop that waits for another thread ends even when the policy never leaves the running thread."""
    done: list[int] = []

    def spin() -> None:
        while not done:
            pass

    threads = scheduler(VirtualClock(), Policy(), HERE)
    values(threads.run(spin, lambda: done.append(1)))


def test_a_thread_that_swallows_everything() -> None:
    """A thread that catches the end of its run again and again is put to sleep, reported, and others go on."""

    def swallow() -> None:
        while True:
            try:
                time.sleep(1)
                threading.Event().wait()
            except BaseException:
                continue

    with world() as clock:
        threads = scheduler(clock, Policy(), HERE)
        with pytest.raises(Deadlock):
            threads.run(swallow, names=["stubborn"])
        assert threads.stuck == ["stubborn"]
        assert values(scheduler(clock).run(lambda: 1, lambda: 2)) == [1, 2]


def test_threads_left_running_go_on_in_the_next_run() -> None:
    """A thread that outlives the call that started it is listed, stands still, and goes on later."""
    with world() as clock:
        ticks: list[float] = []
        stop = threading.Event()

        def tick() -> None:
            while not stop.wait(1):
                ticks.append(time.monotonic())

        threads = scheduler(clock, Policy(), HERE)
        values(threads.run(lambda: start_and_make_room(threading.Thread(target=tick, name="ticker"))))
        left = threads.left_running
        assert [t.name for t in left] == ["call 0/ticker 1"] and "in tick" in left[0].place
        assert isinstance(left[0], LeftRunning) and list(threads.frames()) == [left[0].name]
        values(threads.run(lambda: time.sleep(3.5)))
        assert ticks == [1.0, 2.0, 3.0]
        values(threads.run(stop.set))
        values(threads.run(lambda: time.sleep(1)))
        assert threads.left_running == []


def test_close_ends_what_is_left() -> None:
    """Closing a scheduler ends its threads, so that no operating system thread stays behind."""
    with world() as clock:
        ended: list[str] = []

        def wait() -> None:
            try:
                threading.Event().wait()
            finally:
                ended.append("ended")

        with scheduler(clock, Policy(), HERE) as threads:
            values(threads.run(lambda: start_and_make_room(threading.Thread(target=wait))))
            assert len(threads.left_running) == 1
        assert ended == ["ended"] and threads.left_running == []
    assert not controlled and not worlds


def test_the_world_can_wait_for_what_it_left_running() -> None:
    """Joining a left thread, or waiting for what it will do, on the world's own thread lets it run."""
    with world() as clock:
        made: list[threading.Thread] = []
        finished = threading.Event()

        def work() -> None:
            time.sleep(60)
            finished.set()
            time.sleep(60)

        def start() -> None:
            made.append(threading.Thread(target=work))
            made[0].start()

        threads = scheduler(clock, Policy(), HERE)
        values(threads.run(start))
        assert finished.wait(10) is False and clock.now == 10
        assert finished.wait() and clock.now == 60
        made[0].join()
        assert clock.now == 120 and not made[0].is_alive() and threads.left_running == []
    assert not worlds


def test_nested_starts() -> None:
    """Threads that start threads that start threads are all controlled, and their names tell the lineage."""
    names: list[str] = []

    def descend(depth: int) -> None:
        names.append(controlled[threading.get_ident()].name)
        if depth:
            child = threading.Thread(target=descend, args=(depth - 1,))
            child.start()
            child.join()

    with world() as clock:
        values(scheduler(clock, RandomWalk(1), HERE).run(lambda: descend(3), names=["root"]))
    assert names == [
        "root",
        "root/descend 1",
        "root/descend 1/descend 2",
        "root/descend 1/descend 2/descend 3",
    ]


def test_frames_of_a_run() -> None:
    """`frames` names the innermost frame of every thread that has begun."""
    seen: dict[str, str] = {}
    with world() as clock:
        threads = scheduler(clock, Policy(), HERE)
        gate = threading.Event()

        def look() -> None:
            seen.update({name: f.f_code.co_name for name, f in threads.frames().items()})
            gate.set()

        values(threads.run(gate.wait, look, names=["waiter", "looker"]))
    assert set(seen) == {"waiter", "looker"} and seen["looker"] == "frames_of"


CHILD = """
import functools, sys
from pytest_policy_contracts.simulation.policies import RandomWalk, PCT
from pytest_policy_contracts.simulation.errors import Deadlock
from tests.simulation.threads import subjects, waiting
from tests.simulation.threads.worlds import guard_run, scheduler, values, world
journal = []
for granularity in ("line", "gil", "opcode"):
    with world(subjects, waiting) as clock:
        for make in (subjects.TrimOutside, subjects.InvertedLocks):
            for seed in range(4):
                try:
                    guard_run(make, clock, PCT(seed, 3, 50), granularity=granularity, journal=journal)
                except Deadlock as error:
                    journal.append(str(error))
        for program in waiting.PROGRAMS:
            threads = scheduler(clock, RandomWalk(5), waiting.__file__, granularity=granularity,
                                journal=journal)
            values(threads.run(program))
        threads = scheduler(clock, RandomWalk(2), waiting.__file__, granularity=granularity)
        journal += map(str, values(threads.run(waiting.in_order_of_completion)))
print("\\n".join(journal))
"""


def test_the_same_run_in_every_process() -> None:
    """The same decisions give the same journal in processes with different hash seeds, with no address in it."""
    outputs = []
    root = Path(__file__).parents[3]
    for seed in ("0", "1", "random"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", CHILD],
            env=environment,
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1] == outputs[2]
    assert len(outputs[0].splitlines()) > 3000
    assert "0x" not in outputs[0]


def test_an_interpreter_exits_with_threads_left() -> None:
    """Threads and pools left running never hold up the end of the interpreter."""
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "import threading\n"
        "from tests.simulation.threads.worlds import *\n"
        "with world() as clock:\n"
        "    def start():\n"
        "        pool = ThreadPoolExecutor(2)\n"
        "        keep.append((pool, pool.submit(threading.Event().wait)))\n"
        "        threading.Thread(target=threading.Event().wait).start()\n"
        "    keep = []\n"
        "    values(scheduler(clock).run(start))\n"
        "print('end')\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")
def test_after_a_fork() -> None:
    """A forked child makes workers of its own instead of waiting for its parent's."""
    values(scheduler(VirtualClock()).run(int, int, int))
    child = os.fork()
    if child == 0:
        os._exit(7 if values(scheduler(VirtualClock()).run(int, int)) == [0, 0] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_programs_that_wait_are_not_deterministic_by_luck() -> None:
    """The same seed gives the same decisions in one process, whatever ran before."""
    runs = []
    for _ in range(2):
        with world(waiting) as clock:
            journal: list[str] = []
            threads = scheduler(clock, RandomWalk(9), waiting.__file__, journal=journal)
            values(threads.run(waiting.pool, waiting.bounded_queue))
            runs.append(journal)
    assert runs[0] == runs[1]
