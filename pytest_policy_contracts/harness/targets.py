"""The way an adopter names a harness: a module or a file, with or without a class.

    myapp.contracts:CacheContract            a class of a module
    tests/test_contracts.py:CacheContract    a class of a file; :: as in pytest's node ids will do
    myapp.contracts, tests/test_contracts.py    all harness classes in it

Rules: what ends in `.py` or holds a path separator is a file. Nothing is imported or looked up
here.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from pytest_policy_contracts.harness.problems import HarnessError

_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_EXAMPLES = "Write module:Name, path/to/file.py:Name, or one of them without :Name."


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed target; exactly one of `module` and `file` is set."""

    text: str
    module: str | None = None
    file: Path | None = None
    name: str | None = None


def parse_target(text: str) -> Target:
    """Read a target; a text of another shape raises `HarnessError`."""
    where, name = _split(text.strip())
    if name is not None and not _DOTTED.fullmatch(name):
        raise HarnessError(f"{text!r} names the class {name!r}, which is no name. {_EXAMPLES}")
    if where.endswith(".py") or "/" in where or "\\" in where:
        return Target(text, file=Path(where), name=name)
    if not _DOTTED.fullmatch(where):
        raise HarnessError(f"{text!r} names the module {where!r}, which is no name. {_EXAMPLES}")
    return Target(text, module=where, name=name)


def _split(text: str) -> tuple[str, str | None]:
    if "::" in text:
        where, _, name = text.partition("::")
        return where, name
    where, colon, name = text.rpartition(":")
    if not colon or _is_drive(where, name):
        return text, None
    return where, name


def _is_drive(where: str, rest: str) -> bool:
    return len(where) == 1 and rest[:1] in ("\\", "/")
