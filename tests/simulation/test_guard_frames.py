"""Which line gets the blame."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from traceback import FrameSummary

import pytest

from pytest_policy_contracts.simulation import guard
from pytest_policy_contracts.simulation.guard import frames

OURS = str(Path(guard.__file__).parent / "imagined.py")
STANDARD = threading.__file__
NESTED_STANDARD = asyncio.__file__
PYTEST = "/venv/lib/python3.11/site-packages/_pytest/runner.py"
LIBRARY = "/venv/lib/python3.11/site-packages/asyncpg/pool.py"
SUBJECT = "/elsewhere/cache.py"


def stack(*filenames: str) -> frames.Stack:
    """A stack, outermost first; line numbers count from 1."""
    return [
        FrameSummary(filename, number, "function", lookup_line=False, line="")
        for number, filename in enumerate(filenames, 1)
    ]


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        (SUBJECT, True),
        (LIBRARY, True),
        (__file__, True),
        (OURS, False),
        (STANDARD, False),
        (NESTED_STANDARD, False),
        (PYTEST, False),
        ("<frozen importlib._bootstrap>", False),
    ],
)
def test_whose_code_a_file_is(filename: str, expected: bool) -> None:
    """Python, this project and the test tools are never the subject; installed libraries are."""
    assert frames.is_subject(filename) is expected


def test_the_innermost_line_of_the_subject_is_blamed() -> None:
    """Lines of the standard library inside the subject's are passed over."""
    frame, _ = frames.culprit([stack(OURS, SUBJECT, LIBRARY, STANDARD)])
    assert frame is not None and (frame.filename, frame.lineno) == (LIBRARY, 3)


def test_a_thread_held_by_a_scheduler_is_blamed_last() -> None:
    """A thread of the subject that waits for its turn is not the one that hangs."""
    held = stack(SUBJECT, OURS, STANDARD)
    hanging = stack(STANDARD, SUBJECT, STANDARD)
    frame, chosen = frames.culprit([held, hanging])
    assert chosen is hanging and frame is hanging[1]
    assert frames.culprit([stack(OURS), held])[0] is held[0]


def test_without_the_subject_the_innermost_foreign_line_is_named() -> None:
    """A stack without the subject still says where it stands; an empty one says nothing."""
    frame, _ = frames.culprit([stack(OURS), stack(STANDARD, OURS)])
    assert frame is not None and frame.filename == STANDARD
    assert frames.culprit([[], stack(OURS)]) == (None, [])
    assert frames.culprit([]) == (None, [])
    assert frames.describe(None) == ""


def test_a_line_is_shown_as_a_reader_knows_it() -> None:
    """Below the working directory the path is relative, elsewhere it is the file's name."""
    here = FrameSummary(os.path.join(os.getcwd(), "pkg", "cache.py"), 41, "reload", line="  x()  ")
    assert frames.describe(here) == f"{os.path.join('pkg', 'cache.py')}:41 in reload, `x()`"
    assert frames.describe(stack(SUBJECT)[0]) == "cache.py:1 in function"


DUMP = rb"""Fatal Python error: Segmentation fault

Current thread 0x00007f0000000002 (most recent call first):
  File "/elsewhere/caf\xe9.py", line 7 in inner
  File "/elsewhere/cache.py", line ??? in outer
  File "/ours/child.py", line 3 in serve
  File "/test.py", line 1 in caller

Thread 0x00007f0000000001 (most recent call first):
  <no Python frame>

Extension modules: _cffi_backend (total: 1)
""".decode("ascii")


def test_a_dump_is_read_down_to_the_guard() -> None:
    """Threads are told apart, names decoded, and the callers of the guard cut off."""
    first, second = frames.dumped_stacks(DUMP, below={("/ours/child.py", "serve")})
    assert [(frame.filename, frame.lineno, frame.name) for frame in first] == [
        ("/elsewhere/cache.py", 0, "outer"),
        ("/elsewhere/café.py", 7, "inner"),
    ]
    assert second == []
    assert len(frames.dumped_stacks(DUMP)[0]) == 4
    assert frames.dumped_stacks("") == []


def test_a_live_stack_ends_where_the_thread_is() -> None:
    """The frames of a running thread are read outermost first, with their source lines."""
    inspected = frames.live_stack(__import__("sys")._getframe())
    assert inspected[-1].name == "test_a_live_stack_ends_where_the_thread_is"
    assert "live_stack" in (inspected[-1].line or "")
    assert "test_a_live_stack_ends_where_the_thread_is" in frames.render(inspected)
