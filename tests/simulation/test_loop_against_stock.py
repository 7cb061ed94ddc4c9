"""The simulated loop compared with asyncio's own, on generated programs."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_policy_contracts.simulation.policies import InOrder, Policy
from tests.simulation.programs import policies, result
from tests.strategies import Interpreter, Program, independent_programs, programs

A_TICK_SECONDS = 1e-12
"""How much later each timer is set than the one before it; on a real clock no two are set at the same moment."""


class JumpingSelector(selectors.SelectSelector):
    """Instead of waiting, lets the loop's clock jump."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += timeout or 0.0
        return super().select(0)


class StockLoop(asyncio.SelectorEventLoop):
    """The stock loop as it is, with a clock that jumps to the next timer."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        self._ticks = 0
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def call_at(self, when: float, *arguments: Any, **options: Any) -> asyncio.TimerHandle:
        self._ticks += 1
        exact = round(when, 9)  # the ticks of one sleep are not to add to the next one
        return super().call_at(exact + self._ticks * A_TICK_SECONDS, *arguments, **options)


def on_stock_loop(program: Program) -> list[str]:
    """Return the journal of the program under asyncio's own loop."""
    with asyncio.Runner(loop_factory=StockLoop) as runner:
        return runner.run(Interpreter(program).main())


def simulated(program: Program, policy: Policy) -> list[str]:
    journal: list[str] = result(Interpreter(program).main, policy)
    return journal


@given(programs())
@settings(max_examples=300, deadline=None)
def test_undisturbed_runs_are_runs_of_the_stock_loop(program: Program) -> None:
    """Without reordering, every visible effect comes in the order and at the time of the stock loop."""
    stock = on_stock_loop(program)
    assert simulated(program, Policy()) == stock
    assert simulated(program, InOrder()) == stock


@given(independent_programs(), st.sampled_from(policies(20)))
@settings(max_examples=200, deadline=None)
def test_reordering_changes_the_order_only(program: Program, policy: Policy) -> None:
    """What does not depend on the order of tasks is the same under every policy."""

    def effects(journal: list[str]) -> list[str]:
        return sorted(line.partition(" ")[2] for line in journal)

    assert effects(simulated(program, policy)) == effects(simulated(program, Policy()))
