"""Answers that share something with one another: HLT-012."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, Details, ServerHarness, SyncHealth


class KeepsOneList(AsyncHealth):
    """Writes each new answer into the list that it gave to everybody before."""

    def __init__(self) -> None:
        super().__init__()
        self._reports: list[HealthReport] = []

    async def health_check(self) -> Sequence[HealthReport]:
        self._reports[:] = await super().health_check()
        return self._reports


class HandsOutItsDetails(SyncHealth):
    """Puts its one dict of details into every report."""

    def __init__(self) -> None:
        super().__init__()
        self._info = super()._details()

    def _details(self) -> Details:
        return self._info


class CopiesOneLevel(SyncHealth):
    """Copies its details, but not the pool inside them."""

    def __init__(self) -> None:
        super().__init__()
        self._info = super()._details()

    def _details(self) -> Details:
        return dict(self._info)


class CopiesTheKeptReports(AsyncHealth):
    """Keeps an answer for 15 s and makes new reports of the kept ones, around the same details."""

    TTL = timedelta(seconds=15)

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[HealthReport] = []

    async def health_check(self) -> Sequence[HealthReport]:
        if not self._kept or datetime.now(UTC) - self._kept[0].checked_at >= self.TTL:
            reports = list(await super().health_check())
            if reports[0].status is not HealthStatus.HEALTHY:
                return reports
            self._kept = reports
        return [replace(report) for report in self._kept]


class Flight:
    """A check under way, and how many callers wait for it."""

    def __init__(self, task: "asyncio.Task[Sequence[HealthReport]]") -> None:
        self.task = task
        self.callers = 0


class CopiesTheSharedList(AsyncHealth):
    """Lets concurrent callers share one check, and copies for each the list, not what is in it.

    Nothing else is wrong with it: a caller who is cancelled harms no other, and the last one to
    leave cancels the check.
    """

    def __init__(self) -> None:
        super().__init__()
        self._flight: Flight | None = None

    async def health_check(self) -> Sequence[HealthReport]:
        flight = self._flight
        if flight is None or flight.task.done():
            flight = self._flight = Flight(asyncio.create_task(super().health_check()))
        flight.callers += 1
        try:
            return list(await asyncio.shield(flight.task))
        finally:
            flight.callers -= 1
            if not flight.callers:
                flight.task.cancel()
                self._flight = None if self._flight is flight else self._flight


class KeepsOneListContract(ServerHarness):
    def create(self) -> KeepsOneList:
        return KeepsOneList()


class HandsOutItsDetailsContract(ServerHarness):
    def create(self) -> HandsOutItsDetails:
        return HandsOutItsDetails()


class CopiesOneLevelContract(ServerHarness):
    def create(self) -> CopiesOneLevel:
        return CopiesOneLevel()


class CopiesTheKeptReportsContract(ServerHarness):
    def create(self) -> CopiesTheKeptReports:
        return CopiesTheKeptReports()


class CopiesTheSharedListContract(ServerHarness):
    def create(self) -> CopiesTheSharedList:
        return CopiesTheSharedList()


SUBJECTS = [
    Broken(KeepsOneListContract, ("HLT-012",), "module is none"),
    Broken(HandsOutItsDetailsContract, ("HLT-012",), "details is {'altered by the suite"),
    Broken(CopiesOneLevelContract, ("HLT-012",), "details is {'pool': {'altered by the suite"),
    Broken(CopiesTheKeptReportsContract, ("HLT-012",), "details is {'altered by the suite"),
    Broken(CopiesTheSharedListContract, ("HLT-012",), "details is {'altered by the suite"),
]
