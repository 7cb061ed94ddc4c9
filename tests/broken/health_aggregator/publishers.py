"""Publishers that raise, and take the answer with them: AGG-015."""

import inspect
from collections.abc import Mapping

from pytest_policy_contracts import AggregatedHealth
from tests.broken.entry import Broken

from .aggregators import Aggregator, AggregatorContract, Evaluation


class RaisesAlong(Aggregator):
    """Publishes without a net, in the middle of the evaluation."""

    def _emit(self, kind: str, data: Mapping[str, object]) -> None:
        answer = self._publish(
            {"specversion": "1.0", "id": str(next(self._ids)), "source": "/shop", "type": kind, "data": data}
        )
        if inspect.isawaitable(answer):
            self._started(self._delivered(answer))


class AwaitsWithoutNet(Aggregator):
    """Is careful when it calls the publisher, and not when it awaits what that returned."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self._open: list = []

    def _emit(self, kind: str, data: Mapping[str, object]) -> None:
        event = {"specversion": "1.0", "id": str(next(self._ids)), "source": "/shop", "type": kind, "data": data}
        try:
            answer = self._publish(event)
        except Exception:
            return
        if inspect.isawaitable(answer):
            self._open.append(answer)

    async def _evaluate(self, evaluation: Evaluation) -> AggregatedHealth:
        answer = await super()._evaluate(evaluation)
        waiting, self._open = self._open, []
        try:
            while waiting:
                await waiting.pop(0)
        finally:
            for one in waiting:
                one.close()
        return answer


class PublishesBeforeItKeeps(Aggregator):
    """Publishes first and keeps then: where the one fails, the other is not done."""

    def _keep(self, evaluation: Evaluation, answer: AggregatedHealth) -> None:
        event = {
            "specversion": "1.0",
            "id": str(next(self._ids)),
            "source": "/shop",
            "type": "health.trace",
            "data": {},
        }
        try:
            answer_of_bus = self._publish(event)
            if hasattr(answer_of_bus, "close"):
                answer_of_bus.close()
            super()._keep(evaluation, answer)
        except Exception:
            return


class RaisesAlongContract(AggregatorContract):
    kind = RaisesAlong


class AwaitsWithoutNetContract(AggregatorContract):
    kind = AwaitsWithoutNet


class PublishesBeforeItKeepsContract(AggregatorContract):
    kind = PublishesBeforeItKeeps


SUBJECTS = [
    Broken(RaisesAlongContract, ("AGG-015",), "connectionerror"),
    Broken(AwaitsWithoutNetContract, ("AGG-015",), "connectionerror"),
    Broken(PublishesBeforeItKeepsContract, ("AGG-015",), "one evaluation, and its answer"),
]
