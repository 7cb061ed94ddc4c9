"""What happens inside the forked child: one call, its report, the end of the process.

Rules: `serve` never returns and never raises, whatever the function does; nothing of the parent is
finalised here (no `atexit`, no test-runner teardown, no garbage of the parent's). Stack dumps are
written by signal handlers in C, because a child that hangs may never run Python code again.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import functools
import gc
import io
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from pytest_policy_contracts.simulation.guard.channel import Channel
from pytest_policy_contracts.simulation.guard.frames import (
    describe,
    subject_frame,
    traceback_stack,
)
from pytest_policy_contracts.simulation.guard.outcome import (
    Guarded,
    Heartbeat,
    RaisedInChild,
    ResultTransferError,
)

if sys.platform != "win32":
    import resource

UNDELIVERED_STATUS = 70
"""Exit status of a child whose report could not be sent (EX_SOFTWARE)."""

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>
_exit = os._exit


@dataclass(frozen=True, slots=True)
class Report:
    """What the child sends: a pickled value, or an error as a pickle (empty when impossible) and as
    a stand-in.
    """

    value: bytes = b""
    error: bytes = b""
    stand_in: RaisedInChild | None = None
    frame: str = ""
    stack: str = ""


def serve(
    function: Callable[[Heartbeat], Any],
    channel: Channel,
    parent: int,
    mask: set[int | signal.Signals],
) -> NoReturn:
    """Call `function` in this process, which was just forked from process `parent`, send the
    report, end the process.

    `mask` is the signal mask to run under.
    """
    status = UNDELIVERED_STATUS
    try:
        _settle_in(channel, parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        message = pickle.dumps(_run(function, channel.heartbeat))
        flush_output()
        channel.send(message)
        status = 0
    finally:
        # Nothing may pass this line: above it lies the caller's stack, the parent's.
        _exit(status)


def _settle_in(channel: Channel, parent: int) -> None:
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    _end_with(parent)
    channel.close_reader()
    # The parent's unreachable objects must not run their finalizers a second time in here.
    gc.freeze()
    signal.set_wakeup_fd(-1)
    _no_core_file()
    faulthandler.enable(channel.fatal.fileno(), all_threads=False)
    faulthandler.register(signal.SIGUSR1, channel.own_stack.fileno(), all_threads=False)
    faulthandler.register(signal.SIGUSR2, channel.all_stacks.fileno(), all_threads=True)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1, signal.SIGUSR2})


@functools.cache
def parent_death_signal() -> Callable[..., int] | None:
    """Return Linux's `prctl`, or None; to be called before the fork, since loading a library after
    it could deadlock.
    """
    if sys.platform != "linux":
        return None
    prctl: Callable[..., int] | None = getattr(ctypes.CDLL(None), "prctl", None)
    return prctl


def _end_with(parent: int) -> None:
    """Have the kernel kill this child when its parent is killed: nobody would be left to notice
    that it hangs.
    """
    prctl = parent_death_signal()
    if prctl is not None:
        prctl(_DIE_WITH_PARENT, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            _exit(UNDELIVERED_STATUS)


def _no_core_file() -> None:
    """A crash is an expected outcome here; writing a core file would cost seconds and litter the
    directory.
    """
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _run(function: Callable[[Heartbeat], Any], beat: Heartbeat) -> Report:
    try:
        value = function(beat)
    except BaseException as error:
        return _report_of_error(error)
    try:
        return Report(value=pickle.dumps(value))
    except BaseException as error:
        return _report_of_error(_not_transferable(value, error))


def _not_transferable(value: object, reason: BaseException) -> ResultTransferError:
    return ResultTransferError(
        f"the guarded function returned a {type(value).__name__} that cannot be pickled "
        f"({type(reason).__name__}: {_text(reason)}); return plain values"
    )


def _report_of_error(error: BaseException) -> Report:
    stack = traceback_stack(error.__traceback__)
    shown = "".join(traceback.format_exception(error))
    names = tuple(cls.__name__ for cls in type(error).__mro__)
    return Report(
        error=_pickled_error(error),
        stand_in=RaisedInChild(names, _text(error), shown),
        frame=describe(subject_frame(stack)),
        stack=shown,
    )


def _pickled_error(error: BaseException) -> bytes:
    """Return the pickle, or nothing when the error does not survive the way there and back."""
    try:
        data = pickle.dumps(error)
        same = type(pickle.loads(data)) is type(error)
    except BaseException:
        return b""
    return data if same else b""


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as problem:
        return f"<its text raised {type(problem).__name__}>"


def flush_output() -> None:
    """Write out what is buffered for stdout and stderr; a stream that cannot is left alone."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


class _NoImports(pickle.Unpickler):
    """Refuses classes of modules that are not loaded: the parent must not import the subject's code
    on its own.
    """

    def find_class(self, module: str, name: str) -> Any:
        if module not in sys.modules:
            raise pickle.UnpicklingError(f"module {module} is not loaded")
        return super().find_class(module, name)


def read_report(message: bytes) -> Guarded[Any]:
    """Turn the child's message into a result; called in the parent."""
    report: Report = pickle.loads(message)
    if report.stand_in is not None:
        error = _error_of(report.error) or report.stand_in
        return Guarded("raised", error=error, frame=report.frame, stack=report.stack)
    try:
        return Guarded("returned", value=pickle.loads(report.value))
    except Exception as reason:
        problem = ResultTransferError(
            f"the guarded function's result cannot be unpickled here ({type(reason).__name__}: "
            f"{_text(reason)}); return plain values"
        )
        return Guarded("raised", error=problem)


def _error_of(data: bytes) -> BaseException | None:
    if not data:
        return None
    try:
        error = _NoImports(io.BytesIO(data)).load()
    except Exception:
        return None
    return error if isinstance(error, BaseException) else None
