"""What the conforming orchestrators have in common: how a module is called, rolled back and spoken of.

Each of them has its own way of taking requests, keeping them in order and giving answers.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from pytest_policy_contracts import CircuitOpenError, ConfigChange, ConfigDiff, OrchestratorConfig
from pytest_policy_contracts.contracts import GRACE
from pytest_policy_contracts.contracts.tenants import Publish

GRACE_SECONDS = GRACE.total_seconds()
_ATOMS = (str, int, float, bool, bytes, type(None))


class ModuleError(Exception):
    """What a module raised, in a text without secrets."""


class Deaf(Exception):
    """A module ignored its cancellation, and was left behind."""


def own_changes(diff: ConfigDiff, name: str | None = None) -> list[ConfigChange]:
    """Copies of the changes that concern a module, or of all of them."""
    found = (one for one in diff.changes if name is None or one.path == name or one.path.startswith(f"{name}."))
    return [one if type(one.old) in _ATOMS and type(one.new) in _ATOMS else deepcopy(one) for one in found]


def seconds_of(module: Any, default: timedelta) -> float:
    """How long a module may take."""
    limit = module.reload_timeout
    limit = limit() if callable(limit) else limit
    return float((limit if limit > timedelta(0) else default).total_seconds())


async def outcome_of(call: Callable[[], Any]) -> BaseException | None:
    """Make a call that may be sync or async; answer what it raised, whatever that is."""
    try:
        answer = call()
        if inspect.isawaitable(answer):
            await answer
    except BaseException as error:
        return error
    return None


async def within(call: Callable[[], Any], seconds: float, given_up: Awaitable[Any] | None = None) -> None:
    """Make a call; raise what it raised, `TimeoutError` when it took too long or was given up, `Deaf` when it went on."""
    task = asyncio.ensure_future(outcome_of(call))
    others: set[Any] = {given_up} if given_up is not None else set()
    await asyncio.wait({task} | others, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    was_cut = not task.done()
    if was_cut:
        task.cancel()
        await asyncio.wait({task}, timeout=GRACE_SECONDS)
        if not task.done():
            raise Deaf("it ignored its cancellation")
    error = task.result()
    if was_cut and isinstance(error, asyncio.CancelledError):
        raise TimeoutError("it was cut off")
    if error is not None:
        raise error


def redacted(error: BaseException, diff: ConfigDiff) -> ModuleError:
    """An error that can be shown to anybody."""
    text = f"{type(error).__name__}: {error}"
    for change in diff.changes:
        if change.sensitive:
            for value in (change.old, change.new):
                text = text.replace(repr(value), "<redacted>").replace(str(value), "<redacted>")
    return ModuleError(text)


@dataclass
class Report:
    """What became of the modules."""

    applied: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    rolled_back: list[str] = field(default_factory=list)
    dirty: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def rollback(self) -> str:
        """How far it got."""
        if not self.dirty:
            return "complete" if self.rolled_back else "none"
        return "partial" if self.rolled_back else "failed"

    def names(self) -> dict[str, tuple[str, ...]]:
        """The fields of an outcome that hold names."""
        fields = ("applied", "failed", "skipped", "rolled_back", "dirty", "quarantined")
        return {name: tuple(getattr(self, name)) for name in fields}


class Transaction:
    """One reload of some modules: forward until something fails, and then back."""

    asks_the_failing_one = True
    """Whether a module that failed is asked to restore itself, or only called dirty."""

    hands_over_everything = False
    """Whether every module gets all changes."""

    def __init__(self, modules: Mapping[str, Any], quarantine: set[str], diff: ConfigDiff, default: timedelta) -> None:
        self.modules = dict(modules)
        self.quarantine = quarantine
        self.diff = diff
        self.default = default
        self.report = Report()

    async def run(self, given_up: "asyncio.Future[Any]") -> bool:
        """Reload; answer whether every module has the new settings."""
        for name, module in self.modules.items():
            if given_up.done() or not await self._forward(name, module, given_up):
                await self._back()
                return False
        return True

    def _handed_to(self, name: str, diff: ConfigDiff) -> list[ConfigChange]:
        return own_changes(diff, None if self.hands_over_everything else name)

    async def _forward(self, name: str, module: Any, given_up: "asyncio.Future[Any]") -> bool:
        changes = self._handed_to(name, self.diff)
        if not changes:
            return True
        try:
            if name in self.quarantine or not module.can_reload():
                self.report.skipped.append(name)
                return True
            await within(lambda: module.reload(changes), seconds_of(module, self.default), given_up)
        except BaseException as error:
            self.report.failed.append(name)
            self._note(name, error)
            return False
        self.report.applied.append(name)
        return True

    async def _back(self) -> None:
        for name in [*self.report.failed, *reversed(self.report.applied)]:
            if name in self.quarantine or (name in self.report.failed and not self.asks_the_failing_one):
                self.report.dirty.append(name)
                continue
            module, changes = self.modules[name], self._handed_to(name, self.diff.inverse())
            try:
                await within(partial(module.reload, changes), seconds_of(module, self.default))
            except BaseException as error:
                self.report.dirty.append(name)
                self._note(name, error)
            else:
                self.report.rolled_back.append(name)

    def _note(self, name: str, error: BaseException) -> None:
        self.report.error = self.report.error or redacted(error, self.diff)
        if isinstance(error, Deaf):
            self.quarantine.add(name)
            self.report.quarantined.append(name)


class Breaker:
    """Counts failures, and lets one probe through after each period."""

    def __init__(self, config: OrchestratorConfig) -> None:
        self._config = config
        self._failures = self._periods = 0
        self._until = 0.0
        self.is_open = self._probing = False

    def admit(self) -> bool:
        """Let a request in, or raise; answer whether it is a probe."""
        if self.is_open:
            if self._probing or asyncio.get_running_loop().time() < self._until:
                raise CircuitOpenError("the circuit is open")
            self._probing = True
        return self.is_open

    def note(self, status: str, probe: bool) -> bool:
        """Take in how a request ended; answer whether that opened the circuit."""
        if status == "completed":
            self.is_open = self._probing = False
            self._failures = self._periods = 0
        elif status == "failed":
            self._failures += 1
            if probe or (not self.is_open and self._failures >= self._config.failure_threshold):
                self._open()
                return True
        elif probe:
            self._probing = False
        return False

    def _open(self) -> None:
        seconds = self._config.backoff_base.total_seconds() * 2.0**self._periods
        self._until = asyncio.get_running_loop().time() + min(seconds, self._config.backoff_cap.total_seconds())
        self._periods += 1
        self.is_open, self._probing = True, False


class Announcer:
    """Publishes events one after the other, beside the work."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def tell(self, kind: str, correlation: str, data: Mapping[str, object]) -> None:
        """Publish an event as soon as those before it are."""
        self._waiting.put_nowait(
            {
                "specversion": "1.0", "id": str(uuid4()), "source": "/settings", "type": f"org.example.config.reload.{kind}",
                "datacontenttype": "application/json", "correlationid": correlation, "data": dict(data),
            }
        )  # fmt: skip
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        while not self._waiting.empty():
            await outcome_of(partial(self._publish, self._waiting.get_nowait()))

    def end(self, correlation: str, status: str, report: Report) -> None:
        """Publish how a reload ended."""
        data = {"status": status, "rollback": report.rollback, "error": str(report.error or ""), **report.names()}
        self.tell("completed" if status == "completed" else "failed", correlation, data)


def check_name(name: str, known: Iterable[str], quarantine: set[str]) -> None:
    """Refuse a name that is taken, unless what has it is quarantined."""
    if name in known and name not in quarantine:
        raise ValueError(f"there is a module {name!r}")
    quarantine.discard(name)
