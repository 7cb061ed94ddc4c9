"""Reports in an order that differs from answer to answer: AGG-013."""

import random
from collections.abc import Sequence

from pytest_policy_contracts import HealthReport
from tests.broken.entry import Broken

from .aggregators import HEALTHY, Aggregator, AggregatorContract, Entry


class FirstComeFirst(Aggregator):
    """Lists reports as they came in."""

    async def _gathered(self, entries: Sequence[Entry]) -> list[HealthReport]:
        self._came: list[str] = []
        reports = await super()._gathered(entries)
        return sorted(
            reports, key=lambda one: self._came.index(one.module) if one.module in self._came else len(self._came)
        )

    async def _asked(self, entry: Entry) -> list[HealthReport]:
        try:
            return await super()._asked(entry)
        finally:
            self._came.append(entry.name)


class AnyOrder(Aggregator):
    """Asks its providers in a random order and lists them as it asked, so that none is always the last."""

    async def _gathered(self, entries: Sequence[Entry]) -> list[HealthReport]:
        return await super()._gathered(random.sample(entries, len(entries)))


class BadNewsLast(Aggregator):
    """Lists who answered, and then who did not."""

    async def _gathered(self, entries: Sequence[Entry]) -> list[HealthReport]:
        reports = await super()._gathered(entries)
        return sorted(reports, key=lambda one: one.status is not HEALTHY)


class FirstComeFirstContract(AggregatorContract):
    kind = FirstComeFirst


class AnyOrderContract(AggregatorContract):
    kind = AnyOrder


class BadNewsLastContract(AggregatorContract):
    kind = BadNewsLast


SUBJECTS = [
    Broken(FirstComeFirstContract, ("AGG-013",), "in answer 2"),
    Broken(AnyOrderContract, ("AGG-013",), "in answer"),
    Broken(BadNewsLastContract, ("AGG-013",), "echo, bravo, charlie, delta"),
]
