"""Which code belongs to the program under test, and how a place in it is written.

Rules: a file is asked about once; a place is `file:line in function` with the file's last component, so that the text is
the same on every machine. Must not import anything but the standard library.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import FrameType

Files = Callable[[str], bool] | tuple[str, ...]


class SubjectFiles(dict[str, bool]):
    """Answers `files[filename]`: does the file belong to the subject? A dict, because trace functions ask on every call."""

    def __init__(self, files: Files) -> None:
        super().__init__()
        self._belongs = files if callable(files) else functools.partial(_lies_in, files)

    def __missing__(self, filename: str) -> bool:
        answer = self[filename] = bool(self._belongs(filename))
        return answer


def _lies_in(entries: tuple[str, ...], filename: str) -> bool:
    """True for the named files and for everything below the named folders."""
    return any(filename == entry or filename.startswith(entry.rstrip(os.sep) + os.sep) for entry in entries)


@functools.lru_cache(maxsize=16)
def subject_files(files: Files) -> SubjectFiles:
    """Return the answers for `files`, shared between the schedulers of an exploration."""
    return SubjectFiles(files)


def innermost(frame: FrameType, files: SubjectFiles) -> FrameType:
    """Return the innermost frame of the subject on this stack, or `frame` where there is none."""
    candidate: FrameType | None = frame
    while candidate is not None:
        if files[candidate.f_code.co_filename]:
            return candidate
        candidate = candidate.f_back
    return frame


def place(frame: FrameType) -> str:
    """Return `file:line in function`."""
    code = frame.f_code
    return f"{os.path.basename(code.co_filename)}:{frame.f_lineno} in {code.co_name}"
