"""Switch points through `sys.monitoring`: CPython 3.12 and later.

Events are set on the subject's code objects only, so that other code runs at full speed. The code objects are found by a
PY_START event that each function reports once; it stays on from the first run to the end of the process and costs nothing
after that first report. Line and instruction events are set for a run, or, within `kept()`, until the context ends.
"""

from __future__ import annotations

import atexit
import contextlib
import sys
import weakref
from collections import defaultdict
from collections.abc import Iterator
from threading import get_ident
from types import CodeType
from typing import Any

from pytest_policy_contracts.simulation.errors import SimulationError
from pytest_policy_contracts.simulation.threads.controlled import ControlledThread, controlled
from pytest_policy_contracts.simulation.threads.instructions import (
    CLEAR,
    MARK,
    MAYBE,
    POINT,
    gil_actions,
)
from pytest_policy_contracts.simulation.threads.subject import SubjectFiles

_monitoring: Any = getattr(sys, "monitoring", None)
_TOOL_IDS = (4, 3)
"""Identifiers that no kind of tool has claimed for itself (0 debugger, 1 coverage, 2 profiler, 5 optimiser)."""


class _Found:
    """Every code object that has begun since the first run, by file; and what is set on those of the subject."""

    def __init__(self) -> None:
        self.tool = -1
        # By identity: code objects compare by value, and a module that is loaded again has equal ones.
        self.codes: defaultdict[str, dict[int, weakref.ref[CodeType]]] = defaultdict(dict)
        self.files: SubjectFiles | None = None
        self.event = 0
        self.granularity = ""
        self.armed: list[weakref.ref[CodeType]] = []
        self.runs = 0
        self.keepers = 0

    def open(self) -> None:
        """Claim a tool identifier and begin to look for code."""
        for tool in _TOOL_IDS:
            if _monitoring.get_tool(tool) is None:
                break
        else:
            names = [_monitoring.get_tool(tool) for tool in _TOOL_IDS]
            raise SimulationError(
                f"sys.monitoring tools {_TOOL_IDS} are taken by {names}; controlled threads need one of them"
            )
        self.tool = tool
        _monitoring.use_tool_id(tool, "policy-contracts")
        events = _monitoring.events
        for event, callback in (
            (events.PY_START, self._on_start),
            (events.PY_RESUME, self._on_start),
            (events.LINE, _on_line),
            (events.INSTRUCTION, self._on_instruction),
        ):
            _monitoring.register_callback(tool, event, callback)
        _monitoring.set_events(tool, events.PY_START | events.PY_RESUME)
        # What runs while the interpreter takes itself apart would be reported to modules that are gone.
        atexit.register(_monitoring.set_events, tool, 0)

    def _on_start(self, code: CodeType, offset: int) -> Any:
        self.found(code)
        return _monitoring.DISABLE

    def found(self, code: CodeType) -> None:
        """Remember a code object, and watch it if a run is on and it is the subject's."""
        codes, key = self.codes[code.co_filename], id(code)
        if key not in codes:
            codes[key] = weakref.ref(code, lambda _: codes.pop(key, None))
            if self.event and self.files is not None and self.files[code.co_filename]:
                self._set(code, self.event)

    def _on_instruction(self, code: CodeType, offset: int) -> Any:
        if self.granularity == "opcode":
            return _on_line(code, offset)
        action = gil_actions(code).get(offset)
        if action is None:
            return _monitoring.DISABLE
        thread = controlled.get(get_ident())
        if thread is not None and thread.scheduler.traced:
            if action != POINT:
                action = _careful(thread, action)
            if action & POINT:
                thread.scheduler.point(thread)
        return None

    def arm(self, files: SubjectFiles, granularity: str) -> None:
        """Set events on the subject's code."""
        if self.tool < 0:
            self.open()
        if self.event and (files is not self.files or granularity != self.granularity):
            self._change(granularity)
        if not self.event:
            self._begin(files, granularity)
        self.runs += 1

    def _change(self, granularity: str) -> None:
        if self.runs:
            raise SimulationError(
                f"two schedulers run at once, with granularity {self.granularity!r} and {granularity!r} or "
                "other files; run them one after the other"
            )
        self.clear()

    def _begin(self, files: SubjectFiles, granularity: str) -> None:
        events = _monitoring.events
        if self.granularity == "gil" and granularity == "opcode":
            # Disabled locations stay disabled: those that only "gil" does not want are wanted now.
            _monitoring.restart_events()
        self.files, self.granularity = files, granularity
        self.event = events.LINE if granularity == "line" else events.INSTRUCTION
        for filename in list(self.codes):
            if files[filename]:
                for reference in list(self.codes[filename].values()):
                    code = reference()
                    if code is not None:
                        self._set(code, self.event)

    def _set(self, code: CodeType, event: int) -> None:
        _monitoring.set_local_events(self.tool, code, event)
        self.armed.append(weakref.ref(code))

    def disarm(self) -> None:
        """End a run."""
        self.runs -= 1
        if not self.runs and not self.keepers:
            self.clear()

    def clear(self) -> None:
        """Take the events off the subject's code."""
        for reference in self.armed:
            code = reference()
            if code is not None:
                _monitoring.set_local_events(self.tool, code, 0)
        self.armed.clear()
        self.event = 0


_found = _Found()


def _careful(thread: ControlledThread, action: int) -> int:
    """Keep account of the calls whose next instruction can also be reached without them; see `gil_actions`."""
    frame = sys._getframe(2)
    if action & MAYBE and thread.calling.pop(frame, False):
        action |= POINT
    if action & CLEAR:
        thread.calling.pop(frame, None)
    if action & MARK:
        thread.calling[frame] = True
    return action


def _on_line(code: CodeType, line: int) -> Any:
    # Events outlast a run within `kept`, and a lone call has no switch points whatever ran before it.
    thread = controlled.get(get_ident())
    if thread is not None and thread.scheduler.traced:
        thread.scheduler.point(thread)


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Leave the events on the subject's code between the runs inside the context."""
    _found.keepers += 1
    try:
        yield
    finally:
        _found.keepers -= 1
        if not _found.keepers and not _found.runs:
            _found.clear()


class MonitoringPoints:
    """Sets events on the code of `files` while armed."""

    __slots__ = ("_armed", "_files", "_granularity")

    def __init__(self, files: SubjectFiles, granularity: str) -> None:
        self._files = files
        self._granularity = granularity
        self._armed = False

    def arm(self) -> None:
        """See `SwitchPoints.arm`."""
        if not self._armed:
            _found.arm(self._files, self._granularity)
            self._armed = True

    def disarm(self) -> None:
        """See `SwitchPoints.disarm`."""
        if self._armed:
            self._armed = False
            _found.disarm()

    def enter(self, thread: ControlledThread) -> None:
        """See `SwitchPoints.enter`."""

    leave = enter

    def catch_up(self, thread: ControlledThread) -> None:
        """See `SwitchPoints.catch_up`."""
        frame = sys._getframe()
        while frame is not None:
            _found.found(frame.f_code)
            frame = frame.f_back  # type: ignore[assignment]
