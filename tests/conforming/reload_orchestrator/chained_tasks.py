"""No worker and no queue: each request is a task that waits for the one before it."""

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


class Link:
    """One request in the chain; `over` tells the one behind it that it may begin."""

    def __init__(self, diff: ConfigDiff, probe: bool, before: "asyncio.Future[None]") -> None:
        loop = asyncio.get_running_loop()
        self.diff, self.probe, self.before = diff, probe, before
        self.over: asyncio.Future[None] = loop.create_future()
        self.sent_away: asyncio.Future[str] = loop.create_future()
        self.answer: asyncio.Future[ReloadOutcome] = loop.create_future()
        self.has_begun = False

    def send_away(self, status: str) -> None:
        if not self.sent_away.done():
            self.sent_away.set_result(status)


class ChainOrchestrator:
    """Hangs each request onto the last one; the first one hangs on the start."""

    def __init__(self, config: OrchestratorConfig, publish: Publish) -> None:
        self._config = config
        self._modules: dict[str, Any] = {}
        self._quarantine: set[str] = set()
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last = self._started
        self._links: list[Link] = []
        self._stopped = False
        self._breaker = Breaker(config)
        self._announcer = Announcer(publish)

    def register(self, name: str, module: Any) -> None:
        check_name(name, self._modules, self._quarantine)
        self._modules[name] = module

    async def start(self) -> None:
        if not self._started.done():
            self._started.set_result(None)

    async def stop(self) -> None:
        self._stopped = True
        for link in self._links:
            link.send_away("stopped")
        while served := [link.over for link in self._links if link.has_begun]:
            await asyncio.wait(served)
            await asyncio.sleep(0)  # until it has left the chain

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> "asyncio.Future[ReloadOutcome]":
        if self._stopped:
            raise ReloadStoppedError("stopped")
        if sum(not link.has_begun for link in self._links) >= self._config.queue_capacity:
            raise ReloadQueueFullError("full")
        link = Link(ConfigDiff.of(own_changes(diff)), self._breaker.admit(), self._last)
        self._last = link.over
        self._links.append(link)
        link.answer.add_done_callback(lambda answer: answer.cancelled() and link.send_away("cancelled"))
        task = asyncio.create_task(self._run(link))
        task.add_done_callback(lambda _: self._links.remove(link))
        return link.answer

    async def _run(self, link: Link) -> None:
        await asyncio.wait({link.before, link.sent_away}, return_when=asyncio.FIRST_COMPLETED)
        if link.sent_away.done():
            self._answer_unserved(link)
            self._breaker.note("cancelled", link.probe)
            link.before.add_done_callback(lambda _: link.over.set_result(None))
            return
        link.has_begun = True
        status, report = await self._serve(link)
        opened = self._breaker.note(status, link.probe)
        self._answer(link, status, report)
        for other in self._links if opened else ():
            if not other.has_begun:
                other.send_away("failed")
        link.over.set_result(None)

    def _answer_unserved(self, link: Link) -> None:
        errors = {"stopped": ReloadStoppedError("stopped"), "failed": CircuitOpenError("open")}
        status = link.sent_away.result()
        self._answer(link, status, Report(error=errors.get(status)))

    async def _serve(self, link: Link) -> tuple[str, Report]:
        correlation = uuid4().hex
        if not link.diff.has_changes:
            self._announcer.tell("noop", correlation, {})
            return "noop", Report()
        self._announcer.tell("started", correlation, {})
        run = Transaction(self._modules, self._quarantine, link.diff, self._config.default_timeout)
        done = await run.run(link.sent_away)
        status = "completed" if done else link.sent_away.result() if link.sent_away.done() else "failed"
        self._announcer.end(correlation, status, run.report)
        return status, run.report

    @staticmethod
    def _answer(link: Link, status: str, report: Report) -> None:
        if not link.answer.done():
            link.answer.set_result(
                ReloadOutcome(status, **report.names(), rollback=report.rollback, error=report.error)
            )


class ChainContract(ReloadOrchestratorHarness):
    async def create(self, config: OrchestratorConfig, publish: Publish) -> ChainOrchestrator:
        return ChainOrchestrator(config, publish)
