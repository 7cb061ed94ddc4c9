"""Checks that do not show a server that is out of order, or take the process with it: HLT-009.

A server that hangs shows in all of them, apart from the one that never asks again.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, AsyncServer, Details, Finding, ServerHarness, SyncHealth, SyncServer


class HealthyWithAFootnote(AsyncHealth):
    """Is healthy for having run, and puts what went wrong in the details."""

    def __init__(self) -> None:
        super().__init__()
        self._error: str | None = None

    async def _found(self, server: AsyncServer) -> Finding:
        self._error = None
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                await server.ping()
        except TimeoutError:
            return HealthStatus.UNHEALTHY, "no answer in time"
        except ConnectionError as error:
            self._error = type(error).__name__
        return HealthStatus.HEALTHY, "checked"

    def _details(self) -> Details:
        return {**super()._details(), "error": self._error}


class HealthyOnceAndForAll(SyncHealth):
    """Does not ask again once it has seen its server healthy."""

    def __init__(self) -> None:
        super().__init__()
        self._seen_healthy = False

    def _found(self, server: SyncServer) -> Finding:
        if self._seen_healthy:
            return HealthStatus.HEALTHY, "answered"
        finding = super()._found(server)
        self._seen_healthy = finding[0] is HealthStatus.HEALTHY
        return finding


class DropsWhatFails(AsyncHealth):
    """Gathers its reports along with the errors, and answers with what is a report."""

    NAMES = ("sessions", "pages")

    async def health_check(self) -> Sequence[HealthReport]:
        results = await asyncio.gather(*map(self._checked, self.servers), return_exceptions=True)
        return [result for result in results if isinstance(result, HealthReport)]

    async def _checked(self, server: AsyncServer) -> HealthReport:
        finding = HealthStatus.HEALTHY, "answered"
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                await server.ping()
        except TimeoutError:
            finding = HealthStatus.UNHEALTHY, "no answer in time"
        return self._report(server.name, finding)


class SuppressesRefusals(SyncHealth):
    """Suppresses an error that was in the way of a test once."""

    def _found(self, server: SyncServer) -> Finding:
        try:
            with suppress(ConnectionError):
                server.ping(self.LIMIT_SECONDS)
        except TimeoutError:
            return HealthStatus.UNHEALTHY, "no answer in time"
        return HealthStatus.HEALTHY, "answered"


class ExitsTheProcess(SyncHealth):
    """Ends the process when the server is gone: without a cache there is no service."""

    def _found(self, server: SyncServer) -> Finding:
        try:
            server.ping(self.LIMIT_SECONDS)
        except TimeoutError:
            return HealthStatus.UNHEALTHY, "no answer in time"
        except ConnectionError:
            sys.exit("the cache is gone")
        return HealthStatus.HEALTHY, "answered"


class ExitsFromTheLoop(AsyncHealth):
    """Leaves by `SystemExit`, as the script did from which it was taken."""

    async def _found(self, server: AsyncServer) -> Finding:
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                await server.ping()
        except TimeoutError:
            return HealthStatus.UNHEALTHY, "no answer in time"
        except ConnectionError:
            raise SystemExit(2) from None
        return HealthStatus.HEALTHY, "answered"


class HealthyWithAFootnoteContract(ServerHarness):
    def create(self) -> HealthyWithAFootnote:
        return HealthyWithAFootnote()


class HealthyOnceAndForAllContract(ServerHarness):
    """Without a way to hang: who does not ask does not see that either."""

    hang_dependency = None  # type: ignore[assignment]

    def create(self) -> HealthyOnceAndForAll:
        return HealthyOnceAndForAll()


class DropsWhatFailsContract(ServerHarness):
    def create(self) -> DropsWhatFails:
        return DropsWhatFails()


class SuppressesRefusalsContract(ServerHarness):
    def create(self) -> SuppressesRefusals:
        return SuppressesRefusals()


class ExitsTheProcessContract(ServerHarness):
    def create(self) -> ExitsTheProcess:
        return ExitsTheProcess()


class ExitsFromTheLoopContract(ServerHarness):
    def create(self) -> ExitsFromTheLoop:
        return ExitsFromTheLoop()


SUBJECTS = [
    Broken(HealthyWithAFootnoteContract, ("HLT-009",), "cache/primary is healthy (checked)"),
    Broken(HealthyOnceAndForAllContract, ("HLT-009",), "cache/primary is healthy (answered)"),
    Broken(DropsWhatFailsContract, ("HLT-009",), "healthy: cache/pages is healthy"),
    Broken(SuppressesRefusalsContract, ("HLT-009",), "cache/primary is healthy (answered)"),
    Broken(ExitsTheProcessContract, ("HLT-009",), "systemexit: the cache is gone"),
    Broken(ExitsFromTheLoopContract, ("HLT-009",), "systemexit: 2"),
]
