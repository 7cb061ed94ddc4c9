"""A scenario as a list of bound steps, which can be run again in a fresh world."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pytest_policy_contracts.clauses import Scenario, Step


@dataclass(frozen=True, slots=True)
class BoundStep:
    """A step of a scenario with the function that stands for it and the values in its text."""

    step: Step
    function: Callable[..., Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def start(self, world: Any) -> Coroutine[Any, Any, Any] | None:
        """Call the function; a coroutine still has to be run."""
        result: Coroutine[Any, Any, Any] | None = self.function(world, **self.arguments)
        return result


class Vocabulary(Protocol):
    """Knows the function for each step text."""

    def bind(self, step: Step) -> BoundStep:
        """Return the bound step; raise `SuiteError` when no function or several match."""

    def is_async(self, world: Any, may_call: bool) -> Coroutine[Any, Any, bool | None]:
        """Make a subject in `world` and tell whether its principal call returns an awaitable; None: only a call can tell."""


Program = Sequence[BoundStep]


def bind(scenario: Scenario, vocabulary: Vocabulary) -> Program:
    """Return the scenario as a program."""
    return tuple(vocabulary.bind(step) for step in scenario.steps)
