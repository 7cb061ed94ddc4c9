"""What a check starts and nobody ends: HLT-013."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pytest_policy_contracts import HealthReport, HealthStatus
from tests.broken.entry import Broken

from .providers import AsyncHealth, AsyncServer, Finding, ServerHarness, SyncHealth, SyncServer

_log = logging.getLogger("cache.health")


class StartsATrend(AsyncHealth):
    """Starts a task with every check, to follow what becomes of it, and forgets about the task."""

    async def health_check(self) -> Sequence[HealthReport]:
        reports = await super().health_check()
        self._trend = asyncio.create_task(self._follow_for_ever())
        return reports

    async def _follow_for_ever(self) -> None:
        while True:
            await asyncio.sleep(30)


class ForgetsItsHeartbeat(AsyncHealth):
    """Stops its heartbeat where the check has come to its end; a cancelled one never does."""

    async def health_check(self) -> Sequence[HealthReport]:
        heartbeat = asyncio.create_task(self._beat())
        reports = await super().health_check()
        heartbeat.cancel()
        await asyncio.wait({heartbeat})
        return reports

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(1)


class WaitsWithoutCancelling(AsyncHealth):
    """Waits two seconds with `asyncio.wait`, which gives up waiting and leaves the ping running."""

    async def _found(self, server: AsyncServer) -> Finding:
        ping = asyncio.create_task(self._ping_alone(server))
        done, _ = await asyncio.wait({ping}, timeout=self.LIMIT_SECONDS)
        if not done:
            return HealthStatus.UNHEALTHY, "no answer in time"
        if ping.exception() is not None:
            return HealthStatus.UNHEALTHY, "the server cannot be reached"
        return HealthStatus.HEALTHY, "answered"

    async def _ping_alone(self, server: AsyncServer) -> None:
        await server.ping()


class NeverAwaitsItsAlarm(AsyncHealth):
    """Makes the coroutine that raises the alarm, and does not await it; it is rarely needed."""

    async def _found(self, server: AsyncServer) -> Finding:
        finding = await super()._found(server)
        if finding[0] is not HealthStatus.HEALTHY:
            self._raise_the_alarm()  # type: ignore[unused-coroutine]
        return finding

    async def _raise_the_alarm(self) -> None:
        await asyncio.sleep(0.1)


class ForgetsItsWatchdog(SyncHealth):
    """Calls its watchdog off after a good answer; where the ping raises it goes on waiting."""

    def _found(self, server: SyncServer) -> Finding:
        watchdog = threading.Timer(3600, _log.warning, ["a check takes very long"])
        watchdog.name = "cache-check-watchdog"
        watchdog.daemon = True
        watchdog.start()
        try:
            server.ping(self.LIMIT_SECONDS)
        except OSError as error:
            return HealthStatus.UNHEALTHY, type(error).__name__
        watchdog.cancel()
        watchdog.join()
        return HealthStatus.HEALTHY, "answered"


class AbandonsItsThread(SyncHealth):
    """Lets a thread ask, joins it for two seconds, and leaves it to the server when it is stuck."""

    def _found(self, server: SyncServer) -> Finding:
        answers: list[Finding] = []
        thread = threading.Thread(target=self._ask, args=(server, answers), name="cache-ping", daemon=True)
        thread.start()
        thread.join(self.LIMIT_SECONDS)
        return answers[0] if answers else (HealthStatus.UNHEALTHY, "no answer in time")

    def _ask(self, server: SyncServer, answers: list[Finding]) -> None:
        try:
            server.ping()
        except ConnectionError:
            answers.append((HealthStatus.UNHEALTHY, "the server cannot be reached"))
        else:
            answers.append((HealthStatus.HEALTHY, "answered"))


class KeepsItsExecutor(SyncHealth):
    """Asks on an executor that it keeps for the next time, and offers no way to shut it down."""

    def __init__(self) -> None:
        super().__init__()
        self._workers: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def _found(self, server: SyncServer) -> Finding:
        with self._lock:
            if self._workers is None:
                self._workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="cache-health")
        return self._workers.submit(super()._found, server).result()


class StartsATrendContract(ServerHarness):
    def create(self) -> StartsATrend:
        return StartsATrend()


class ForgetsItsHeartbeatContract(ServerHarness):
    def create(self) -> ForgetsItsHeartbeat:
        return ForgetsItsHeartbeat()


class WaitsWithoutCancellingContract(ServerHarness):
    def create(self) -> WaitsWithoutCancelling:
        return WaitsWithoutCancelling()


class NeverAwaitsItsAlarmContract(ServerHarness):
    def create(self) -> NeverAwaitsItsAlarm:
        return NeverAwaitsItsAlarm()


class ForgetsItsWatchdogContract(ServerHarness):
    def create(self) -> ForgetsItsWatchdog:
        return ForgetsItsWatchdog()


class AbandonsItsThreadContract(ServerHarness):
    def create(self) -> AbandonsItsThread:
        return AbandonsItsThread()


class KeepsItsExecutorContract(ServerHarness):
    def create(self) -> KeepsItsExecutor:
        return KeepsItsExecutor()


SUBJECTS = [
    Broken(StartsATrendContract, ("HLT-013",), "_follow_for_ever"),
    Broken(ForgetsItsHeartbeatContract, ("HLT-013",), "a task: forgetsitsheartbeat._beat"),
    Broken(WaitsWithoutCancellingContract, ("HLT-013",), "_ping_alone"),
    Broken(
        NeverAwaitsItsAlarmContract,
        ("HLT-013",),
        "a coroutine that was never awaited: neverawaitsitsalarm._raise_the_alarm",
    ),
    Broken(ForgetsItsWatchdogContract, ("HLT-013",), "cache-check-watchdog"),
    Broken(AbandonsItsThreadContract, ("HLT-013",), "a thread: cache-ping"),
    Broken(KeepsItsExecutorContract, ("HLT-013",), "a thread: cache-health"),
]
