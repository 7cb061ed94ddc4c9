"""Switch points through `sys.settrace`: CPython 3.11.

A trace function belongs to one thread, so nothing has to be undone for the others. While a run has a single thread, no
trace function is set at all; `catch_up` sets it on frames that already run when a second thread appears.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from pytest_policy_contracts.simulation.threads.controlled import ControlledThread
from pytest_policy_contracts.simulation.threads.instructions import looks
from pytest_policy_contracts.simulation.threads.subject import SubjectFiles

Within = Callable[[FrameType], Any]


class SettracePoints:
    """Sets trace functions on controlled threads."""

    __slots__ = ("_armed", "_files", "_granularity")

    def __init__(self, files: SubjectFiles, granularity: str) -> None:
        self._files = files
        self._granularity = granularity
        self._armed = False

    def arm(self) -> None:
        """See `SwitchPoints.arm`."""
        self._armed = True

    def disarm(self) -> None:
        """See `SwitchPoints.disarm`."""
        self._armed = False

    def enter(self, thread: ControlledThread) -> None:
        """See `SwitchPoints.enter`."""
        thread.trace = sys.gettrace()
        if self._armed:
            sys.settrace(self._on_call(thread, self._within(thread)))

    def leave(self, thread: ControlledThread) -> None:
        """See `SwitchPoints.leave`."""
        sys.settrace(thread.trace)
        thread.trace = None

    def catch_up(self, thread: ControlledThread) -> None:
        """See `SwitchPoints.catch_up`."""
        within = self._within(thread)
        sys.settrace(self._on_call(thread, within))
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if self._files[frame.f_code.co_filename]:
                self._follow(frame, within)
            frame = frame.f_back

    def _on_call(self, thread: ControlledThread, within: Within) -> Any:
        files = self._files
        by_line = self._granularity == "line"

        def on_call(frame: FrameType, event: str, arg: object) -> Any:
            if not files[frame.f_code.co_filename]:
                return None
            if not by_line:
                frame.f_trace_opcodes, frame.f_trace_lines = True, False
            return within(frame)

        return on_call

    def _follow(self, frame: FrameType, within: Within) -> None:
        if self._granularity != "line":
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        frame.f_trace = within(frame)

    def _within(self, thread: ControlledThread) -> Within:
        """Return a maker of trace functions for the events inside one frame of the subject."""
        point = thread.scheduler.point
        wanted = "line" if self._granularity == "line" else "opcode"

        def on_event(frame: FrameType, event: str, arg: object) -> Any:
            if event == wanted:
                point(thread)
            return on_event

        def looking(frame: FrameType) -> Any:
            before = frame.f_lasti

            def on_look(frame: FrameType, event: str, arg: object) -> Any:
                nonlocal before
                if event == "opcode":
                    came_from, before = before, frame.f_lasti
                    if looks(frame.f_code).get(came_from) == before:
                        point(thread)
                return on_look

            return on_look

        return looking if self._granularity == "gil" else lambda frame: on_event
