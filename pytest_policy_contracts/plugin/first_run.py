"""The first-in-first-out run that pytest-bdd makes, step by step, on the guarded worker thread."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TypeVar

from pytest_policy_contracts.clauses import Scenario
from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.exploration import Plan
from pytest_policy_contracts.simulation.guard import run_in_worker
from pytest_policy_contracts.simulation.policies import InOrder
from pytest_policy_contracts.simulation.schedules import Mode
from pytest_policy_contracts.verification.session import Session
from pytest_policy_contracts.verification.surroundings import surroundings
from pytest_policy_contracts.verification.trial import Execution, Failure
from pytest_policy_contracts.verification.world import Style, World

T = TypeVar("T")


class FirstRun:
    """A context in which `perform_next` makes one step after the other."""

    def __init__(self, session: Session, scenario: Scenario) -> None:
        self._session = session
        self._trial = session.trial(scenario)
        self._style = self._trial.style
        self._place = 1 if scenario.every_place else 0
        self._contexts = ExitStack()
        self._next = 0
        self.failure: Failure | None = None

    @property
    def world(self) -> World:
        """The world of this run, for steps that an adopter writes."""
        return self._execution.world

    def __enter__(self) -> FirstRun:
        # On the worker, which lives in the world from here on; this thread keeps its real clocks and locks.
        self._guarded(self._begin)
        return self

    def _begin(self) -> None:
        self._trial.begin(self._contexts.enter_context(surroundings(self._style)))
        mode = Mode.LINE if self._style is Style.SYNC else Mode.STOCK
        self._execution = Execution(self._trial, Plan(Choices(InOrder()), mode, self._place))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._guarded(lambda: self._execution.close(self.failure))
        finally:
            self._guarded(self._contexts.close)

    def perform_next(self) -> None:
        """Make the next step of the scenario, unless the run has already come to its end."""
        bound = self._trial.program[self._next]
        self._next += 1
        if self.failure is None and not self._execution.finished:
            self.failure = self._guarded(lambda: self._execution.perform(bound))

    def _guarded(self, function: Callable[[], T]) -> T | None:
        budget = self._session.budget_seconds
        if not budget:
            return function()
        guarded = run_in_worker(lambda beat: function(), budget_seconds=budget)
        if guarded.outcome == "returned":
            return guarded.value
        if guarded.error is not None:
            raise guarded.error
        raise TimeoutError(f"the first run did not come back within {budget:g} s: {guarded.frame or guarded.detail}")
