"""Checks that get in each other's way: HLT-011, and where nobody can check any more, HLT-006.

One check alone is whole in each of them, and also ends as cancelled; it takes two at a time.
"""

import asyncio
import logging
from collections.abc import Sequence
from copy import deepcopy

from pytest_policy_contracts import HealthReport
from tests.broken.entry import Broken

from .providers import AsyncHealth, ServerHarness, SyncHealth

_log = logging.getLogger("cache.health")

Reports = Sequence[HealthReport]


class CancelsForEverybody(AsyncHealth):
    """Lets concurrent callers await one task, which the cancellation of any of them cancels."""

    def __init__(self) -> None:
        super().__init__()
        self._flight: asyncio.Task[Reports] | None = None

    async def health_check(self) -> Reports:
        if self._flight is None:
            self._flight = asyncio.create_task(super().health_check())
            self._flight.add_done_callback(self._landed)
        return deepcopy(await self._flight)

    def _landed(self, flight: "asyncio.Task[Reports]") -> None:
        self._flight = None


class LeavesWithoutAnHeir(AsyncHealth):
    """Lets the first caller do the work while the others wait; if he is cancelled, nobody tells them."""

    def __init__(self) -> None:
        super().__init__()
        self._answered: asyncio.Event | None = None
        self._latest: Reports = ()

    async def health_check(self) -> Reports:
        if self._answered is not None:
            await self._wait_for_the_first(self._answered)
            return deepcopy(self._latest)
        answered = self._answered = asyncio.Event()
        self._latest = await super().health_check()
        self._answered = None
        answered.set()
        return deepcopy(self._latest)

    async def _wait_for_the_first(self, answered: asyncio.Event) -> None:
        await answered.wait()


class AnswersTwice(AsyncHealth):
    """Shares a future for the answer, which every caller sets who was there before it was set."""

    def __init__(self) -> None:
        super().__init__()
        self._answer: asyncio.Future[Reports] | None = None

    async def health_check(self) -> Reports:
        answer = self._answer
        if answer is None:
            answer = self._answer = asyncio.get_running_loop().create_future()
        answer.set_result(await super().health_check())
        self._answer = None
        return deepcopy(answer.result())


class RefillsItsList(AsyncHealth):
    """Clears its list of reports and fills it again, one server after the other."""

    NAMES = ("sessions", "pages")

    def __init__(self) -> None:
        super().__init__()
        self._reports: list[HealthReport] = []

    async def health_check(self) -> Reports:
        self._reports.clear()
        for server in self.servers:
            self._reports.append(self._report(server.name, await self._found(server)))
        return deepcopy(self._reports)


class KeepsItsLock(AsyncHealth):
    """Takes turns, and gives the lock back only where the check came to its end."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = asyncio.Lock()

    async def health_check(self) -> Reports:
        await self._turn.acquire()
        reports = await super().health_check()
        self._turn.release()
        return reports


class CollectsOnItself(SyncHealth):
    """Collects its reports in an attribute, in which the next thread puts a list of its own."""

    NAMES = ("sessions", "pages")

    def health_check(self) -> Reports:
        self._reports: list[HealthReport] = []
        for server in self.servers:
            self._reports.append(self._report(server.name, self._found(server)))
        return deepcopy(self._reports)


class NamesWhatIsCurrent(SyncHealth):
    """Notes on itself which server it is at, and reports under the name that stands there afterwards."""

    NAMES = ("sessions", "pages", "locks")

    def health_check(self) -> Reports:
        reports = []
        for server in self.servers:
            self._current = server.name
            finding = self._found(server)
            reports.append(self._report(self._current, finding))
        return reports


class InvalidatesFirst(SyncHealth):
    """Drops its last answer before it makes the next one, also while another thread is about to return it."""

    def __init__(self) -> None:
        super().__init__()
        self._latest: list[HealthReport] = []

    def health_check(self) -> Reports:
        self._latest = []
        reports = list(super().health_check())
        self._latest = reports
        self._tell(len(reports))
        return deepcopy(self._latest)

    def _tell(self, servers: int) -> None:
        _log.debug("checked %d servers", servers)


class CancelsForEverybodyContract(ServerHarness):
    def create(self) -> CancelsForEverybody:
        return CancelsForEverybody()


class LeavesWithoutAnHeirContract(ServerHarness):
    def create(self) -> LeavesWithoutAnHeir:
        return LeavesWithoutAnHeir()


class AnswersTwiceContract(ServerHarness):
    def create(self) -> AnswersTwice:
        return AnswersTwice()


class RefillsItsListContract(ServerHarness):
    def create(self) -> RefillsItsList:
        return RefillsItsList()


class KeepsItsLockContract(ServerHarness):
    def create(self) -> KeepsItsLock:
        return KeepsItsLock()


class CollectsOnItselfContract(ServerHarness):
    def create(self) -> CollectsOnItself:
        return CollectsOnItself()


class NamesWhatIsCurrentContract(ServerHarness):
    def create(self) -> NamesWhatIsCurrent:
        return NamesWhatIsCurrent()


class InvalidatesFirstContract(ServerHarness):
    def create(self) -> InvalidatesFirst:
        return InvalidatesFirst()


SUBJECTS = [
    Broken(CancelsForEverybodyContract, ("HLT-011",), "it cancelled: cancellederror"),
    Broken(LeavesWithoutAnHeirContract, ("HLT-006",), "_wait_for_the_first"),
    Broken(AnswersTwiceContract, ("HLT-011",), "it raised: invalidstateerror"),
    Broken(RefillsItsListContract, ("HLT-011",), "reports of cache/sessions, cache/sessions"),
    Broken(KeepsItsLockContract, ("HLT-006",), "await self._turn.acquire()"),
    Broken(CollectsOnItselfContract, ("HLT-011",), "reports of cache/sessions, cache/pages, cache/pages"),
    Broken(NamesWhatIsCurrentContract, ("HLT-011",), "reports of cache/pages, cache/locks, cache/locks"),
    Broken(InvalidatesFirstContract, ("HLT-011",), "healthy: no reports"),
]
