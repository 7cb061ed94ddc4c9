"""Answers in which nothing can be altered need not be copied."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pytest_policy_contracts import AggregatedHealth, AggregatorConfig, HealthAggregatorHarness
from pytest_policy_contracts.contracts import Publish

from .shared_task import SharedTask


def frozen(value: Any) -> Any:
    """Return a value with every dict and list in it replaced by what cannot be altered."""
    if isinstance(value, dict):
        return MappingProxyType({name: frozen(nested) for name, nested in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(map(frozen, value))
    return value


class FrozenAnswers(SharedTask):
    """Hands the same frozen reports to everybody; only the mapping of each report's details is a new view."""

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        answer = await super().check(force_refresh=force_refresh)
        return replace(answer, reports=tuple(replace(one, details=frozen(one.details)) for one in answer.reports))


class FrozenAnswersContract(HealthAggregatorHarness):
    def create(self, config: AggregatorConfig, publish: Publish, /) -> FrozenAnswers:
        return FrozenAnswers(config, publish)
