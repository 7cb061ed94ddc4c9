"""The command line face: `policy-contracts verify · list · explain · replay`.

Rules: one module per command, imported when it is asked for, so that a short command starts at
once. What is asked for wrongly goes to standard error with exit code 2, a failure of the suite with
4; never 1, which says that a subject broke a promise. It must not judge.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from pytest_policy_contracts.cli.parser import parse_arguments
from pytest_policy_contracts.contracts.errors import SuiteError, UsageError

_USAGE, _BROKEN, _INTERRUPTED, _PIPE_CLOSED = 2, 4, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; `argv` is without the program's name."""
    _write_any_character()
    try:
        arguments = parse_arguments(argv)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else _USAGE
    try:
        command = import_module(f"pytest_policy_contracts.cli.{arguments.command}")
        code: int = command.run(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _complain("interrupted", _INTERRUPTED)
    except BrokenPipeError:
        return _reader_left()
    # Whatever else fails must not end with Python's own 1, which would blame the subject.
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    # Harness errors that end a command are raised before a run: they say what to write instead.
    if isinstance(error, UsageError) or type(error).__name__ == "HarnessError":
        return _complain(str(error), _USAGE)
    if isinstance(error, SuiteError):
        return _complain(str(error), _BROKEN)
    traceback.print_exception(error)
    return _complain("the suite itself failed; please report the lines above", _BROKEN)


def _complain(message: str, code: int) -> int:
    sys.stdout.flush()
    print(f"policy-contracts: {message}", file=sys.stderr)
    return code


def _reader_left() -> int:
    # The interpreter flushes standard output once more at its exit, and would complain there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _PIPE_CLOSED


def _write_any_character() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
