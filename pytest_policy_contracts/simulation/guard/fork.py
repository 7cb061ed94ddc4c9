"""Runs a call in a forked child and watches it from outside, so that nothing it does can hurt this
process.

Rules: a verdict needs no cooperation of the child. A hang is a heartbeat number that stands still;
the stack is then dumped by signal handlers in C, first of the main thread alone (safe at any time),
then of all threads; then the child and what it started are killed.
`faulthandler.dump_traceback_later` is never used: it walks the frames of a running thread and
crashes.

What gets away: a grandchild that moved to a session of its own.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any, TypeVar

from pytest_policy_contracts.simulation.errors import SimulationError
from pytest_policy_contracts.simulation.guard import child
from pytest_policy_contracts.simulation.guard.channel import Channel, dump_text
from pytest_policy_contracts.simulation.guard.frames import (
    Stack,
    culprit,
    describe,
    dumped_stacks,
    is_at_subject,
    render,
)
from pytest_policy_contracts.simulation.guard.outcome import Guarded, Heartbeat, Pulse

T = TypeVar("T")

_TICK_SECONDS = 0.05
_DUMP_SECONDS = 0.4
_DUMP_SETTLED_SECONDS = 0.03
_INTERRUPT = frozenset({signal.SIGINT})
_BELOW = frozenset((child.serve.__code__.co_filename, name) for name in ("_run", "serve"))


def child_unavailable_reason() -> str:
    """Return why `run_in_child` cannot be used here; the empty string when it can."""
    if not hasattr(os, "fork"):
        return f"{sys.platform} has no fork()"
    if sys.platform == "darwin":
        return "on macOS a forked child crashes once it uses system frameworks"
    if not hasattr(os, "waitid"):
        return "os.waitid() is missing, without which an ended child cannot be told from a hanging one"
    return ""


def child_available() -> bool:
    """Tell whether `run_in_child` can be used here."""
    return not child_unavailable_reason()


def run_in_child(function: Callable[[Heartbeat], T], *, budget_seconds: float) -> Guarded[T]:
    """Call `function(beat)` in a forked child; return how it ended, a hang and a crash included.

    The child is killed once `beat` has not been given a new number for `budget_seconds` of real
    time. The result may be of any size, but must be picklable. Raises `SimulationError` where
    `child_available()` is False, and `KeyboardInterrupt` when this process is interrupted, after
    the child has been killed.
    """
    reason = child_unavailable_reason()
    if reason:
        raise SimulationError(f"cannot run in a child: {reason}; use run_in_worker")
    if budget_seconds <= 0:
        raise ValueError(f"budget_seconds is {budget_seconds!r}; give a number above zero")
    begun = monotonic()
    with Channel() as channel:
        outcome = _guard(function, channel, budget_seconds)
        return replace(outcome, seconds=monotonic() - begun, progress=channel.progress)


def _guard(function: Callable[[Heartbeat], Any], channel: Channel, budget: float) -> Guarded[Any]:
    child.parent_death_signal()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPT)
    pid = 0
    try:
        pid = _fork(function, channel, mask)
        # An interrupt is let in only now, when there is somebody who kills the child.
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        channel.close_writer()
        return _attend(pid, channel, budget)
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPT)
        try:
            if pid:
                _end(pid)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _fork(function: Callable[[Heartbeat], Any], channel: Channel, mask: set[int | signal.Signals]) -> int:
    parent = os.getpid()
    # Else what is buffered here would be written twice.
    child.flush_output()
    pid = -1
    try:
        with warnings.catch_warnings():
            # Since 3.12 a fork beside other threads warns; a child that deadlocks gets its verdict.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            child.serve(function, channel, parent, mask)
    finally:
        if pid == 0:
            os._exit(child.UNDELIVERED_STATUS)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
    return pid


def _attend(pid: int, channel: Channel, budget: float) -> Guarded[Any]:
    poller = select.poll()
    poller.register(channel.reader, select.POLLIN)
    tick = max(1, int(1000 * min(_TICK_SECONDS, budget / 4)))
    pulse = Pulse(budget, lambda: _starved_seconds(pid))
    while True:
        poller.poll(tick)
        gone = _has_exited(pid)  # asked before reading: what an ended child sent is then all there
        arrived = channel.receive()
        message = channel.message()
        if message is not None:
            return child.read_report(message)
        if gone:
            return _crash(pid, channel)
        if channel.ended and tick > 1:
            # The child ends, or has closed its descriptors: only its exit can still tell.
            poller.unregister(channel.reader)
            tick = 1
        if pulse.is_spent(channel.progress, other_progress=arrived):
            return _hang(pid, channel, budget)


def _starved_seconds(pid: int) -> float:
    """Return how long the child's threads were ready to run and got no processor; 0 where the system does not tell."""
    nanoseconds = 0
    for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            nanoseconds += int(file.read_text().split()[1])
    return nanoseconds / 1e9


def _has_exited(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        # Somebody else reaped it, or SIGCHLD is ignored in this process.
        return True


def _crash(pid: int, channel: Channel) -> Guarded[Any]:
    stacks = dumped_stacks(dump_text(channel.fatal), below=_BELOW)
    frame, stack = culprit(stacks)
    return Guarded("crashed", frame=describe(frame), stack=render(stack), detail=_how_it_ended(pid))


def _how_it_ended(pid: int) -> str:
    try:
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        ended = None
    if ended is None:
        return "ended with an unknown status, because something else in this process reaped it"
    if ended.si_code != os.CLD_EXITED:
        return f"killed by {_signal_name(ended.si_status)}"
    if ended.si_status == child.UNDELIVERED_STATUS:
        return f"exit status {ended.si_status}: its result could not be sent"
    return f"exit status {ended.si_status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _hang(pid: int, channel: Channel, budget: float) -> Guarded[Any]:
    stacks = _dumped(pid, signal.SIGUSR1, channel.own_stack)
    if not any(is_at_subject(stack) for stack in stacks):
        stacks += _dumped(pid, signal.SIGUSR2, channel.all_stacks)
    frame, stack = culprit(stacks)
    return Guarded(
        "hung",
        frame=describe(frame),
        stack=render(stack),
        detail=f"no progress for {budget:g} s of real time; killed",
    )


def _dumped(pid: int, number: signal.Signals, file: IO[bytes]) -> list[Stack]:
    """Have the child write its stacks, and wait until the file has stopped growing."""
    with contextlib.suppress(OSError):
        os.kill(pid, number)
        # A child that read the terminal, not being in its foreground group, is stopped.
        os.kill(pid, signal.SIGCONT)
    deadline = monotonic() + _DUMP_SECONDS
    before = ""
    while monotonic() < deadline:
        sleep(_DUMP_SETTLED_SECONDS)
        text = dump_text(file)
        if text == before and text.endswith("\n"):
            break
        before = text
    return dumped_stacks(before, below=_BELOW)


def _end(pid: int) -> None:
    """Kill the child and what it started in its process group, and reap it."""
    with contextlib.suppress(ChildProcessError):
        # Raises when the child is no longer ours: its number may be somebody else's by now.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
