"""A provider's panic that costs more than its own report, or its name: AGG-003."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pytest_policy_contracts import HealthReport
from tests.broken.entry import Broken

from .aggregators import Aggregator, AggregatorContract, Entry


class GathersWithoutNet(Aggregator):
    """Takes what its tasks end with as it is: a provider's own cancellation becomes that of the whole answer."""

    ESCAPES = (Exception, SystemExit)

    def _outcome(self, entry: Entry, task: "asyncio.Task[list[HealthReport]]") -> list[HealthReport]:
        return task.result() if task.done() else super()._outcome(entry, task)


class LetsItExit(Aggregator):
    """Catches what is an `Exception`, and what is a cancellation, and lets an exit of the process through."""

    ESCAPES = (Exception, asyncio.CancelledError)


class NamesTheError(Aggregator):
    """Reports a failure under the name of its error, so that nobody knows whose it is."""

    def _erred(self, entry: Entry, error: BaseException) -> list[HealthReport]:
        named = Entry(type(error).__name__, entry.provider, entry.optional, entry.said_optional)
        return super()._erred(named, error)


class StopsAtTheFirst(Aggregator):
    """Returns at the first failure: what comes after it is not reported."""

    def _erred(self, entry: Entry, error: BaseException) -> list[HealthReport]:
        self._failing = entry.name
        return super()._erred(entry, error)

    async def _gathered(self, entries: Sequence[Entry]) -> list[HealthReport]:
        self._failing = ""
        found = await super()._gathered(entries)
        names = [report.module for report in found]
        return found[: names.index(self._failing) + 1] if self._failing else found


class CallsBeforeItTries(Aggregator):
    """Calls the provider first and is careful only with what is awaited."""

    async def _asked(self, entry: Entry) -> list[HealthReport]:
        self._called = getattr(self, "_called", {}) | {entry.name: entry.provider.health_check()}
        return await super()._asked(entry)

    async def _answer(self, entry: Entry) -> Any:
        answer = self._called[entry.name]
        return await answer if hasattr(answer, "__await__") else answer


class GathersWithoutNetContract(AggregatorContract):
    kind = GathersWithoutNet


class LetsItExitContract(AggregatorContract):
    kind = LetsItExit


class NamesTheErrorContract(AggregatorContract):
    kind = NamesTheError


class StopsAtTheFirstContract(AggregatorContract):
    kind = StopsAtTheFirst


class CallsBeforeItTriesContract(AggregatorContract):
    kind = CallsBeforeItTries


SUBJECTS = [
    Broken(GathersWithoutNetContract, ("AGG-003",), "it cancelled: cancellederror"),
    Broken(LetsItExitContract, ("AGG-003",), "systemexit"),
    Broken(NamesTheErrorContract, ("AGG-003",), "one report with the module storage"),
    Broken(StopsAtTheFirstContract, ("AGG-003",), "one healthy report about tickets"),
    Broken(CallsBeforeItTriesContract, ("AGG-003",), "it raised: _tablemissing"),
]
