"""The one source of decisions of a run, and their record."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from pytest_policy_contracts.simulation.policies import Policy


class Choices:
    """Asks a policy and writes down every answer, so that the run can be repeated from `decisions`.

    Under a stock policy the order of ready actors is not a decision: only draws are recorded.
    """

    __slots__ = ("decisions", "policy", "steps", "stock")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.stock = policy.stock
        self.decisions: list[int] = []
        self.steps = 0

    def choose(self, actors: Sequence[Hashable]) -> int:
        """Return which of at least two ready `actors` runs; 0 has been ready longest."""
        if self.stock:
            return 0
        answer = self.policy.choose(actors, self.steps)
        self.steps += 1
        self.decisions.append(answer)
        return answer

    def switch(self, actors: Sequence[Hashable]) -> int:
        """Return which of at least two runnable threads goes on; 0 is the running one."""
        if self.stock:
            return 0
        answer = self.policy.switch(actors, self.steps)
        self.steps += 1
        self.decisions.append(answer)
        return answer

    def draw(self, n: int) -> int:
        """Return an environment decision in `range(n)`; 0 is the plain one."""
        answer = self.policy.draw(n)
        self.decisions.append(answer)
        return answer
