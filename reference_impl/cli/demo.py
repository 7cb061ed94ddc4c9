"""Shows in one terminal what the reference does when a module fails: who is taken back, who is refused, who reacts.

It asserts what it shows: where something else happens than it says, it ends with an error.
"""

import asyncio
import logging
import re
from datetime import timedelta

from prometheus_client import generate_latest
from rich import box
from rich.console import Console
from rich.table import Table

from pytest_policy_contracts.contracts import (
    AggregatorConfig,
    CircuitOpenError,
    ConfigChange,
    GuardConfig,
    GuardMode,
    OrchestratorConfig,
    ReloadOutcome,
    TenantIsolationError,
)
from reference_impl.app import PolicySystem, SystemConfig
from reference_impl.health import SimpleProvider
from reference_impl.model import difference
from reference_impl.ports import Event

PAUSE = timedelta(seconds=0.5)
"""How long the circuit stays open here; two seconds by default."""

STYLES = {"healthy": "green", "completed": "green", "closed": "green", "degraded": "yellow", "skipped": "yellow"}


_COUNTED = re.compile(
    r"(policy_reload_\w+_total|policy_rollback_total|policy_breaker_state|tenant_violations_total)[{ ]"
)


class Pool:
    """A module of the demo: it keeps its settings, and its database may refuse them."""

    reload_timeout = timedelta(seconds=2)

    def __init__(self, **settings: object) -> None:
        self.settings = settings
        self.refuses = False

    def can_reload(self) -> bool:
        """It always can."""
        return True

    async def reload(self, changes: list[ConfigChange]) -> None:
        """Take all changes, or none of them."""
        await asyncio.sleep(0)
        if self.refuses and any(change.new == 500 for change in changes):
            raise ConnectionError("the database allows 100 connections")
        for change in changes:
            self.settings[change.path.rpartition(".")[2]] = change.new


class Demo:
    """The system of the demo, and how it is shown."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.console = Console(width=None if Console().is_terminal else 110, highlight=False)
        self.modules = {"limits": Pool(burst=10), "pool": Pool(size=50), "router": Pool(retries=1)}
        self.system = PolicySystem(
            SystemConfig(
                source="/demo",
                orchestrator=OrchestratorConfig(backoff_base=PAUSE),
                health=AggregatorConfig(cache_ttl=timedelta(0)),
                guard=GuardConfig(GuardMode.STRICT, {"acme": ["acme-archive"]}),
            ),
            self.events.append,
        )

    async def run(self) -> None:
        """Show everything, one after the other."""
        async with self.system as system:
            system.orchestrator.register("limits", self.modules["limits"])
            system.orchestrator.register("pool", self.modules["pool"], after=["limits"])
            system.orchestrator.register("router", self.modules["router"], after=["pool"])
            system.health.add_provider("pool", SimpleProvider("pool", "database", self._pool_state))
            await self._one_succeeds()
            await self._one_fails()
            await self._the_circuit()
            self._the_guard()
        self._told()

    def _pool_state(self) -> str:
        return "degraded" if self.modules["pool"].refuses else "healthy"

    # -- the acts --------------------------------------------------------------------------------------------

    async def _one_succeeds(self) -> None:
        self._title("1  A reload", "three modules, each after the one it needs")
        await self._health("before")
        outcome = await self._reload({"limits.burst": 20, "pool.size": 80, "router.retries": 2})
        _check(outcome.status == "completed" and outcome.applied == ("limits", "pool", "router"))

    async def _one_fails(self) -> None:
        self._title("2  A module fails", "the pool asks for more connections than its database allows")
        self.modules["pool"].refuses = True
        before = self._settings()
        outcome = await self._reload({"limits.burst": 40, "pool.size": 500, "router.retries": 3})
        _check(outcome.rolled_back == ("pool", "limits") and self._settings() == before)
        self._say("Nobody is left with half of the change; the router was never asked.")
        await self._health("after")

    async def _the_circuit(self) -> None:
        self._title("3  The circuit", "three failures in a row open it, a probe closes it")
        for _ in range(2):
            _check((await self._reload({"pool.size": 500})).status == "failed")
        try:
            self._request({"router.retries": 5})
        except CircuitOpenError as error:
            self._say("refused: " + re.sub(r"in [\d.]+ s", "in a moment", str(error)))
        else:
            raise AssertionError("the circuit is not open")
        await self._health("while it is open")
        await asyncio.sleep(PAUSE.total_seconds())
        self.modules["pool"].refuses = False
        _check((await self._reload({"pool.size": 500})).status == "completed")
        await self._health("after the probe")

    def _the_guard(self) -> None:
        self._title("4  The tenant guard", "who is asking is bound to the running context")
        guard = self.system.guard
        with guard.bound_to("acme"):
            for target in ("acme", "acme-archive", "globex"):
                self._access(f"acme reaches for {target}", target)
        self._access("nobody reaches for acme", "acme")
        _check([violation.kind for violation in guard.recent_violations()] == ["cross_tenant", "missing_context"])

    def _access(self, what: str, target: str) -> None:
        try:
            self.system.guard.access(target)
        except TenantIsolationError as error:
            self._say(f"{what}: [red]denied[/] ({type(error).__name__}: {error})")
        else:
            self._say(f"{what}: [green]allowed[/]")

    def _told(self) -> None:
        self._title("5  What was told of it", "CloudEvents 1.0; one correlation id for each reload")
        table = _table("type", "subject", "reload", "what")
        numbers: dict[object, int] = {}
        for event in self.events:
            if event["type"] == "health.evaluated":
                continue
            of = event.get("correlationid")
            number = str(numbers.setdefault(of, len(numbers) + 1)) if of else ""
            table.add_row(str(event["type"]), str(event.get("subject", "")), number, _summary(event["data"]))
        self.console.print(table)
        for line in generate_latest(self.system.metrics.registry).decode().splitlines():
            if _COUNTED.match(line) and not line.endswith(" 0.0"):
                self._say(line)

    # -- how it is shown -------------------------------------------------------------------------------------

    def _title(self, title: str, text: str) -> None:
        self.console.print(f"\n[bold]{title}[/]  {text}")

    def _say(self, text: str) -> None:
        self.console.print(f"   {text}", soft_wrap=True)

    def _request(self, new: dict[str, object]) -> "asyncio.Future[ReloadOutcome]":
        now = {path: value for path, value in self._settings().items() if path in new}
        return self.system.orchestrator.request_reload(difference(now, new))

    async def _reload(self, new: dict[str, object]) -> ReloadOutcome:
        before = self._settings()
        outcome = await self._request(new)
        table = _table("module", "setting", "before", "asked for", "after", "what happened")
        after = self._settings()
        for path, wanted in new.items():
            name = path.partition(".")[0]
            table.add_row(name, path, *map(str, (before[path], wanted, after[path])), _fate(name, outcome))
        self.console.print(table)
        told = f", rollback {outcome.rollback}" if outcome.rollback != "none" else ""
        self._say(f"{_styled(str(outcome.status))}{told}{f': {outcome.error}' if outcome.error else ''}")
        return outcome

    def _settings(self) -> dict[str, object]:
        return {
            f"{name}.{key}": value for name, module in self.modules.items() for key, value in module.settings.items()
        }

    async def _health(self, when: str) -> None:
        answer = await self.system.health.check(force_refresh=True)
        parts = ", ".join(f"{one.module}/{one.component} {_styled(str(one.status))}" for one in answer.reports)
        self._say(f"health {when}: {_styled(str(answer.health))} ({parts})")


def _table(*columns: str) -> Table:
    return Table(*columns, box=box.SIMPLE_HEAD)


def _fate(name: str, outcome: ReloadOutcome) -> str:
    words = [
        word for word in ("applied", "failed", "skipped", "rolled_back", "dirty") if name in getattr(outcome, word)
    ]
    return ", ".join(words).replace("_", " ") or "not asked"


def _styled(word: str) -> str:
    return f"[{STYLES.get(word, 'red')}]{word}[/]"


def _summary(data: object) -> str:
    assert isinstance(data, dict)
    shown = ("modules", "applied", "failed", "rolled_back", "rollback", "health", "readiness", "kind", "action")
    return " ".join(f"{key}={_plain(data[key])}" for key in shown if data.get(key))


def _plain(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _check(holds: bool) -> None:
    if not holds:
        raise AssertionError("the demo went another way than it says")


async def run() -> int:
    """Run the demo and return the exit status."""
    logging.getLogger("reference_impl").addHandler(logging.NullHandler())  # what is logged is shown as events
    logging.getLogger("reference_impl").propagate = False
    await Demo().run()
    return 0
