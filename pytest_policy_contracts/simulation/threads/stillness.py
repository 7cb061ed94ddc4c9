"""Telling a thread that waits for something real from one that computes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from pytest_policy_contracts.simulation.threads.controlled import ControlledThread

_thread_clock: Callable[[int], int] | None = getattr(time, "pthread_getcpuclockid", None)
_read_clock: Callable[[int], float] | None = getattr(time, "clock_gettime", None)


def stillness(thread: ControlledThread, switch_points: int) -> object:
    """Return a value that stays equal while the thread neither moves nor uses a processor; None if there is no telling.

    Without processor clocks per thread (macOS, Windows) a long call into C looks still too.
    """
    frame = sys._current_frames().get(thread.ident)
    if frame is None:
        return None
    used = 0.0
    if _thread_clock is not None and _read_clock is not None:
        used = _read_clock(_thread_clock(thread.ident))
    return switch_points, thread.name, id(frame), frame.f_lasti, used
