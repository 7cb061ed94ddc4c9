"""Where a running thread can be interrupted: the granularities and what finds the places.

`line`     every source line of the subject
`opcode`   every instruction of the subject: what a build without the GIL may do
`gil`      only where this CPython lets another thread run: after a call, at a backward jump, at function entry
`none`     no code; only locks, sleeps and thread starts

Up to 3.11 the finder is `sys.settrace`, from 3.12 on `sys.monitoring`, because opcode trace events are unreliable there
(cpython#114480) and trace functions are slow (cpython#107674).
"""

from __future__ import annotations

import sys
from typing import Literal, Protocol

from pytest_policy_contracts.simulation.threads.controlled import ControlledThread
from pytest_policy_contracts.simulation.threads.subject import SubjectFiles

Granularity = Literal["line", "opcode", "gil", "none"]


class SwitchPoints(Protocol):
    """Finds switch points in the subject's code and reports them with `thread.scheduler.point(thread)`."""

    def arm(self) -> None:
        """Start finding, for every thread that enters from now on; called by the world or a running thread."""

    def disarm(self) -> None:
        """Stop finding between runs; called by the world."""

    def enter(self, thread: ControlledThread) -> None:
        """Start finding on the calling thread, which is about to run `thread`."""

    def leave(self, thread: ControlledThread) -> None:
        """Stop finding on the calling thread and put a debugger's or a coverage tool's trace function back."""

    def catch_up(self, thread: ControlledThread) -> None:
        """Start finding in the frames that already run on the calling thread."""


class NoSwitchPoints:
    """Granularity `none`."""

    def arm(self) -> None:
        """See `SwitchPoints.arm`."""

    disarm = arm

    def enter(self, thread: ControlledThread) -> None:
        """See `SwitchPoints.enter`."""

    leave = catch_up = enter


def switch_points(files: SubjectFiles, granularity: Granularity) -> SwitchPoints:
    """Return the finder for this interpreter; it may be shared by the schedulers of an exploration."""
    if granularity not in ("line", "opcode", "gil", "none"):
        raise ValueError(f"granularity is {granularity!r}, not 'line', 'opcode', 'gil' or 'none'")
    if granularity == "none":
        return NoSwitchPoints()
    if sys.version_info >= (3, 12):
        from pytest_policy_contracts.simulation.threads.monitoring import MonitoringPoints

        return MonitoringPoints(files, granularity)
    from pytest_policy_contracts.simulation.threads.settrace import SettracePoints

    return SettracePoints(files, granularity)
