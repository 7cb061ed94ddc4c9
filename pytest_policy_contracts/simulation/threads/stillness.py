"""Telling a thread that waits for something real from one that computes, or that the machine has no time for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from pytest_policy_contracts.simulation.threads.controlled import ControlledThread

_thread_clock: Callable[[int], int] | None = getattr(time, "pthread_getcpuclockid", None)
_read_clock: Callable[[int], float] | None = getattr(time, "clock_gettime", None)
_TASKS = Path("/proc/self/task")
_TELLS_STATE = _TASKS.is_dir()

STILL_LOOKS = 2 if _TELLS_STATE else 10
"""How many looks in a row must find a thread still. Where the system does not tell a waiting thread from one that waits
for a processor (macOS, Windows), only time can."""


def stillness(thread: ControlledThread, switch_points: int) -> object:
    """Return a value that stays equal while the thread neither moves nor uses a processor; None if it surely does."""
    frame = sys._current_frames().get(thread.ident)
    if frame is None or _wants_to_run(thread):
        return None
    used = 0.0
    if _thread_clock is not None and _read_clock is not None:
        used = _read_clock(_thread_clock(thread.ident))
    return switch_points, thread.name, id(frame), frame.f_lasti, used


def _wants_to_run(thread: ControlledThread) -> bool:
    """True when the system says that the thread runs or waits for a processor."""
    if not _TELLS_STATE or thread.worker is None:
        return False
    try:
        status = (_TASKS / str(thread.worker.native_id) / "stat").read_bytes()
    except OSError:
        return True
    # The state follows the name, which is in parentheses and may hold anything: proc(5).
    return status.rpartition(b")")[2].split()[0] == b"R"
