"""Answers that are kept too long, too short, or not at all: AGG-008."""

from typing import Any

from pytest_policy_contracts import AggregatedHealth
from tests.broken.entry import Broken

from .aggregators import HEALTHY, Aggregator, AggregatorContract, Evaluation


class AMomentTooLong(Aggregator):
    """Gives an answer once more at the very moment when it expires."""

    def _is_fresh(self) -> bool:
        return self._kept is not None and self._time() <= self._kept_until


class ItsOwnTtl(Aggregator):
    """Keeps answers for the quarter of a second that its author likes."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._ttl = 0.25


class ForcesNothing(Aggregator):
    """Knows no reason to evaluate while it has an answer."""

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        return await super().check(force_refresh=force_refresh and not self._is_fresh())


class KeepsNothingForced(Aggregator):
    """Gives the answer of a forced refresh to whoever forced it, and the one from before to the others."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._forced = False

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        self._forced = force_refresh
        return await super().check(force_refresh=force_refresh)

    def _keep(self, evaluation: Evaluation, answer: AggregatedHealth) -> None:
        if not self._forced or self._kept is None:
            super()._keep(evaluation, answer)


class KeepsGoodNews(Aggregator):
    """Keeps an answer only where it is a good one, so that a recovery is seen at once."""

    def _keep(self, evaluation: Evaluation, answer: AggregatedHealth) -> None:
        super()._keep(evaluation, answer)
        if answer.health is not HEALTHY:
            self._kept = None


class KeepsWhileAsked(Aggregator):
    """Begins to count the time anew whenever somebody asks."""

    def _is_fresh(self) -> bool:
        if not super()._is_fresh():
            return False
        self._kept_until = self._time() + self._ttl
        return True


class AMomentTooLongContract(AggregatorContract):
    kind = AMomentTooLong


class ItsOwnTtlContract(AggregatorContract):
    kind = ItsOwnTtl


class ForcesNothingContract(AggregatorContract):
    kind = ForcesNothing


class KeepsNothingForcedContract(AggregatorContract):
    kind = KeepsNothingForced


class KeepsGoodNewsContract(AggregatorContract):
    kind = KeepsGoodNews


class KeepsWhileAskedContract(AggregatorContract):
    kind = KeepsWhileAsked


SUBJECTS = [
    Broken(AMomentTooLongContract, ("AGG-008",), "2 evaluations, and the answer of the last"),
    Broken(ItsOwnTtlContract, ("AGG-008",), "1 evaluation, and the answer of the last"),
    Broken(ForcesNothingContract, ("AGG-008",), "2 evaluations, and the answer of the last"),
    Broken(KeepsNothingForcedContract, ("AGG-008",), "after evaluation 2"),
    Broken(KeepsGoodNewsContract, ("AGG-008",), "2 evaluations, and the answer of the last"),
    Broken(KeepsWhileAskedContract, ("AGG-008",), "2 evaluations, and the answer of the last"),
]
