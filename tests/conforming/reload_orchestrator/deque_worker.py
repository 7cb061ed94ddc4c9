"""A deque, an event and one worker; the answers are futures."""

import asyncio
from collections import deque
from dataclasses import dataclass
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


@dataclass(eq=False)
class Ticket:
    """A request that waits, or is served."""

    diff: ConfigDiff
    answer: "asyncio.Future[ReloadOutcome]"
    given_up: "asyncio.Future[str]"
    is_probe: bool


class DequeOrchestrator:
    """Serves a deque with one worker, which ends when it is told to."""

    transaction = Transaction

    def __init__(self, config: OrchestratorConfig, publish: Publish) -> None:
        self._config = config
        self._modules: dict[str, Any] = {}
        self._quarantine: set[str] = set()
        self._waiting: deque[Ticket] = deque()
        self._news = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._served: Ticket | None = None
        self._stopped = False
        self._breaker = Breaker(config)
        self._announcer = Announcer(publish)

    def register(self, name: str, module: Any) -> None:
        check_name(name, self._modules, self._quarantine)
        self._modules[name] = module

    async def start(self) -> None:
        if self._worker is None:
            self._worker = asyncio.create_task(self._work(), name="reloads")

    async def stop(self) -> None:
        self._stopped = True
        while self._waiting:
            self._end(self._waiting.popleft(), "stopped", Report(error=ReloadStoppedError("stopped")))
        if self._served is not None:
            self._give_up(self._served, "stopped")
        self._news.set()
        if self._worker is not None:
            await asyncio.wait([self._worker])

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> "asyncio.Future[ReloadOutcome]":
        if self._stopped:
            raise ReloadStoppedError("the orchestrator is stopped")
        if len(self._waiting) >= self._config.queue_capacity:
            raise ReloadQueueFullError("the queue is full")
        loop = asyncio.get_running_loop()
        own = ConfigDiff.of(own_changes(diff))
        ticket = Ticket(own, loop.create_future(), loop.create_future(), self._breaker.admit())
        ticket.answer.add_done_callback(lambda answer: answer.cancelled() and self._left(ticket))
        self._waiting.append(ticket)
        self._news.set()
        return ticket.answer

    def _left(self, ticket: Ticket) -> None:
        if ticket in self._waiting:
            self._waiting.remove(ticket)
            self._breaker.note("cancelled", ticket.is_probe)
        self._give_up(ticket, "cancelled")

    @staticmethod
    def _give_up(ticket: Ticket, status: str) -> None:
        if not ticket.given_up.done():
            ticket.given_up.set_result(status)

    async def _work(self) -> None:
        while not self._stopped:
            self._news.clear()
            while self._waiting and not self._stopped:
                await self._serve(self._waiting.popleft())
            if not self._stopped:
                await self._news.wait()

    async def _serve(self, ticket: Ticket) -> None:
        self._served = ticket
        correlation = str(uuid4())
        if not ticket.diff.has_changes:
            self._announcer.tell("noop", correlation, {})
            self._end(ticket, "noop", Report())
        else:
            self._announcer.tell("started", correlation, {"paths": [change.path for change in ticket.diff.changes]})
            run = self.transaction(self._modules, self._quarantine, ticket.diff, self._config.default_timeout)
            done = await run.run(ticket.given_up)
            status = "completed" if done else ticket.given_up.result() if ticket.given_up.done() else "failed"
            self._announcer.end(correlation, status, run.report)
            self._end(ticket, status, run.report)
        self._served = None

    def _end(self, ticket: Ticket, status: str, report: Report) -> None:
        opened = self._breaker.note(status, ticket.is_probe)
        if not ticket.answer.done():
            ticket.answer.set_result(
                ReloadOutcome(status, **report.names(), rollback=report.rollback, error=report.error)
            )
        while opened and self._waiting:
            behind = self._waiting.popleft()
            if not behind.answer.done():
                behind.answer.set_result(ReloadOutcome("failed", error=CircuitOpenError("the circuit is open")))


class DequeContract(ReloadOrchestratorHarness):
    async def create(self, config: OrchestratorConfig, publish: Publish) -> DequeOrchestrator:
        return DequeOrchestrator(config, publish)
