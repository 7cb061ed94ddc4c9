"""Which function stands for which step text.

A step is written as `@when("the changes are reloaded")` above a function of the world; values in the text are named as in
pytest-bdd (`{count:d}`), whose parsers are used so that a step means the same under pytest and outside.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from pytest_bdd import parsers

from pytest_policy_contracts.clauses import Step
from pytest_policy_contracts.contracts import SuiteError
from pytest_policy_contracts.verification.program import BoundStep
from pytest_policy_contracts.verification.world import World

StepFunction = TypeVar("StepFunction", bound=Callable[..., Any])

StyleProbe = Callable[[World, bool], Coroutine[Any, Any, bool | None]]

_SHIPPED_MODULES = (
    "reloadable", "health_provider", "tenant_guard", "tenant_guard_records", "tenant_guard_context",
    "reload_orchestrator", "reload_orchestrator_failures", "reload_orchestrator_queue", "reload_orchestrator_circuit",
    "reload_orchestrator_events",
    "reload_orchestrator_values",
    "health_aggregator", "health_aggregator_answers", "health_aggregator_callers", "health_aggregator_service",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StepDefinition:
    """A pattern of step texts and the function that stands for them."""

    keyword: str
    text: str
    function: Callable[..., Any]
    parser: Any

    @property
    def has_values(self) -> bool:
        """Whether the text is a pattern with values in it."""
        return "{" in self.text

    def _matches(self, text: str) -> bool:
        return bool(self.parser.is_matching(text)) if self.has_values else text == self.text

    def bound(self, step: Step) -> BoundStep | None:
        """Return the step bound to this definition, or None when it does not match."""
        if step.keyword != self.keyword or not self._matches(step.text):
            return None
        if not self.has_values:
            return BoundStep(step, self.function)
        arguments = self.parser.parse_arguments(step.text) or {}
        return BoundStep(step, self.function, arguments)


class StepVocabulary:
    """A set of step definitions, and how the subjects of each contract are called."""

    def __init__(self) -> None:
        self.definitions: list[StepDefinition] = []
        self._style_probes: dict[str, StyleProbe] = {}

    def add(self, keyword: str, text: str, function: Callable[..., Any]) -> None:
        """Let `function` stand for the step; the same text twice is an error, unless a module was loaded again."""
        definition = StepDefinition(keyword, text, function, parsers.parse(text))
        for index, known in enumerate(self.definitions):
            if known.keyword == keyword and known.text == text:
                if _source_of(known.function) != _source_of(function):
                    raise SuiteError(f"The step '{keyword} {text}' is defined twice. Take one of them out.")
                self.definitions[index] = definition
                return
        self.definitions.append(definition)

    def bind(self, step: Step) -> BoundStep:
        """Return the bound step; raise `SuiteError` when no definition or several match."""
        matches = [bound for known in self.definitions if (bound := known.bound(step)) is not None]
        if len(matches) != 1:
            found = "No step definition" if not matches else f"{len(matches)} step definitions"
            raise SuiteError(f"{found} for '{step.keyword} {step.text}'. Write one, or correct the text of the step.")
        return matches[0]

    def probe_style(self, contract: str, probe: StyleProbe) -> None:
        """Register how to find out whether the subjects of a contract are asynchronous."""
        self._style_probes[contract] = probe

    def is_async(self, world: World, may_call: bool) -> Coroutine[Any, Any, bool | None]:
        """Make a subject in `world` and tell whether its principal call returns an awaitable; None: only a call can tell."""
        return self._style_probes[world.harness.contract](world, may_call)


def _source_of(function: Callable[..., Any]) -> object:
    code = getattr(function, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else function


_collecting = StepVocabulary()


def given(text: str) -> Callable[[StepFunction], StepFunction]:
    """Let the decorated function stand for `Given text`."""
    return _definer("Given", text)


def when(text: str) -> Callable[[StepFunction], StepFunction]:
    """Let the decorated function stand for `When text`."""
    return _definer("When", text)


def then(text: str) -> Callable[[StepFunction], StepFunction]:
    """Let the decorated function stand for `Then text`."""
    return _definer("Then", text)


def _definer(keyword: str, text: str) -> Callable[[StepFunction], StepFunction]:
    def define(function: StepFunction) -> StepFunction:
        _collecting.add(keyword, text, function)
        return function

    return define


def style_probe(contract: str) -> Callable[[StepFunction], StepFunction]:
    """Let the decorated coroutine function tell whether a harness's subjects of `contract` are asynchronous."""

    def define(function: StepFunction) -> StepFunction:
        _collecting.probe_style(contract, function)
        return function

    return define


@cache
def shipped_vocabulary() -> StepVocabulary:
    """Return the vocabulary of all shipped contracts."""
    for name in _SHIPPED_MODULES:
        import_module(f"pytest_policy_contracts.steps.{name}")
    return _collecting
