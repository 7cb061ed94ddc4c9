"""Where a running thread can be interrupted: the granularities and what finds the places.

`line`     every source line of the subject
`opcode`   every instruction of the subject: what a build without the GIL may do
`gil`      only where this CPython lets another thread run: after a call, at a backward jump, at function entry
`none`     no code; only locks, sleeps and thread starts

Up to 3.11 the finder is `sys.settrace`, from 3.12 on `sys.monitoring`, because opcode trace events are unreliable there
(cpython#114480) and trace functions are slow (cpython#107674).
"""

from __future__ import annotations

import dis
import functools
import sys
from collections.abc import Iterator
from types import CodeType
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
        pass

    disarm = arm

    def enter(self, thread: ControlledThread) -> None:
        pass

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


_NO_SWITCH = ("CALL_INTRINSIC_1", "CALL_INTRINSIC_2")


@functools.lru_cache(maxsize=4096)
def gil_points(code: CodeType) -> frozenset[int]:
    """Return the offsets of `code` before which this CPython may let another thread run.

    The interpreter looks after a call and after RESUME at an entry (ceval.c: CHECK_EVAL_BREAKER), so the place is the
    next instruction; at a backward jump it is the target.
    """
    return frozenset(_gil_offsets(code))


def _gil_offsets(code: CodeType) -> Iterator[int]:
    looks_next = False
    for instruction in dis.get_instructions(code):
        if looks_next:
            yield instruction.offset
        name = instruction.opname
        looks_next = name.startswith("CALL") and name not in _NO_SWITCH
        if name == "RESUME":
            # Argument 2 and above: after `yield from` and `await`, where the interpreter does not look.
            looks_next = (instruction.arg or 0) & 3 < 2
        elif "JUMP" in name and "BACKWARD" in name and "NO_INTERRUPT" not in name:
            yield int(instruction.argval)
