"""Evaluations that multiply, are joined by those who must not, or end with one of their callers: AGG-009."""

import asyncio

from pytest_policy_contracts import AggregatedHealth
from tests.broken.entry import Broken

from .aggregators import Aggregator, AggregatorContract, Evaluation


class EverybodyForThemselves(Aggregator):
    """Evaluates for each caller who finds nothing in the cache: there is no single flight."""

    def _will_do(self, evaluation: Evaluation, begun: int | None) -> bool:
        return False


class ForcesWithoutLimit(Aggregator):
    """Shares evaluations among those who ask, and makes one for each who forces."""

    def _will_do(self, evaluation: Evaluation, begun: int | None) -> bool:
        return begun is None and super()._will_do(evaluation, begun)


class JoinsWhateverRuns(Aggregator):
    """Lets a forced caller join the evaluation under way, although that began before the call."""

    def _will_do(self, evaluation: Evaluation, begun: int | None) -> bool:
        return super()._will_do(evaluation, None)


class TakesAllAlong(Aggregator):
    """Awaits the shared task as it is: a caller that is cancelled cancels it for everybody."""

    async def _awaited(self, evaluation: Evaluation) -> AggregatedHealth:
        return await evaluation.task


class TheFirstEvaluates(Aggregator):
    """Lets the first caller evaluate in its own task, and the others wait for what it will never say once it is cancelled."""

    async def _awaited(self, evaluation: Evaluation) -> AggregatedHealth:
        future = getattr(evaluation.task, "shared", None)
        if future is not None:
            return await asyncio.shield(future)
        evaluation.task.shared = future = asyncio.get_running_loop().create_future()
        answer = await asyncio.shield(evaluation.task)
        future.set_result(answer)
        return answer


class LooksThenWaits(Aggregator):
    """Looks whether somebody is evaluating, waits a turn of the loop, and then believes what it saw."""

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        current = self._current
        if not self._is_fresh() and (current is None or current.task.done()):
            await asyncio.sleep(0)
            self._current = None
        return await super().check(force_refresh=force_refresh)


class EverybodyForThemselvesContract(AggregatorContract):
    kind = EverybodyForThemselves


class ForcesWithoutLimitContract(AggregatorContract):
    kind = ForcesWithoutLimit


class JoinsWhateverRunsContract(AggregatorContract):
    kind = JoinsWhateverRuns


class TakesAllAlongContract(AggregatorContract):
    kind = TakesAllAlong


class TheFirstEvaluatesContract(AggregatorContract):
    kind = TheFirstEvaluates


class LooksThenWaitsContract(AggregatorContract):
    kind = LooksThenWaits


SUBJECTS = [
    Broken(EverybodyForThemselvesContract, ("AGG-009",), "no evaluation was made that nobody needed"),
    Broken(ForcesWithoutLimitContract, ("AGG-009",), "at most 2 evaluations for 3 callers who ask at the same moment"),
    Broken(JoinsWhateverRunsContract, ("AGG-009",), "is of an evaluation that began after its call"),
    Broken(TakesAllAlongContract, ("AGG-009",), "cancellederror"),
    Broken(TheFirstEvaluatesContract, ("AGG-009",), "flights.py"),
    Broken(LooksThenWaitsContract, ("AGG-009",), "no evaluation was made that nobody needed"),
]
