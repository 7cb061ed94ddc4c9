"""Providers that wait for each other: AGG-007."""

import asyncio
from collections.abc import Sequence

from pytest_policy_contracts import AggregatorConfig, HealthReport
from pytest_policy_contracts.contracts import Publish
from tests.broken.entry import Broken

from .aggregators import Aggregator, AggregatorContract, Entry


class OneAfterTheOther(Aggregator):
    """Asks its providers in a loop."""

    async def _gathered(self, entries: Sequence[Entry]) -> list[HealthReport]:
        return [report for entry in entries for report in await super(OneAfterTheOther, self)._gathered([entry])]


class TwoAtATime(Aggregator):
    """Lets two providers be asked at the same time, so as not to be a burden."""

    def __init__(self, config: AggregatorConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._room = asyncio.Semaphore(2)

    async def _asked(self, entry: Entry) -> list[HealthReport]:
        async with self._room:
            return await super()._asked(entry)


class OneAfterTheOtherContract(AggregatorContract):
    kind = OneAfterTheOther


class TwoAtATimeContract(AggregatorContract):
    kind = TwoAtATime


SUBJECTS = [
    Broken(OneAfterTheOtherContract, ("AGG-007",), "it took 6 s"),
    Broken(TwoAtATimeContract, ("AGG-007",), "it took"),
]
