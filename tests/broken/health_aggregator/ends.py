"""Callers that are kept, and services that leave something running: AGG-014."""

import asyncio
from typing import Any

from pytest_policy_contracts import AggregatedHealth
from tests.broken.entry import Broken

from .aggregators import Aggregator, AggregatorContract, Evaluation


class FinishesFirst(Aggregator):
    """Lets a cancelled caller wait for the answer before it ends as cancelled."""

    async def _awaited(self, evaluation: Evaluation) -> AggregatedHealth:
        try:
            return await super()._awaited(evaluation)
        except asyncio.CancelledError:
            await asyncio.wait([evaluation.task])
            raise


class ClosesNothing(Aggregator):
    """Leaves what is under way to its fate when it is closed."""

    async def close(self) -> None:
        self._kept = None


class ClosesTheEvaluationOnly(Aggregator):
    """Cancels the evaluation, and knows nothing of the provider that it has cut off or not."""

    async def close(self) -> None:
        current = self._current
        if current is not None and not current.task.done():
            current.task.cancel()

    async def _gathered(self, entries: Any) -> Any:
        tasks = {entry.name: asyncio.ensure_future(self._asked(entry)) for entry in entries}
        if tasks:
            await asyncio.wait(tasks.values(), timeout=self._timeout)
        for task in tasks.values():
            task.cancel()
        return [report for entry in entries for report in self._outcome(entry, tasks[entry.name])]


class LeavesATimer(Aggregator):
    """Sets a timer to forget an answer, and leaves it running."""

    def _keep(self, evaluation: Evaluation, answer: AggregatedHealth) -> None:
        super()._keep(evaluation, answer)
        asyncio.get_running_loop().call_later(600, self._forget)

    def _forget(self) -> None:
        self._kept_until = 0.0


class FinishesFirstContract(AggregatorContract):
    kind = FinishesFirst


class ClosesNothingContract(AggregatorContract):
    kind = ClosesNothing


class ClosesTheEvaluationOnlyContract(AggregatorContract):
    kind = ClosesTheEvaluationOnly


class LeavesATimerContract(AggregatorContract):
    kind = LeavesATimer


SUBJECTS = [
    Broken(FinishesFirstContract, ("AGG-014",), "it returned 1 s later"),
    Broken(ClosesNothingContract, ("AGG-014",), "a task: aggregator._"),
    Broken(ClosesTheEvaluationOnlyContract, ("AGG-014",), "a task: aggregator._asked"),
    Broken(LeavesATimerContract, ("AGG-014",), "a timer: leavesatimer._forget"),
]
