"""Checks that do not end as cancelled when they are cancelled: HLT-008.

Nothing stays behind in any of them, and a server that hangs still ends in time; only the answer
to a cancellation is wrong.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, AsyncServer, Finding, ServerHarness

_log = logging.getLogger("cache.health")


class ReportsItsCancellation(AsyncHealth):
    """Turns whatever ends the ping into a report, so that a check never fails."""

    async def _found(self, server: AsyncServer) -> Finding:
        try:
            return await super()._found(server)
        except BaseException as error:
            return HealthStatus.UNHEALTHY, f"the check ended with {type(error).__name__}"


class AnswersNothing(AsyncHealth):
    """Ends a cancelled check quietly, with an empty list."""

    async def health_check(self) -> Sequence[HealthReport]:
        try:
            return await super().health_check()
        except asyncio.CancelledError:
            return []


class RetriesACancellation(AsyncHealth):
    """Asks a second time whatever went wrong with the first, the caller's cancellation included."""

    async def _found(self, server: AsyncServer) -> Finding:
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                await server.ping()
            return HealthStatus.HEALTHY, "answered"
        except (OSError, asyncio.CancelledError) as error:
            _log.info("asking again after %s", type(error).__name__)
        return await super()._found(server)


class WrapsEverything(AsyncHealth):
    """Promises its callers one type of error and wraps all there is."""

    async def health_check(self) -> Sequence[HealthReport]:
        try:
            return await super().health_check()
        except BaseException as error:
            raise RuntimeError("the check failed") from error


class TakesItForATimeout(AsyncHealth):
    """Takes every cancellation for the end of its own time limit."""

    async def _found(self, server: AsyncServer) -> Finding:
        try:
            await asyncio.wait_for(server.ping(), self.LIMIT_SECONDS)
        except (asyncio.CancelledError, TimeoutError):
            return HealthStatus.UNHEALTHY, "no answer in time"
        except ConnectionError:
            return HealthStatus.UNHEALTHY, "the server cannot be reached"
        return HealthStatus.HEALTHY, "answered"


class FinishesFirst(AsyncHealth):
    """Protects the ping from the caller's cancellation, waits for its end, and answers as if asked to."""

    async def _found(self, server: AsyncServer) -> Finding:
        finding = asyncio.create_task(super()._found(server))
        try:
            return await asyncio.shield(finding)
        except asyncio.CancelledError:
            return await finding


class SilencesItsHeartbeat(AsyncHealth):
    """Waits for its heartbeat to end under `suppress`, which silences its own cancellation as well."""

    async def _found(self, server: AsyncServer) -> Finding:
        heartbeat = asyncio.create_task(self._beat())
        try:
            return await super()._found(server)
        finally:
            heartbeat.cancel()
            with suppress(asyncio.CancelledError):
                await heartbeat

    async def _beat(self) -> None:
        try:
            while True:
                await asyncio.sleep(1)
        finally:
            await asyncio.sleep(0.02)


class ReportsItsCancellationContract(ServerHarness):
    def create(self) -> ReportsItsCancellation:
        return ReportsItsCancellation()


class AnswersNothingContract(ServerHarness):
    def create(self) -> AnswersNothing:
        return AnswersNothing()


class RetriesACancellationContract(ServerHarness):
    def create(self) -> RetriesACancellation:
        return RetriesACancellation()


class WrapsEverythingContract(ServerHarness):
    def create(self) -> WrapsEverything:
        return WrapsEverything()


class TakesItForATimeoutContract(ServerHarness):
    def create(self) -> TakesItForATimeout:
        return TakesItForATimeout()


class FinishesFirstContract(ServerHarness):
    def create(self) -> FinishesFirst:
        return FinishesFirst()


class SilencesItsHeartbeatContract(ServerHarness):
    def create(self) -> SilencesItsHeartbeat:
        return SilencesItsHeartbeat()


SUBJECTS = [
    Broken(
        ReportsItsCancellationContract,
        ("HLT-008",),
        "cancelled at place 1 of 1: tests/broken/health_provider/providers.py",
    ),
    Broken(
        AnswersNothingContract, ("HLT-008",), "cancelled at place 1 of 1: tests/broken/health_provider/providers.py"
    ),
    Broken(
        RetriesACancellationContract,
        ("HLT-008",),
        "cancelled at place 1 of 1: tests/broken/health_provider/providers.py",
    ),
    Broken(WrapsEverythingContract, ("HLT-008",), "runtimeerror: the check failed"),
    Broken(TakesItForATimeoutContract, ("HLT-008",), "await asyncio.wait_for(server.ping()"),
    Broken(FinishesFirstContract, ("HLT-008",), "await asyncio.shield(finding)"),
    Broken(SilencesItsHeartbeatContract, ("HLT-008",), "await heartbeat"),
]
