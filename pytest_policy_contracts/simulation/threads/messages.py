"""What a run that cannot go on says: who waits for what, and where."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from pytest_policy_contracts.simulation.errors import Deadlock, Livelock
from pytest_policy_contracts.simulation.threads.controlled import ControlledThread
from pytest_policy_contracts.simulation.threads.subject import SubjectFiles, innermost, place


def where(thread: ControlledThread, files: SubjectFiles) -> str:
    """Return the innermost place of the subject on the thread's stack."""
    frame = sys._current_frames().get(thread.ident) if thread.started else None
    if frame is None:
        return "its beginning"
    frame = innermost(frame, files)
    return place(frame) if files[frame.f_code.co_filename] else "a place outside the subject"


def deadlock(threads: Iterable[ControlledThread], files: SubjectFiles) -> Deadlock:
    """Return the error for `threads`, none of which can run."""
    waiting = "; ".join(
        f"{thread.name} at {where(thread, files)} waits for {thread.waiting}"
        for thread in threads
        if thread.waiting is not None
    )
    return Deadlock(
        f"no thread can run and no timer is pending: {waiting}. "
        "Take locks in one order, wake every waiter, or wait with a timeout."
    )


def livelock(thread: ControlledThread, files: SubjectFiles, switch_points: int) -> Livelock:
    """Return the error for a run that used up its switch points in `thread`."""
    return Livelock(
        f"{switch_points} switch points and no end: {thread.name} runs at {where(thread, files)}. "
        "Wait with a lock, an event or time.sleep instead of a loop, or raise max_switch_points."
    )
