"""Old news in place of new: AGG-010."""

from pytest_policy_contracts import AggregatedHealth
from tests.broken.entry import Broken

from .aggregators import Aggregator, AggregatorContract, Evaluation


class TheLastToEndWins(Aggregator):
    """Keeps the answer of whatever evaluation ends last, however long ago that began."""

    def _keep(self, evaluation: Evaluation, answer: AggregatedHealth) -> None:
        self._kept, self._kept_number = answer, evaluation.number
        self._kept_until = self._time() + self._ttl


class InvalidatesTheCacheOnly(Aggregator):
    """Empties the cache when a provider is added, and fills it again with the evaluation that was under way."""

    def _is_valid(self, evaluation: Evaluation) -> bool:
        return True


class AnswersAllTheSame(Aggregator):
    """Does not keep an evaluation that a change has overtaken, and answers with it all the same."""

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        if not force_refresh and self._is_fresh():
            return self._copied(self._kept)
        return self._copied(await self._awaited(self._joined(self._begun if force_refresh else None)))


class KeepsTheOvertaken(Aggregator):
    """Evaluates anew for those who wait, and keeps the overtaken answer for those who come meanwhile."""

    async def _evaluate(self, evaluation: Evaluation) -> AggregatedHealth:
        answer = await super()._evaluate(evaluation)
        if not self._is_valid(evaluation):
            self._keep(evaluation, answer)
        return answer


class NoticesTheNewOnly(Aggregator):
    """Invalidates what is under way when a provider is added, and not when one is removed."""

    def remove_provider(self, name: str, /) -> None:
        del self._entries[name]
        self._kept = None


class TheLastToEndWinsContract(AggregatorContract):
    kind = TheLastToEndWins


class InvalidatesTheCacheOnlyContract(AggregatorContract):
    kind = InvalidatesTheCacheOnly


class AnswersAllTheSameContract(AggregatorContract):
    kind = AnswersAllTheSame


class KeepsTheOvertakenContract(AggregatorContract):
    kind = KeepsTheOvertaken


class NoticesTheNewOnlyContract(AggregatorContract):
    kind = NoticesTheNewOnly


SUBJECTS = [
    Broken(TheLastToEndWinsContract, ("AGG-010",), "an answer at least as new as"),
    Broken(InvalidatesTheCacheOnlyContract, ("AGG-010",), "a provider came or went during this one"),
    Broken(AnswersAllTheSameContract, ("AGG-010",), "a provider came or went during this one"),
    Broken(KeepsTheOvertakenContract, ("AGG-010",), "a provider came or went during this one"),
    Broken(NoticesTheNewOnlyContract, ("AGG-010",), "guest healthy (asked at 0 s)"),
]
