"""Checks that give a password away: HLT-014."""

import asyncio
import logging

from pytest_policy_contracts import HealthStatus
from tests.broken.entry import Broken

from .providers import (
    ADDRESS,
    AsyncHealth,
    AsyncServer,
    Details,
    Finding,
    ServerHarness,
    SyncHealth,
    SyncServer,
)

_log = logging.getLogger("cache.audit")


class QuotingServer(AsyncServer):
    """A client that quotes the address it was given when it is refused, as some do."""

    async def ping(self) -> bytes:
        try:
            return await super().ping()
        except ConnectionRefusedError:
            raise ConnectionRefusedError(f"{ADDRESS} refused the connection") from None


class QuotesTheError(AsyncHealth):
    """Takes the text of the client's error for its message, and the address is part of it."""

    def __init__(self) -> None:
        super().__init__()
        self.servers = [QuotingServer(name) for name in self.NAMES]

    async def _found(self, server: AsyncServer) -> Finding:
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                await server.ping()
        except TimeoutError:
            return HealthStatus.UNHEALTHY, "no answer in time"
        except ConnectionError as error:
            return HealthStatus.UNHEALTHY, str(error)
        return HealthStatus.HEALTHY, "answered"


class CacheError(Exception):
    """The cache is out of order."""


class CauseTellsAll(AsyncHealth):
    """Raises a clean error, and chains the one that quotes the address as its cause."""

    def __init__(self) -> None:
        super().__init__()
        self.servers = [QuotingServer(name) for name in self.NAMES]

    async def _found(self, server: AsyncServer) -> Finding:
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                await server.ping()
        except OSError as error:
            raise CacheError("the cache is out of order") from error
        return HealthStatus.HEALTHY, "answered"


class LogsTheTraceback(AsyncHealth):
    """Logs the client's error with its traceback, and so with its text."""

    def __init__(self) -> None:
        super().__init__()
        self.servers = [QuotingServer(name) for name in self.NAMES]

    async def _found(self, server: AsyncServer) -> Finding:
        try:
            async with asyncio.timeout(self.LIMIT_SECONDS):
                await server.ping()
        except OSError:
            _log.warning("the ping failed", exc_info=True)
            return HealthStatus.UNHEALTHY, "the ping failed"
        return HealthStatus.HEALTHY, "answered"


class ShowsItsSettings(SyncHealth):
    """Adds the settings it was made with to its details, deep inside."""

    def _details(self) -> Details:
        return {**super()._details(), "settings": {"nodes": [{"url": ADDRESS, "weight": 1}]}}


class LogsItsAddress(SyncHealth):
    """Logs what it is about to ask, for debugging, as an argument of the record."""

    def _found(self, server: SyncServer) -> Finding:
        _log.debug("asking %s", ADDRESS)
        return super()._found(server)


class NamesTheSilentServer(SyncHealth):
    """Says in full which server does not answer, and only then."""

    def _found(self, server: SyncServer) -> Finding:
        try:
            server.ping(self.LIMIT_SECONDS)
        except TimeoutError:
            return HealthStatus.UNHEALTHY, f"{ADDRESS} did not answer in time"
        except ConnectionError:
            return HealthStatus.UNHEALTHY, "the server cannot be reached"
        return HealthStatus.HEALTHY, "answered"


class QuotesTheErrorContract(ServerHarness):
    def create(self) -> QuotesTheError:
        return QuotesTheError()


class CauseTellsAllContract(ServerHarness):
    def create(self) -> CauseTellsAll:
        return CauseTellsAll()


class LogsTheTracebackContract(ServerHarness):
    def create(self) -> LogsTheTraceback:
        return LogsTheTraceback()


class ShowsItsSettingsContract(ServerHarness):
    def create(self) -> ShowsItsSettings:
        return ShowsItsSettings()


class LogsItsAddressContract(ServerHarness):
    def create(self) -> LogsItsAddress:
        return LogsItsAddress()


class NamesTheSilentServerContract(ServerHarness):
    def create(self) -> NamesTheSilentServer:
        return NamesTheSilentServer()


SUBJECTS = [
    Broken(
        QuotesTheErrorContract,
        ("HLT-014",),
        "in the message of cache/primary: redis://probe:«redacted»@cache.internal:6379/0 refused",
    ),
    Broken(CauseTellsAllContract, ("HLT-014",), "in the text of connectionrefusederror: redis://"),
    Broken(LogsTheTracebackContract, ("HLT-014",), "in the text of connectionrefusederror, logged by 'cache.audit'"),
    Broken(ShowsItsSettingsContract, ("HLT-014",), "'settings': {'nodes': [{'url': 'redis://"),
    Broken(LogsItsAddressContract, ("HLT-014",), "in a log record of 'cache.audit': asking redis://"),
    Broken(NamesTheSilentServerContract, ("HLT-014",), "@cache.internal:6379/0 did not answer in time"),
]
