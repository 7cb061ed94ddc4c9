"""An `asyncio.Queue`, a worker, and answers that are tasks."""

import asyncio
from typing import Any
from uuid import uuid4

from pytest_policy_contracts import (
    CircuitOpenError,
    ConfigDiff,
    OrchestratorConfig,
    ReloadOrchestratorHarness,
    ReloadOutcome,
    ReloadQueueFullError,
    ReloadStoppedError,
)
from pytest_policy_contracts.contracts.tenants import Publish

from .values import Announcer, Breaker, Report, Transaction, check_name, own_changes

Job = tuple[ConfigDiff, bool, "asyncio.Future[Any]", "asyncio.Future[tuple[str, Report]]"]


class QueueOrchestrator:
    """Puts jobs into a queue that refuses when it is full; whoever gave up is passed over at its turn."""

    def __init__(self, config: OrchestratorConfig, publish: Publish) -> None:
        self._config = config
        self._queue: asyncio.Queue[Job | None] = asyncio.Queue()
        self._waiting = 0
        self._modules: dict[str, Any] = {}
        self._quarantine: set[str] = set()
        self._breaker = Breaker(config)
        self._announcer = Announcer(publish)
        self._starting: asyncio.Task[None] | None = None
        self._running: Job | None = None
        self._stopped = False

    def register(self, name: str, module: Any) -> None:
        check_name(name, self._modules, self._quarantine)
        self._modules = {**self._modules, name: module}

    async def start(self) -> None:
        self._starting = self._starting or asyncio.create_task(self._work())

    async def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._send_away("stopped", ReloadStoppedError("the orchestrator has stopped"))
            self._queue.put_nowait(None)
            if self._running is not None and not self._running[2].done():
                self._running[2].set_result("stopped")
        if self._starting is not None:
            await asyncio.shield(self._starting)

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> "asyncio.Task[ReloadOutcome]":
        if self._stopped:
            raise ReloadStoppedError("the orchestrator has stopped")
        if self._waiting >= self._config.queue_capacity:
            raise ReloadQueueFullError(f"{self._waiting} requests wait")
        loop = asyncio.get_running_loop()
        probe = self._breaker.admit()
        job: Job = (ConfigDiff.of(own_changes(diff)), probe, loop.create_future(), loop.create_future())
        self._queue.put_nowait(job)
        self._waiting += 1
        task = asyncio.create_task(self._outcome(job))
        task.add_done_callback(lambda ended: ended.cancelled() and self._left(job))
        return task

    async def _outcome(self, job: Job) -> ReloadOutcome:
        status, report = await asyncio.shield(job[3])
        return ReloadOutcome(status, **report.names(), rollback=report.rollback, error=report.error)

    def _left(self, job: Job) -> None:
        if not job[2].done():
            job[2].set_result("cancelled")
        if job is not self._running and not job[3].done():
            self._waiting -= 1
            self._end(job, "cancelled", Report())

    async def _work(self) -> None:
        while (job := await self._queue.get()) is not None:
            if job[3].done():
                continue
            self._waiting -= 1
            self._running = job
            await self._serve(job)
            self._running = None

    async def _serve(self, job: Job) -> None:
        diff, _, given_up, _ = job
        correlation = f"reload-{uuid4()}"
        if not diff.has_changes:
            self._announcer.tell("noop", correlation, {})
            self._end(job, "noop", Report())
            return
        self._announcer.tell("started", correlation, {})
        run = Transaction(self._modules, self._quarantine, diff, self._config.default_timeout)
        done = await run.run(given_up)
        status = "completed" if done else given_up.result() if given_up.done() else "failed"
        self._announcer.end(correlation, status, run.report)
        if self._end(job, status, run.report):
            self._send_away("failed", CircuitOpenError("the circuit is open"))

    def _end(self, job: Job, status: str, report: Report) -> bool:
        if not job[3].done():
            job[3].set_result((status, report))
        return self._breaker.note(status, job[1])

    def _send_away(self, status: str, error: Exception) -> None:
        while not self._queue.empty():
            job = self._queue.get_nowait()
            if job is not None and not job[3].done():
                self._waiting -= 1
                job[3].set_result((status, Report(error=error)))
                self._breaker.note("stopped", job[1])


class QueueContract(ReloadOrchestratorHarness):
    async def create(self, config: OrchestratorConfig, publish: Publish) -> QueueOrchestrator:
        return QueueOrchestrator(config, publish)
