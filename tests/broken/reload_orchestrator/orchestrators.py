"""An orchestrator that keeps every clause: what the broken subjects deviate from.

A subject in this folder is this orchestrator with one named mistake. Nothing here breaks a clause; a subject could
otherwise be caught for a mistake that it does not name. What a mistake may replace is a small method.
"""

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from pytest_policy_contracts import (
    CircuitOpenError,
    ConfigChange,
    ConfigDiff,
    OrchestratorConfig,
    ReloadOrchestratorHarness,
    ReloadOutcome,
    ReloadQueueFullError,
    ReloadStoppedError,
)
from pytest_policy_contracts.contracts.tenants import Publish

from .breaker import Circuit

GRACE = 5.0
_log = logging.getLogger("gate.reload")


_ATOMS = (str, int, float, bool, bytes, type(None))


def copied(change: ConfigChange) -> ConfigChange:
    """A change that shares no value that could be altered."""
    if type(change.old) in _ATOMS and type(change.new) in _ATOMS:
        return change
    return deepcopy(change)


class ModuleFailed(Exception):
    """What is told of a module's error: without what must not be told."""


class Request:
    """One request on its way."""

    def __init__(self, diff: ConfigDiff, number: int, probe: bool) -> None:
        loop = asyncio.get_running_loop()
        self.diff = diff
        self.number = number
        self.probe = probe
        self.answer: asyncio.Future[ReloadOutcome] = loop.create_future()
        self.given_up: asyncio.Future[str] = loop.create_future()

    def give_up(self, status: str) -> None:
        if not self.given_up.done():
            self.given_up.set_result(status)


@dataclass
class Books:
    """What became of the modules in one request."""

    applied: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    rolled_back: list[str] = field(default_factory=list)
    dirty: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def rollback(self) -> str:
        if not self.rolled_back and not self.dirty:
            return "none"
        if not self.dirty:
            return "complete"
        return "partial" if self.rolled_back else "failed"


class Abandoned(Exception):
    """A module ignored its cancellation."""


class GivenUp(Exception):
    """Nobody waits for the reload any more, or nobody may."""


class Orchestrator:
    """A deque, one worker, and a task for each call of a module."""

    circuit_type = Circuit
    caught: tuple[type[BaseException], ...] = (BaseException,)

    def __init__(self, config: OrchestratorConfig, publish: Publish) -> None:
        self._config = config
        self._publish = publish
        self._modules: dict[str, Any] = {}
        self._quarantine: set[str] = set()
        self._queue: deque[Request] = deque()
        self._wake = asyncio.Event()
        self._circuit = self.circuit_type(config)
        self._worker: asyncio.Task[None] | None = None
        self._current: Request | None = None
        self._stopped = False
        self._name = uuid4().hex
        self._numbers, self._events = count(1), count(1)
        self._outbox: deque[dict[str, Any]] = deque()
        self._postman: asyncio.Task[None] | None = None

    # -- called by others ------------------------------------------------------------------------------

    def register(self, name: str, module: Any) -> None:
        if name in self._modules and name not in self._quarantine:
            raise ValueError(f"the name {name!r} is taken")
        self._quarantine.discard(name)
        self._modules[name] = module

    async def start(self) -> None:
        if self._worker is None and not self._stopped:
            self._worker = asyncio.create_task(self._work(), name="reload-worker")

    async def stop(self) -> None:
        self._stopped = True
        while self._queue:
            self._answer(self._queue.popleft(), self._outcome("stopped", error=self._stopped_error()))
        if self._current is not None:
            self._current.give_up("stopped")
        self._wake.set()
        if self._worker is not None:
            await asyncio.wait({self._worker})

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> Any:
        self._refuse_if_stopped()
        self._refuse_if_full()
        request = Request(self._own(diff), next(self._numbers), self._admit(diff))
        request.answer.add_done_callback(lambda answer: self._answered(request, answer))
        self._enqueue(request)
        return request.answer

    # -- taking requests -------------------------------------------------------------------------------

    def _own(self, diff: ConfigDiff) -> ConfigDiff:
        return ConfigDiff.of(copied(change) for change in diff.changes)

    def _refuse_if_stopped(self) -> None:
        if self._stopped:
            raise self._stopped_error()

    def _stopped_error(self) -> Exception:
        return ReloadStoppedError("the orchestrator is stopped")

    def _refuse_if_full(self) -> None:
        if len(self._queue) >= self._config.queue_capacity:
            raise self._full_error()

    def _full_error(self) -> Exception:
        return ReloadQueueFullError("too many requests wait")

    def _admit(self, diff: ConfigDiff) -> bool:
        return self._circuit.admit()

    def _enqueue(self, request: Request) -> None:
        self._queue.append(request)
        self._wake.set()

    def _answered(self, request: Request, answer: "asyncio.Future[ReloadOutcome]") -> None:
        if answer.cancelled():
            self._gave_up(request)

    def _gave_up(self, request: Request) -> None:
        """The caller is gone."""
        if request in self._queue:
            self._queue.remove(request)
            self._count(request, "cancelled")
        request.give_up("cancelled")

    # -- serving ---------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while not self._stopped:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._serve(self._queue.popleft())

    async def _serve(self, request: Request) -> None:
        self._current = request
        outcome = await self._result(request)
        self._current = None
        opened = self._count(request, outcome.status)
        self._answer(request, outcome)
        if opened:
            self._send_away()

    async def _result(self, request: Request) -> ReloadOutcome:
        if not request.diff.has_changes:
            return self._noop(request)
        self._tell("started", request, {"settings": [change.path for change in request.diff.changes]})
        outcome = await self._reload(request)
        self._tell_end(request, outcome)
        return outcome

    def _noop(self, request: Request) -> ReloadOutcome:
        self._tell("noop", request, {})
        return self._outcome("noop")

    def _count(self, request: Request, status: str) -> bool:
        """Tell the circuit how a request ended; return whether that opened it."""
        if status == "failed":
            return self._circuit.failed(request.probe)
        if status == "completed":
            self._circuit.succeeded()
        else:
            self._circuit.said_nothing(request.probe)
        return False

    def _answer(self, request: Request, outcome: ReloadOutcome) -> None:
        if not request.answer.done():
            request.answer.set_result(outcome)

    def _send_away(self) -> None:
        while self._queue:
            self._answer(
                self._queue.popleft(), self._outcome("failed", error=CircuitOpenError("too many reloads failed"))
            )

    def _outcome(self, status: str, books: Books | None = None, error: BaseException | None = None) -> ReloadOutcome:
        books = books or Books(error=error)
        names = ("applied", "failed", "skipped", "rolled_back", "dirty", "quarantined")
        return ReloadOutcome(
            status, **{name: tuple(getattr(books, name)) for name in names}, rollback=books.rollback, error=books.error
        )

    # -- one reload ------------------------------------------------------------------------------------

    async def _reload(self, request: Request) -> ReloadOutcome:
        books = Books()
        status = await self._forward(request, books)
        if status != "completed":
            await self._roll_back(request, books)
        return self._outcome(status, books)

    async def _forward(self, request: Request, books: Books) -> str:
        for name, module in self._members():
            if request.given_up.done():
                return request.given_up.result()
            changes = self._changes_for(name, request.diff.changes)
            if not changes:
                continue
            try:
                if not self._can_reload(name, module):
                    books.skipped.append(name)
                    continue
                await self._apply(request, module, changes)
            except self.caught as error:
                self._note_failure(request, books, name, error)
                return self._status_after(request, error)
            books.applied.append(name)
        return self._status_at_end(request)

    def _status_after(self, request: Request, error: BaseException) -> str:
        return request.given_up.result() if request.given_up.done() else "failed"

    def _status_at_end(self, request: Request) -> str:
        return "completed"

    def _members(self) -> Iterable[tuple[str, Any]]:
        return list(self._modules.items())

    def _changes_for(self, name: str, changes: Iterable[ConfigChange]) -> list[ConfigChange]:
        return [copied(one) for one in changes if one.path == name or one.path.startswith(f"{name}.")]

    def _can_reload(self, name: str, module: Any) -> bool:
        return name not in self._quarantine and bool(module.can_reload())

    async def _apply(self, request: Request, module: Any, changes: list[ConfigChange]) -> None:
        await self._call(module, changes, self._timeout_of(module), request.given_up)

    def _note_failure(self, request: Request, books: Books, name: str, error: BaseException) -> None:
        books.failed.append(name)
        if isinstance(error, Abandoned):
            self._quarantine.add(name)
            books.quarantined.append(name)
        books.error = books.error or self._told(name, error, request.diff)

    def _timeout_of(self, module: Any) -> float:
        limit = module.reload_timeout
        limit = limit() if callable(limit) else limit
        return (limit if limit > timedelta(0) else self._config.default_timeout).total_seconds()

    async def _call(
        self, module: Any, changes: list[ConfigChange], timeout: float, given_up: "asyncio.Future[str] | None" = None
    ) -> None:
        """Call a module; raise what it raised, `TimeoutError` or `Abandoned`."""
        task = asyncio.create_task(self._guarded(module, changes), name="reload-of-a-module")
        await asyncio.wait({task} | ({given_up} if given_up else set()), timeout=timeout, return_when="FIRST_COMPLETED")
        cut = not task.done()
        if cut:
            await self._cut_off(task)
        error = task.result()
        if error is not None:
            cancelled = cut and isinstance(error, asyncio.CancelledError)
            raise self._reason_of(given_up) if cancelled else error

    @staticmethod
    def _reason_of(given_up: "asyncio.Future[str] | None") -> Exception:
        return GivenUp("the caller gave up") if given_up and given_up.done() else TimeoutError("it took too long")

    async def _cut_off(self, task: "asyncio.Task[Any]") -> None:
        task.cancel()
        await asyncio.wait({task}, timeout=GRACE)
        if not task.done():
            raise Abandoned("it ignored its cancellation")

    async def _guarded(self, module: Any, changes: list[ConfigChange]) -> BaseException | None:
        try:
            answer = module.reload(changes)
            if inspect.isawaitable(answer):
                await answer
        except self.caught as error:
            return error
        return None

    # -- and back --------------------------------------------------------------------------------------

    async def _roll_back(self, request: Request, books: Books) -> None:
        for name in self._to_roll_back(books):
            if name in self._quarantine:
                books.dirty.append(name)
                continue
            try:
                await self._undo(request, name)
            except self.caught as error:
                self._note_failed_undo(request, books, name, error)
            else:
                books.rolled_back.append(name)

    def _to_roll_back(self, books: Books) -> list[str]:
        return [*books.failed, *reversed(books.applied)]

    async def _undo(self, request: Request, name: str) -> None:
        module = self._modules[name]
        changes = self._changes_for(name, self._inverse(request.diff).changes)
        await self._call(module, changes, self._timeout_of(module))

    def _inverse(self, diff: ConfigDiff) -> ConfigDiff:
        return diff.inverse()

    def _note_failed_undo(self, request: Request, books: Books, name: str, error: BaseException) -> None:
        books.dirty.append(name)
        if isinstance(error, Abandoned):
            self._quarantine.add(name)
            books.quarantined.append(name)
        self._log("module %s could not be rolled back: %s", name, self._told(name, error, request.diff))

    # -- telling ---------------------------------------------------------------------------------------

    def _told(self, name: str, error: BaseException, diff: ConfigDiff) -> BaseException:
        text = self._redacted(f"{type(error).__name__}: {error}", diff)
        self._log("module %s failed: %s", name, text)
        return ModuleFailed(f"{name}: {text}")

    def _redacted(self, text: str, diff: ConfigDiff) -> str:
        for change in diff.changes:
            for value in (change.old, change.new) if change.sensitive else ():
                text = text.replace(repr(value), "***").replace(str(value), "***")
        return text

    def _log(self, text: str, *arguments: object) -> None:
        _log.warning(text, *arguments)

    def _tell_end(self, request: Request, outcome: ReloadOutcome) -> None:
        kind = "completed" if outcome.status == "completed" else "failed"
        names = ("status", "applied", "failed", "skipped", "rolled_back", "dirty", "quarantined", "rollback")
        data = {name: getattr(outcome, name) for name in names}
        self._tell(kind, request, {**data, "error": str(outcome.error or "")})

    def _tell(self, kind: str, request: Request, data: dict[str, Any]) -> None:
        self._outbox.append(self._event(kind, request, data))
        if self._postman is None or self._postman.done():
            self._postman = asyncio.create_task(self._deliver(), name="reload-events")

    def _event(self, kind: str, request: Request, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": f"{self._name}-{next(self._events)}",
            "source": "/gate/reload",
            "type": f"config.reload.{kind}",
            "correlationid": f"{self._name}-{request.number}",
            "data": data,
        }

    async def _deliver(self) -> None:
        while self._outbox:
            await self._send(self._outbox.popleft())

    async def _send(self, event: dict[str, Any]) -> None:
        try:
            answer = self._publish(event)
            if inspect.isawaitable(answer):
                await answer
        except Exception:
            self._log("an event could not be published")


class OrchestratorHarness(ReloadOrchestratorHarness):
    """Makes what its attribute says."""

    kind: type[Orchestrator] = Orchestrator

    async def create(self, config: OrchestratorConfig, publish: Publish) -> Orchestrator:
        return self.kind(config, publish)
