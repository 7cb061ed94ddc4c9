"""An orchestrator with types of its own, and a task that lives as long as there is something to do."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any
from uuid import uuid4

from pytest_policy_contracts import ConfigDiff, OrchestratorConfig, ReloadOrchestratorHarness
from pytest_policy_contracts.contracts.tenants import Publish

from .values import Breaker, Report, Transaction, check_name, outcome_of, own_changes


class State(Enum):
    """How a change of the settings ended."""

    COMPLETED = auto()
    NOOP = auto()
    FAILED = auto()
    CANCELLED = auto()
    STOPPED = auto()


class Undo(Enum):
    """How far it was undone."""

    NONE = "nothing"
    COMPLETE = "everything"
    PARTIAL = "some"
    FAILED = "no way"


class OutOfService(Exception):
    """The root of what a change is refused with."""


class ReloadStoppedError(OutOfService):
    """Nothing is changed any more."""


class ReloadQueueFullError(OutOfService):
    """Too much is to be changed."""


class CircuitOpenError(OutOfService):
    """Too much went wrong."""


@dataclass
class Result:
    """What became of a change."""

    status: State
    applied: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    rolled_back: list[str] = field(default_factory=list)
    dirty: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    rollback: Undo = Undo.NONE
    error: BaseException | None = None


@dataclass
class CloudEvent:
    """An event with the attributes of CloudEvents as fields."""

    type: str
    correlationid: str
    data: dict[str, Any]
    id: str = field(default_factory=lambda: uuid4().hex)
    source: str = "urn:example:settings"
    specversion: str = "1.0"
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(eq=False)
class Order:
    """A change that was asked for."""

    diff: ConfigDiff
    is_probe: bool
    result: "asyncio.Future[Result]"
    cut: "asyncio.Future[State]"


class SettingsService:
    """Changes settings, one order after the other."""

    def __init__(self, config: OrchestratorConfig, publish: Publish) -> None:
        self._config = config
        self._publish = publish
        self._parts: dict[str, Any] = {}
        self._bad: set[str] = set()
        self._orders: deque[Order] = deque()
        self._current: Order | None = None
        self._is_running = self._is_over = False
        self._drain: asyncio.Task[None] | None = None
        self._breaker = Breaker(config)
        self._letters: asyncio.Task[None] | None = None

    def register(self, name: str, module: Any) -> None:
        check_name(name, self._parts, self._bad)
        self._parts[name] = module

    async def start(self) -> None:
        self._is_running = not self._is_over
        self._go_on()

    async def stop(self) -> None:
        self._is_over, self._is_running = True, False
        for order in [*self._orders]:
            self._settle(order, Result(State.STOPPED, error=ReloadStoppedError("over")))
        self._orders.clear()
        if self._current is not None and not self._current.cut.done():
            self._current.cut.set_result(State.STOPPED)
        while self._drain is not None and not self._drain.done():
            await asyncio.wait({self._drain})

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> "asyncio.Future[Result]":
        if self._is_over:
            raise ReloadStoppedError("the service is over")
        if len(self._orders) >= self._config.queue_capacity:
            raise ReloadQueueFullError("there are too many orders")
        loop = asyncio.get_running_loop()
        order = Order(ConfigDiff.of(own_changes(diff)), self._admit(), loop.create_future(), loop.create_future())
        order.result.add_done_callback(lambda result: result.cancelled() and self._withdrawn(order))
        self._orders.append(order)
        self._go_on()
        return order.result

    def _admit(self) -> bool:
        try:
            return self._breaker.admit()
        except RuntimeError as error:
            raise CircuitOpenError(str(error)) from error

    def _go_on(self) -> None:
        if self._is_running and self._orders and (self._drain is None or self._drain.done()):
            self._drain = asyncio.get_running_loop().create_task(self._drained())

    def _withdrawn(self, order: Order) -> None:
        if order in self._orders:
            self._orders.remove(order)
            self._breaker.note("cancelled", order.is_probe)
        elif not order.cut.done():
            order.cut.set_result(State.CANCELLED)

    async def _drained(self) -> None:
        while self._orders and self._is_running:
            self._current = order = self._orders.popleft()
            result = await self._served(order)
            self._current = None
            opened = self._breaker.note(result.status.name.lower(), order.is_probe)
            self._settle(order, result)
            while opened and self._orders:
                self._settle(
                    self._orders.popleft(), Result(State.FAILED, error=CircuitOpenError("too much went wrong"))
                )

    async def _served(self, order: Order) -> Result:
        correlation = uuid4().hex
        if not order.diff.has_changes:
            self._tell("noop", correlation, Result(State.NOOP))
            return Result(State.NOOP)
        self._tell("started", correlation, None)
        run = Transaction(self._parts, self._bad, order.diff, self._config.default_timeout)
        done = await run.run(order.cut)
        state = State.COMPLETED if done else order.cut.result() if order.cut.done() else State.FAILED
        result = self._result(state, run.report)
        self._tell("completed" if done else "failed", correlation, result)
        return result

    @staticmethod
    def _result(state: State, report: Report) -> Result:
        names = {name: list(found) for name, found in report.names().items()}
        return Result(state, **names, rollback=Undo[report.rollback.upper()], error=report.error)

    @staticmethod
    def _settle(order: Order, result: Result) -> None:
        if not order.result.done():
            order.result.set_result(result)

    def _tell(self, kind: str, correlation: str, result: Result | None) -> None:
        data = (
            {} if result is None else {**vars(result), "status": result.status.name, "error": str(result.error or "")}
        )
        event = CloudEvent(f"config.reload.{kind}", correlation, data)
        self._letters = asyncio.get_running_loop().create_task(self._delivered(event, self._letters))

    async def _delivered(self, event: CloudEvent, before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            await asyncio.wait({before})
        await outcome_of(lambda: self._publish(event))


class SettingsContract(ReloadOrchestratorHarness):
    async def create(self, config: OrchestratorConfig, publish: Publish) -> SettingsService:
        return SettingsService(config, publish)
