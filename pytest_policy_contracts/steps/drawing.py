"""Values that a harness describes with a Hypothesis strategy instead of naming them.

Each run makes its own from the bytes of its plan, so that a schedule and its values are one token, and both are shrunk in the
same way: towards zeros, which make the simplest values.
"""

from __future__ import annotations

import sys
from typing import Any, cast

from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.verification.made_values import MAKES_VALUES, VALUE_BYTES
from pytest_policy_contracts.verification.world import World

_SHARES = ("changes", "alternative_changes", "invalid_changes", "violations")
"""Each method makes its values from a share of its own, so that a change of one leaves the others alone."""

_SHARE_BYTES = VALUE_BYTES // len(_SHARES)


def value_of(world: World, method: str, answer: Any) -> Any:
    """Return an answer of the harness, or where it is a strategy a value for this run."""
    strategies = sys.modules.get("hypothesis.strategies")
    if strategies is None or not isinstance(answer, strategies.SearchStrategy):
        return answer
    world.memo[MAKES_VALUES] = True
    value = _made(world, method, answer)
    world.memo.setdefault((MAKES_VALUES, world.plan.values), {})[method] = repr(value)
    return value


def _made(world: World, method: str, strategy: Any) -> Any:
    first = _SHARES.index(method) * _SHARE_BYTES
    share = bytes(world.plan.values[first : first + _SHARE_BYTES])
    made = _from_bytes(strategy, share.ljust(_SHARE_BYTES, b"\0"))
    if not made and world.plan.values:
        world.enough_seen()
    if not made:
        raise HarnessError(
            f"{type(world.harness).__name__}.{method}() is a strategy that makes no value from its simplest choices. "
            "Use fewer filters, or build the values so that all of them are valid."
        )
    return made[0]


def _from_bytes(strategy: Any, share: bytes) -> list[Any]:
    """Return the one value that the bytes make, or none where they make no valid one."""
    import hypothesis

    made: list[Any] = []

    def take(value: Any) -> None:
        made.append(value)

    given = cast("Any", hypothesis.given)
    test: Any = hypothesis.settings(database=None, deadline=None)(given(strategy)(take))
    test.hypothesis.fuzz_one_input(share)
    return made
