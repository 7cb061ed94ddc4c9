"""Health providers that the suite supplies to an aggregator: they answer, fail, hang and change as they are told.

Each call of one is written down in a `Chronicle`, with its place in the order of events, so that afterwards it can be said
which call stands behind which report: reports carry the number of their call in the message. Nothing here judges.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from itertools import count
from typing import Any

from pytest_policy_contracts.contracts import HealthReport, HealthStatus
from pytest_policy_contracts.simulation.clock import VirtualClock

COMPONENT = "main"
_NUMBER = re.compile(r"\bcall (\d+)\b")


# -- what happened --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Call:
    """One call of a provider, between which places in the order of events and which moments it was under way.

    `status` is what the provider's reports have to say in the answer; `ended` is 0 while the call is under way. Of the
    providers that had this name one after the other it was asked of number `generation`.
    """

    provider: str
    generation: int
    number: int
    began: int
    began_at: float
    status: HealthStatus = HealthStatus.UNHEALTHY
    ended: int = 0
    ended_at: float = 0.0


@dataclass(slots=True)
class Change:
    """A provider was added or removed, between two places in the order of events; `ended` is 0 while that is under way.

    `generation` is the number of the provider among those that had this name; 0: it was removed.
    """

    name: str
    generation: int
    began: int
    ended: int = 0


@dataclass(slots=True)
class Chronicle:
    """What happened to the providers of one run, in its order."""

    clock: VirtualClock
    calls: dict[str, list[Call]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    made: Counter[str] = field(default_factory=Counter)
    _ticks: count[int] = field(default_factory=lambda: count(1))

    def tick(self) -> int:
        """Return the next place in the order of events."""
        return next(self._ticks)

    def generation(self, name: str) -> int:
        """Return the number of another provider of this name."""
        self.made[name] += 1
        return self.made[name]

    def begin(self, provider: str, generation: int, status: HealthStatus) -> Call:
        """Write down that a provider is asked, and what it is going to say."""
        of_this = self.calls.setdefault(provider, [])
        call = Call(provider, generation, len(of_this) + 1, self.tick(), self.clock.now, status)
        of_this.append(call)
        return call

    def end(self, call: Call) -> None:
        """Write down that a call is over, however it ended."""
        call.ended, call.ended_at = self.tick(), self.clock.now

    def times(self, provider: str) -> int:
        """Return how often a provider was asked."""
        return len(self.calls.get(provider, ()))


def number_in(message: object) -> int:
    """Return the number of the call that a report's message tells; 0 where it tells none."""
    found = _NUMBER.search(message) if isinstance(message, str) else None
    return int(found[1]) if found else 0


# -- what a call does -----------------------------------------------------------------------------------------------------


class Behaviour:
    """What one call of a provider does. `status` is what has to be reported of it."""

    status = HealthStatus.UNHEALTHY

    async def answer(self, name: str, number: int) -> Any:
        """Answer, raise, or do not come back."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Says(Behaviour):
    """Answers with one report for each status, after some seconds."""

    statuses: tuple[HealthStatus | str | Enum, ...] = (HealthStatus.HEALTHY,)
    seconds: float = 0.0
    optional: bool = False
    make: Callable[..., object] = HealthReport

    @property
    def status(self) -> HealthStatus:  # type: ignore[override]
        """The worst of what it says."""
        return HealthStatus.worst(map(plain, self.statuses))

    async def answer(self, name: str, number: int) -> Any:
        """Answer after a while."""
        if self.seconds:
            await asyncio.sleep(self.seconds)
        return self.reports(name, number)

    def reports(self, name: str, number: int) -> list[Any]:
        """Return the reports of a call."""
        return [
            report(
                name, status, number, COMPONENT if index == 0 else f"{COMPONENT}-{index + 1}", self.optional, self.make
            )
            for index, status in enumerate(self.statuses)
        ]


def says(*statuses: HealthStatus | str | Enum, seconds: float = 0.0, optional: bool = False) -> Says:
    """Return the behaviour of a provider that answers with one report for each status."""
    return Says(statuses, seconds, optional)


@dataclass(frozen=True, slots=True)
class Raises(Behaviour):
    """Raises what `make` makes, after some seconds; `status` is what has to be reported of that."""

    make: Callable[[], BaseException]
    status: HealthStatus = HealthStatus.UNHEALTHY
    seconds: float = 0.0

    async def answer(self, name: str, number: int) -> Any:
        """Raise after a while."""
        if self.seconds:
            await asyncio.sleep(self.seconds)
        raise self.make()


class Hangs(Behaviour):
    """Never answers, until it is cancelled."""

    async def answer(self, name: str, number: int) -> Any:
        """Wait for ever."""
        await asyncio.get_running_loop().create_future()


@dataclass(frozen=True, slots=True)
class EndsLate(Behaviour):
    """Never answers, and when it is cancelled takes some seconds to end."""

    seconds: float = 30.0

    async def answer(self, name: str, number: int) -> Any:
        """Wait for ever, and clean up slowly."""
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await asyncio.sleep(self.seconds)


class IgnoresCancellation(Behaviour):
    """Never answers, and goes on waiting whoever cancels it, until the world itself ends."""

    def __init__(self, seconds: float = 3600.0) -> None:
        self._seconds = seconds

    async def answer(self, name: str, number: int) -> Any:
        """Wait for an hour, whatever comes in between."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._seconds
        while loop.time() < end:
            try:
                await asyncio.sleep(end - loop.time())
            except asyncio.CancelledError:
                continue


# -- providers ------------------------------------------------------------------------------------------------------------


class SuppliedProvider:
    """A provider whose calls do what `behaviours` say, one after the other; the last one stands for all that follow."""

    def __init__(self, name: str, chronicle: Chronicle, *behaviours: Behaviour) -> None:
        self.name = name
        self.chronicle = chronicle
        self.generation = chronicle.generation(name)
        self.behaviours: Sequence[Behaviour] = behaviours or (Says(),)

    def behaviour(self, number: int) -> Behaviour:
        """Return what a call does."""
        return self.behaviours[min(number, len(self.behaviours)) - 1]

    def begin(self) -> tuple[Call, Behaviour]:
        """Begin a call: write it down, with what it is going to say."""
        doing = self.behaviour(self.chronicle.times(self.name) + 1)
        return self.chronicle.begin(self.name, self.generation, doing.status), doing

    async def health_check(self) -> Any:
        """Do what is next."""
        call, doing = self.begin()
        try:
            return await doing.answer(self.name, call.number)
        finally:
            self.chronicle.end(call)


class SyncProvider(SuppliedProvider):
    """A provider that is not awaited: it says what it has to say at once."""

    def health_check(self) -> Any:
        """Answer at once."""
        call, doing = self.begin()
        try:
            if isinstance(doing, Says):
                return doing.reports(self.name, call.number)
            raise doing.make()  # type: ignore[attr-defined]
        finally:
            self.chronicle.end(call)


class ReturnsAwaitable(SuppliedProvider):
    """A provider whose plain method returns something to be awaited, or raises before there is anything to await."""

    def health_check(self) -> Awaitable[Any]:  # type: ignore[override]
        """Answer with a task's future, or raise at once."""
        call, doing = self.begin()
        if isinstance(doing, Raises):
            self.chronicle.end(call)
            raise doing.make()
        return asyncio.ensure_future(self._answered(call, doing))

    async def _answered(self, call: Call, doing: Behaviour) -> Any:
        try:
            return await doing.answer(self.name, call.number)
        finally:
            self.chronicle.end(call)


class KeepsItsReports(SuppliedProvider):
    """A provider that answers every call with the same objects, which it alters when it likes."""

    def __init__(self, name: str, chronicle: Chronicle) -> None:
        super().__init__(name, chronicle)
        self.kept = [
            OwnReport(name, COMPONENT, "healthy", "call 1", *_now_twice(), False, {"pool": {"hosts": ["a", "b"]}})
        ]

    async def health_check(self) -> Any:
        """Answer with what was answered before."""
        call, _ = self.begin()
        self.chronicle.end(call)
        return self.kept


# -- reports --------------------------------------------------------------------------------------------------------------


class OwnStatus(Enum):
    """The statuses as somebody else's code may have them: with values of their own, and names in capitals."""

    HEALTHY = 0
    DEGRADED = 1
    UNHEALTHY = 2
    UNKNOWN = 3


@dataclass
class OwnReport:
    """A report of somebody else's type, which can be altered."""

    module: str
    component: str
    status: object
    message: str
    checked_at: datetime
    observed_since: datetime
    optional: bool = False
    details: dict[str, Any] = field(default_factory=dict)


def report(
    name: str,
    status: object,
    number: int,
    component: str = COMPONENT,
    optional: bool = False,
    make: Callable[..., object] = HealthReport,
) -> object:
    """Return a report of a call; its module is the name of the provider."""
    return make(name, component, status, f"call {number} of {name}", *_now_twice(), optional, {})


def _now_twice() -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now, now


def plain(status: HealthStatus | str | Enum) -> HealthStatus:
    """Return a status given in any way as ours."""
    word = status.name if isinstance(status, Enum) else status
    return HealthStatus(word.lower())
