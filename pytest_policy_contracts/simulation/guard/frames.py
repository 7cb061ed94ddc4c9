"""Which line of the subject a stack stands at.

Reads live frames, tracebacks and faulthandler dumps into one form (lists of `FrameSummary`,
outermost first) and picks the innermost frame outside the standard library, this project and the
test tools it runs under. Executes nothing of the subject; reads source files only to quote a line.
"""

from __future__ import annotations

import os
import re
import sysconfig
import traceback
from collections.abc import Container, Iterator, Sequence
from traceback import FrameSummary
from types import FrameType, TracebackType

from pytest_policy_contracts.simulation.tasks import shown_path

Stack = list[FrameSummary]

_PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
_STANDARD_LIBRARY = tuple({os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib")})
_INSTALLED = re.compile(r"[\\/](?:site|dist)-packages[\\/](\w+)")
_TEST_TOOLS = frozenset({"pytest", "_pytest", "pluggy", "pytest_bdd", "gherkin", "hypothesis", "execnet", "xdist"})
_DUMPED_THREAD = re.compile(r"^(?:Current thread|Thread|Stack) .*\(most recent call first\):|^Stack \(most")
_DUMPED_FRAME = re.compile(r'^  File "(.*)", line (\d+|\?\?\?) in (.*)$')
_DUMPED_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")


def is_subject(filename: str) -> bool:
    """Tell whether code in `filename` is neither ours, nor Python's, nor the test tools'."""
    if is_ours(filename) or filename.startswith("<frozen "):
        return False
    installed = _INSTALLED.search(filename)
    if installed is not None:
        return installed.group(1) not in _TEST_TOOLS
    return not filename.startswith(_STANDARD_LIBRARY)


def is_ours(filename: str) -> bool:
    """Tell whether `filename` belongs to this project."""
    return filename.startswith(_PROJECT)


def subject_frame(stack: Sequence[FrameSummary]) -> FrameSummary | None:
    """Return the innermost frame of the subject, or None."""
    return next((frame for frame in reversed(stack) if is_subject(frame.filename)), None)


def is_at_subject(stack: Sequence[FrameSummary]) -> bool:
    """Tell whether the thread is in the subject, or in what the subject called, rather than held by
    a scheduler of ours.
    """
    for frame in reversed(stack):
        if is_ours(frame.filename):
            return False
        if is_subject(frame.filename):
            return True
    return False


def culprit(stacks: Sequence[Stack]) -> tuple[FrameSummary | None, Stack]:
    """Return the frame to blame and its stack: first a thread in the subject, else one held below
    it, else any innermost frame.
    """
    for eligible in (is_at_subject, subject_frame):
        for stack in stacks:
            if eligible(stack):
                return subject_frame(stack), stack
    for stack in stacks:
        outside = [frame for frame in stack if not is_ours(frame.filename)]
        if outside:
            return outside[-1], stack
    return None, stacks[0] if stacks else []


def describe(frame: FrameSummary | None) -> str:
    """Return ``cache.py:41 in reload, `await self.pool.resize(...)` ``; nothing for None."""
    if frame is None:
        return ""
    place = f"{shown_path(frame.filename)}:{frame.lineno} in {frame.name}"
    return f"{place}, `{frame.line}`" if frame.line else place


def render(stack: Sequence[FrameSummary]) -> str:
    """Return the stack as a traceback shows it."""
    return "".join(traceback.format_list(list(stack)))


def live_stack(frame: FrameType | None) -> Stack:
    """Return the stack that ends in `frame`, outermost first."""
    return _summaries(traceback.walk_stack(frame))[::-1] if frame is not None else []


def traceback_stack(entries: TracebackType | None) -> Stack:
    """Return the stack of a traceback, outermost first."""
    return _summaries(traceback.walk_tb(entries))


def _summaries(walk: Iterator[tuple[FrameType, int]]) -> Stack:
    return [
        FrameSummary(frame.f_code.co_filename, line, frame.f_code.co_name, lookup_line=False) for frame, line in walk
    ]


def dumped_stacks(dump: str, *, below: Container[tuple[str, str]] = ()) -> list[Stack]:
    """Return the stacks in a faulthandler dump, one per thread, outermost frame first.

    `below` holds functions by file and name: the first one met from the inside and its callers are
    cut off, because they belong to whoever started the guard.
    """
    stacks: list[Stack] = []
    for line in dump.splitlines():
        entry = _DUMPED_FRAME.match(line)
        if entry is None:
            if _DUMPED_THREAD.match(line):
                stacks.append([])
        elif stacks:
            stacks[-1].append(_dumped_frame(entry))
    return [_cut(stack, below)[::-1] for stack in stacks]


def _cut(innermost_first: Stack, below: Container[tuple[str, str]]) -> Stack:
    for index, frame in enumerate(innermost_first):
        if (frame.filename, frame.name) in below:
            return innermost_first[:index]
    return innermost_first


def _dumped_frame(entry: re.Match[str]) -> FrameSummary:
    filename, line, name = entry.groups()
    number = int(line) if line.isdigit() else 0
    return FrameSummary(_unescaped(filename), number, _unescaped(name), lookup_line=False)


def _unescaped(text: str) -> str:
    return _DUMPED_ESCAPE.sub(lambda code: chr(int("".join(filter(None, code.groups())), 16)), text)
