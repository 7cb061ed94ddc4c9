"""Modules and ports for the tests of the orchestrator: real parts of a small world, which remember what was done to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any

from pytest_policy_contracts import ConfigChange, ConfigDiff, OrchestratorConfig, ReloadOutcome, ReloadTrigger
from reference_impl.orchestrator import Orchestrator
from tests.simulation.programs import result

Behaviour = Callable[[], Awaitable[object] | object]


def now() -> float:
    return asyncio.get_running_loop().time()


class Module:
    """Keeps its settings; `before` and `after` happen around each change of them, by the number of the call."""

    def __init__(
        self,
        name: str,
        journal: list[str] | None = None,
        *,
        before: Mapping[int, Behaviour] | None = None,
        after: Mapping[int, Behaviour] | None = None,
        timeout: timedelta = timedelta(seconds=10),
        ready: bool = True,
    ) -> None:
        self.name = name
        self.settings: dict[str, object] = {}
        self.calls: list[list[ConfigChange]] = []
        self.reload_timeout = timeout
        self._journal = journal if journal is not None else []
        self._before, self._after = before or {}, after or {}
        self._ready = ready

    def can_reload(self) -> bool:
        return self._ready

    async def reload(self, changes: list[ConfigChange]) -> None:
        self.calls.append(list(changes))
        self._journal.append(self.name)
        number = len(self.calls)
        await _happens(self._before.get(number))
        for change in changes:
            if change.kind == "removed":
                self.settings.pop(change.path)
            else:
                self.settings[change.path] = change.new
        await _happens(self._after.get(number))


async def _happens(behaviour: Behaviour | None) -> None:
    answer = behaviour() if behaviour is not None else None
    if isinstance(answer, Awaitable):
        await answer


def raises(error: BaseException) -> Behaviour:
    def behave() -> object:
        raise error

    return behave


def hangs() -> Awaitable[object]:
    return asyncio.Event().wait()


async def ignores_cancellation() -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


def takes(seconds: float) -> Behaviour:
    return lambda: asyncio.sleep(seconds)


class Log:
    """Takes events and metrics, and keeps them."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []
        self.ids: list[str] = []
        self.counted: list[tuple[object, ...]] = []

    def emit(self, kind: str, data: Mapping[str, object], *, subject: str = "", correlation_id: str = "") -> None:
        self.events.append((kind.rpartition(".")[2], dict(data)))
        self.ids.append(correlation_id)

    def reload_ended(self, status: str, seconds: float) -> None:
        self.counted.append(("reload", status, seconds))

    def module_ended(self, result: str) -> None:
        self.counted.append(("module", result))

    def rolled_back(self, status: str) -> None:
        self.counted.append(("rollback", status))

    def queue_holds(self, requests: int) -> None:
        self.counted.append(("queue", requests))

    def circuit_is(self, state: str) -> None:
        self.counted.append(("circuit", state))

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _data in self.events]


class System:
    """An orchestrator with modules that share a journal; `run` gives it a virtual world."""

    def __init__(self, config: OrchestratorConfig | None = None, **options: Any) -> None:
        self.log = Log()
        self.journal: list[str] = []
        self.orchestrator = Orchestrator(config, events=self.log, metrics=self.log, **options)
        self.modules: dict[str, Module] = {}
        self._value = 0

    def add(self, name: str, *, after_modules: tuple[str, ...] = (), **behaviour: Any) -> Module:
        module = self.modules[name] = Module(name, self.journal, **behaviour)
        self.orchestrator.register(name, module, after=after_modules)
        return module

    def diff(self, *names: str) -> ConfigDiff:
        """The next value for the setting `ttl` of some modules, by default of all."""
        self._value += 1
        old, new = self._value - 1, self._value
        return ConfigDiff.of(ConfigChange.modified(f"{name}.ttl", old, new) for name in names or self.modules)

    def request(self, *names: str) -> asyncio.Future[ReloadOutcome]:
        return self.orchestrator.request_reload(self.diff(*names), trigger=ReloadTrigger.MANUAL)

    async def reload(self, *names: str) -> ReloadOutcome:
        return await self.request(*names)

    def values(self) -> dict[str, object]:
        return {name: module.settings.get(f"{name}.ttl") for name, module in self.modules.items()}


def run(main: Callable[[], Coroutine[Any, Any, object]]) -> Any:
    """Run it in virtual time."""
    return result(main)
