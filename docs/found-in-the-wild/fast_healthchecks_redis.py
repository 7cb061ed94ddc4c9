"""fast-healthchecks' `ProbeRunner` with its `RedisHealthCheck`, held to the contract HealthProvider.

The check and the redis-py below it are the real ones; only the server is a stand-in, because a
simulated world has no sockets. It is put in where redis-py opens its socket.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count

from fast_healthchecks.checks.redis import RedisHealthCheck
from fast_healthchecks.execution import Probe, ProbeRunner, RunPolicy
from redis.asyncio.connection import Connection

from pytest_policy_contracts import HealthProviderHarness, HealthReport

PASSWORD = "pw-41c8e0d7a2"


class RedisServer:
    """As much of a server as a client needs for connecting and `PING`; `state` is ok, broken or hanging."""

    def __init__(self) -> None:
        self.host = f"redis-{next(_NUMBERS)}"
        self.state = "ok"
        _SERVERS[self.host] = self

    def answer(self, command: bytes) -> bytes:
        if b"\r\nPING\r\n" in command:
            return b"+PONG\r\n"
        return b"%1\r\n$5\r\nproto\r\n:3\r\n" if b"\r\nHELLO\r\n" in command else b"+OK\r\n"


_NUMBERS = count(1)
_SERVERS: dict[str, RedisServer] = {}


class Wire:
    """The writing end of a connection to the stand-in."""

    def __init__(self, server: RedisServer) -> None:
        self.reader = asyncio.StreamReader()
        self._server = server

    def writelines(self, parts: list[bytes]) -> None:
        if self._server.state == "broken":
            self.reader.feed_eof()
        elif self._server.state == "ok":
            self.reader.feed_data(self._server.answer(b"".join(parts)))

    async def drain(self) -> None:
        await asyncio.sleep(0.001)

    def close(self) -> None:
        pass

    async def wait_closed(self) -> None:
        pass


async def _connect(self: Connection) -> None:
    await asyncio.sleep(0.001)
    server = _SERVERS[self.host]
    if server.state == "broken":
        raise ConnectionRefusedError(111, f"Connect call failed ({self.host!r}, {self.port})")
    wire = Wire(server)
    self._reader, self._writer = wire.reader, wire  # type: ignore[assignment]


Connection._connect = _connect  # type: ignore[method-assign]


class ShopHealth:
    """One probe of one check, run as the integrations of the library run it."""

    def __init__(self, policy: RunPolicy, **options: float) -> None:
        self.redis = RedisServer()
        self.runner = ProbeRunner(policy=policy)
        check = RedisHealthCheck(host=self.redis.host, user="shop", password=PASSWORD, **options)
        self.probe = Probe(name="readiness", checks=[check])

    async def health_check(self) -> list[HealthReport]:
        report = await self.runner.run(self.probe)
        now = datetime.now(UTC)  # the library gives no time
        return [
            HealthReport(
                module=self.probe.name,
                component=result.name,
                status="healthy" if result.healthy else "unhealthy",
                message=result.error_details or "",
                checked_at=now,
                observed_since=now,
                details={"code": result.error.code, **result.error.meta} if result.error else {},
            )
            for result in report.results
        ]


class DefaultsContract(HealthProviderHarness):
    """As it comes: a check that is told to take 5 seconds, and has one more to report."""

    check_timeout = timedelta(seconds=6)

    def create(self) -> ShopHealth:
        return ShopHealth(RunPolicy(mode="reporting"))

    def break_dependency(self, subject: ShopHealth) -> None:
        subject.redis.state = "broken"

    def hang_dependency(self, subject: ShopHealth) -> None:
        subject.redis.state = "hanging"

    def restore_dependency(self, subject: ShopHealth) -> None:
        subject.redis.state = "ok"

    def secrets(self) -> list[str]:
        return [PASSWORD]

    async def dispose(self, subject: ShopHealth) -> None:
        await subject.runner.close()


class ProbeTimeoutContract(DefaultsContract):
    """The same with a limit for the whole probe."""

    def create(self) -> ShopHealth:
        return ShopHealth(RunPolicy(mode="reporting", probe_timeout_ms=5000))
