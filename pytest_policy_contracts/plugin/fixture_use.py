"""Whether a harness asks for pytest fixtures.

Fixtures have to be set up in this process: one that was set up in a forked child would never be torn down.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, FunctionType

from pytest_policy_contracts.harness import Harness

_ATTRIBUTE = "request"


def uses_request(harness: type[Harness]) -> bool:
    """Tell whether any method of the class mentions `request`."""
    return any(
        _ATTRIBUTE in code.co_names
        for owner in harness.__mro__
        if owner.__module__.partition(".")[0] != __name__.partition(".")[0]
        for value in vars(owner).values()
        if isinstance(value, FunctionType)
        for code in _with_nested(value.__code__)
    )


def _with_nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_nested(constant)
