"""Events that are missing, are one too many, or say the opposite: AGG-012."""

from collections.abc import Mapping
from typing import Any

from pytest_policy_contracts import AggregatedHealth
from tests.broken.entry import Broken

from .aggregators import HEALTHY, Aggregator, AggregatorContract, Evaluation


class TellsOfEveryAnswer(Aggregator):
    """Publishes an evaluation for every caller, those included who were answered from the cache."""

    def _copied(self, answer: AggregatedHealth) -> AggregatedHealth:
        if self._is_fresh() and self._time() > self._kept_until - self._ttl:
            self._emit("health.evaluated", {"health": str(answer.health), "readiness": str(answer.readiness)})
        return super()._copied(answer)


class LooksAtHealthOnly(Aggregator):
    """Compares health, and does not notice that readiness has changed."""

    def _differs(self, before: tuple[Any, Any], found: tuple[Any, Any]) -> bool:
        return before[0] != found[0]


class StartsHealthy(Aggregator):
    """Takes it for granted that everything was healthy before it first looked."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._told = (HEALTHY, HEALTHY)


class TurnsItBack(Aggregator):
    """Publishes the change that a late evaluation finds, although a newer one has found the opposite."""

    def _tell(self, evaluation: Evaluation, answer: AggregatedHealth) -> None:
        self._told_number = 0
        super()._tell(evaluation, answer)


class ForgetsToAwait(Aggregator):
    """Calls the publisher, and does not await what it returns."""

    def _emit(self, kind: str, data: Mapping[str, object]) -> None:
        event = {"specversion": "1.0", "id": str(next(self._ids)), "source": "/shop", "type": kind, "data": data}
        try:
            answer = self._publish(event)
        except Exception:
            return
        if hasattr(answer, "close"):
            answer.close()


class TellsWhatItWas(Aggregator):
    """Publishes a change with what was before in place of what is."""

    def _tell(self, evaluation: Evaluation, answer: AggregatedHealth) -> None:
        self._before = self._told
        super()._tell(evaluation, answer)

    def _emit(self, kind: str, data: Mapping[str, object]) -> None:
        if kind == "health.status.changed":
            data = {"health": str(self._before[0]), "readiness": str(self._before[1])}
        super()._emit(kind, data)


class TellsOfEveryAnswerContract(AggregatorContract):
    kind = TellsOfEveryAnswer


class LooksAtHealthOnlyContract(AggregatorContract):
    kind = LooksAtHealthOnly


class StartsHealthyContract(AggregatorContract):
    kind = StartsHealthy


class TurnsItBackContract(AggregatorContract):
    kind = TurnsItBack


class ForgetsToAwaitContract(AggregatorContract):
    kind = ForgetsToAwait


class TellsWhatItWasContract(AggregatorContract):
    kind = TellsWhatItWas


SUBJECTS = [
    Broken(TellsOfEveryAnswerContract, ("AGG-012",), "1 events health.evaluated, for 1 evaluations"),
    Broken(
        LooksAtHealthOnlyContract,
        ("AGG-012",),
        "health unhealthy and readiness unhealthy after health unhealthy and readiness healthy",
    ),
    Broken(StartsHealthyContract, ("AGG-012",), "after unknown"),
    Broken(TurnsItBackContract, ("AGG-012",), "the provider is unhealthy since the newer evaluation"),
    Broken(ForgetsToAwaitContract, ("AGG-012",), "for 12 evaluations | no events"),
    Broken(TellsWhatItWasContract, ("AGG-012",), "in the event health.status.changed of evaluation"),
]
