"""Providers that hang and take the answer, the others' news or the time of all with them: AGG-005."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pytest_policy_contracts import HealthReport
from tests.broken.entry import Broken

from .aggregators import UNHEALTHY, Aggregator, AggregatorContract, Entry


class NoTimeout(Aggregator):
    """Waits for everybody, as long as it takes."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._timeout = None


class OneTimeoutForAll(Aggregator):
    """Has one timeout around all providers, and raises when it is over: the others' reports are thrown away."""

    async def _gathered(self, entries: Sequence[Entry]) -> list[HealthReport]:
        timeout, self._timeout = self._timeout, None
        try:
            async with asyncio.timeout(timeout):
                return await super()._gathered(entries)
        finally:
            self._timeout = timeout


class WaitsForTheEnd(Aggregator):
    """Cancels who hangs and then waits until it has ended, as `wait_for` and task groups do."""

    async def _gathered(self, entries: Sequence[Entry]) -> list[HealthReport]:
        tasks = {entry.name: self._started(self._in_time(entry)) for entry in entries}
        try:
            if tasks:
                await asyncio.wait(tasks.values())
        finally:
            for task in tasks.values():
                task.cancel()
        return [report for entry in entries for report in self._outcome(entry, tasks[entry.name])]

    async def _in_time(self, entry: Entry) -> list[HealthReport]:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._asked(entry)
        except TimeoutError:
            return [self._failed(entry, UNHEALTHY, "no answer in time")]


class ItsOwnTimeout(Aggregator):
    """Gives every provider the five seconds that its author likes."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._timeout = 5.0


class Impatient(Aggregator):
    """Cuts a provider off when it has had two thirds of its time."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._timeout *= 2 / 3


class NoTimeoutContract(AggregatorContract):
    kind = NoTimeout


class OneTimeoutForAllContract(AggregatorContract):
    kind = OneTimeoutForAll


class WaitsForTheEndContract(AggregatorContract):
    kind = WaitsForTheEnd


class ItsOwnTimeoutContract(AggregatorContract):
    kind = ItsOwnTimeout


class ImpatientContract(AggregatorContract):
    kind = Impatient


SUBJECTS = [
    Broken(NoTimeoutContract, ("AGG-005",), "it did not end within 6 s"),
    Broken(OneTimeoutForAllContract, ("AGG-005",), "it raised: timeouterror"),
    Broken(WaitsForTheEndContract, ("AGG-005",), "it did not end within 6 s"),
    Broken(ItsOwnTimeoutContract, ("AGG-005",), "for a provider timeout of 1 s"),
    Broken(ImpatientContract, ("AGG-005",), "storage is healthy"),
]
