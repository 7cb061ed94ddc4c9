"""Making a failing schedule small: towards the undisturbed run, decision by decision.

Delta debugging (Zeller & Hildebrandt 2002) on the decisions that are not zero. After every success the decisions are
recorded anew, because leaving one out shifts the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_policy_contracts.simulation.schedules import trimmed

Fails = Callable[[Sequence[int]], list[int] | None]
"""Runs the decisions; returns those really taken when the run still fails in the same way, else None."""


def shrink(decisions: Sequence[int], fails: Fails, *, budget: int = 400) -> tuple[int, ...]:
    """Return a failing schedule with as few and as small deviations as `budget` runs can find."""
    search = _Search(trimmed(decisions), fails, budget)
    search.drop_deviations()
    search.lower_deviations()
    return search.best


class _Search:
    def __init__(self, best: tuple[int, ...], fails: Fails, budget: int) -> None:
        self.best = best
        self._fails = fails
        self._budget = budget

    def _try(self, candidate: list[int]) -> bool:
        if self._budget <= 0:
            return False
        self._budget -= 1
        taken = self._fails(trimmed(candidate))
        if taken is None:
            return False
        recorded = trimmed(taken)
        if _weight(recorded) > _weight(self.best):
            return False
        self.best = recorded
        return True

    def _deviations(self) -> list[int]:
        return [position for position, decision in enumerate(self.best) if decision]

    def drop_deviations(self) -> None:
        chunk = max(1, len(self._deviations()))
        while self._budget > 0 and self.best:
            dropped = self._drop_chunks(chunk)
            if chunk == 1 and not dropped:
                return
            chunk = max(1, chunk // 2)

    def _drop_chunks(self, chunk: int) -> bool:
        dropped = False
        start = 0
        while start < len(positions := self._deviations()) and self._budget > 0:
            candidate = list(self.best)
            for position in positions[start : start + chunk]:
                candidate[position] = 0
            if self._try(candidate):
                dropped = True
            else:
                start += chunk
        return dropped

    def lower_deviations(self) -> None:
        for position in self._deviations():
            while self._budget > 0 and position < len(self.best) and self.best[position] > 1:
                candidate = list(self.best)
                candidate[position] -= 1
                if not self._try(candidate):
                    break


def _weight(decisions: Sequence[int]) -> tuple[int, int]:
    return sum(1 for decision in decisions if decision), sum(decisions)
