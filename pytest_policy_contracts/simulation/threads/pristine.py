"""Making a used operating system thread look like a new one: `threading.local` values must not outlive their job.

Up to 3.12 the values hang on entries of the thread's state dictionary, which can be deleted. From 3.13 on they hang on a
field that Python code cannot reach; there it is only noticed that a job used thread-local values at all (the interpreter
then makes an object of a private type), and from then on no thread is used twice. Both ways are tried out at import; where
neither works, no thread is used twice from the start.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from typing import Any

_PREFIX = "thread.local."

# The result is not declared as `py_object`: ctypes takes that for a new reference, and this one is borrowed.
_GetDict = ctypes.PYFUNCTYPE(ctypes.c_void_p)


def _thread_state() -> dict[Any, Any]:
    address = _GetDict(("PyThreadState_GetDict", ctypes.pythonapi))()
    state: dict[Any, Any] = ctypes.cast(address, ctypes.py_object).value
    return state


def _can_forget() -> bool:
    probe = threading.local()
    probe.value = 1
    try:
        state = _thread_state()
        state.pop(f"{_PREFIX}0x{id(probe):x}", None)
    except (AttributeError, ValueError):
        return False
    return not hasattr(probe, "value")


def _marker_type() -> type | None:
    """Return the type of which every thread that uses thread-local values has an instance, if its count tells so."""
    found = [kind for kind in object.__subclasses__() if kind.__name__ == "_localdummy"]
    if len(found) != 1:
        return None
    counts: list[int] = []

    def use() -> None:
        counts.append(sys.getrefcount(found[0]))
        threading.local().value = 1
        counts.append(sys.getrefcount(found[0]))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    return found[0] if counts[1] > counts[0] else None


_forgets = _can_forget()
_marker = None if _forgets else _marker_type()
_used = not _forgets and _marker is None


def usable_again() -> bool:
    """True while threads can be used for another job."""
    return not _used


def before_job() -> int:
    """Return what `after_job` wants to know about the time before the job."""
    return 0 if _marker is None else sys.getrefcount(_marker)


def after_job(before: int) -> None:
    """Forget the calling thread's `threading.local` values, or give up using threads again.

    Only those entries are deleted: the state also holds borrowed references of asyncio, which must stay.
    """
    global _used
    if _marker is not None:
        # A thread that ended meanwhile lowers the count; giving up too early costs only time.
        _used = _used or sys.getrefcount(_marker) != before
    elif _forgets:
        state = _thread_state()
        for key in [key for key in state if isinstance(key, str) and key.startswith(_PREFIX)]:
            del state[key]
