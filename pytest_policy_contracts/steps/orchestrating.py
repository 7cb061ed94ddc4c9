"""Making orchestrators, asking them for reloads, and what may be expected of the answers.

The steps of `reload_orchestrator` say in plain language what happens; this is how it is done.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_policy_contracts.contracts import (
    ConfigChange,
    ConfigDiff,
    OrchestratorConfig,
    ReloadTrigger,
)
from pytest_policy_contracts.environment.foreign_values import is_sequence, read, repr_of
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.simulation.errors import SimulationError
from pytest_policy_contracts.simulation.tasks import waiting_place
from pytest_policy_contracts.steps.supplied_modules import Call, Journal, SuppliedModule, apply, order_of, settings_of
from pytest_policy_contracts.steps.words import shown_word, words_of
from pytest_policy_contracts.verification.attempts import Attempt, Ended, describe_error, outcome_of_error
from pytest_policy_contracts.verification.snapshots import same
from pytest_policy_contracts.verification.violations import ContractViolation, Untested, left_to
from pytest_policy_contracts.verification.world import World

RELOADS = "ORC-001"
"""The clause that says what a reload does at all; a mistake there shows in every other one, too."""

ROLLS_BACK = "ORC-004"
ANSWERS = "ORC-011"
STARTS = "ORC-013"

ABANDONS = "ORC-009"
REFUSES = "ORC-012"
IN_ORDER = "ORC-010"

PATIENCE_SECONDS = 100.0
"""After so long a request counts as one that waits for a module that does not listen."""

LIMIT_SECONDS = 7200.0
"""After so long a request counts as one that does not end: twice as long as the deafest module works."""

STOPPED_ERROR, FULL_ERROR, OPEN_ERROR = REFUSALS = ("ReloadStoppedError", "ReloadQueueFullError", "CircuitOpenError")

NAMES = ("limits", "cache", "routes", "audit")
"""In no order that anybody would sort them in."""


# -- requests -------------------------------------------------------------------------------------------------------------


class Asking:
    """One request: what was asked for, what the call said, and what came of it. Its places are those of the journal."""

    def __init__(self, world: World, diff: Any) -> None:
        self.diff = diff
        self.refusal: BaseException | None = None
        self.outcome: Any = None
        self.error: BaseException | None = None
        self.ended: Ended | None = None
        self.answer: Any = None
        self.task: asyncio.Task[None] | None = None
        self.is_awaited = False
        self.called = self.returned = 0
        self.called_at = self.returned_at = 0.0
        self._world = world

    def call(self) -> bool:
        """Take a place in the queue; tell whether the request was accepted."""
        journal: Journal = self._world.seen.journal
        self.called, self.called_at = journal.tick(), self._world.clock.now
        self._world.beat()
        try:
            self.answer = self._world.subject.request_reload(self.diff, trigger=ReloadTrigger.MANUAL)
        except BaseException as error:
            self.refusal = error
        if self.refusal is None and not inspect.isawaitable(self.answer):
            observed = f"it answered {repr_of(self.answer)}"
            raise ContractViolation(expected="request_reload() answers something to await", observed=observed)
        return self.accepted

    async def wait(self) -> None:
        """Await the outcome, and note how that ended."""
        self.is_awaited = True
        try:
            self.outcome = await self.answer
            self.ended = Ended.RETURNED
        except asyncio.CancelledError as error:
            self.ended, self.error = Ended.CANCELLED, error
            raise
        except BaseException as error:
            self.ended, self.error = outcome_of_error(error), error
        finally:
            self.returned, self.returned_at = self._world.seen.journal.tick(), self._world.clock.now

    async def ask(self) -> None:
        """Take a place and await the outcome."""
        if self.call():
            await self.wait()

    @property
    def accepted(self) -> bool:
        """Whether the call took the request."""
        return self.called > 0 and self.refusal is None

    @property
    def is_refused_late(self) -> bool:
        """Whether the answer raised what the call should have raised."""
        return self.ended is Ended.RAISED and any(is_error(self.error, name) for name in REFUSALS)

    @property
    def status(self) -> frozenset[str]:
        """The words by which the status of the outcome may be meant."""
        return words_of(read(self.outcome, "status")) if self.ended is Ended.RETURNED else frozenset()

    def names(self, field: str) -> list[str]:
        """Return the names of modules in a field of the outcome."""
        found = read(self.outcome, field)
        if isinstance(found, (set, frozenset)):
            return sorted(map(str, found))
        return [str(name) for name in found] if is_sequence(found) else []

    def __str__(self) -> str:
        if self.refusal is not None:
            return f"the call raised {describe_error(self.refusal)}"
        if self.ended is None:
            place = waiting_place(self.task.get_coro()) if self.task is not None else "never awaited"
            return f"no outcome within {self._world.clock.now - self.called_at:g} s: {place}"
        if self.ended is not Ended.RETURNED:
            return f"its answer {self.ended}: {describe_error(self.error)}"
        if not self.status:
            return f"its outcome is {repr_of(self.outcome)}"
        error = read(self.outcome, "error")
        told = f", error {describe_error(error)}" if isinstance(error, BaseException) else ""
        fields = (f"{field} {self.names(field)}" for field in _FIELDS if self.names(field))
        return ", ".join((f"status {shown_word(read(self.outcome, 'status'))}", *fields)) + told


_FIELDS = ("applied", "failed", "skipped", "rolled_back", "dirty", "quarantined")


def place(world: World, diff: Any) -> Asking:
    """Call now, and let a task of its own await the outcome."""
    asking = Asking(world, diff)
    if asking.call():
        await_in_task(world, asking)
    world.seen.asked.append(asking)
    return asking


def await_in_task(world: World, asking: Asking) -> None:
    """Let a task of its own await the outcome of a request that was accepted."""
    asking.task = world.loop.create_task(asking.wait(), name="caller")


async def awaited(asking: Asking) -> None:
    """Wait until somebody has begun to await the outcome: else there is nobody who could give up."""
    while not asking.is_awaited:
        await asyncio.sleep(0)


async def ends_of(world: World, *askings: Asking) -> None:
    """Wait until the requests have ended, or have to be counted as ones that do not."""
    tasks = [asking.task for asking in askings if asking.task is not None and not asking.task.done()]
    if tasks:
        await world.attempt(lambda: asyncio.wait(tasks), limit=LIMIT_SECONDS)


async def ask(world: World, diff: Any) -> Asking:
    """Request a reload, and wait for its outcome."""
    asking = place(world, diff)
    await ends_of(world, asking)
    return asking


# -- making orchestrators -------------------------------------------------------------------------------------------------


async def create(
    world: World,
    modules: Iterable[SuppliedModule] | None = None,
    *,
    config: OrchestratorConfig | None = None,
    publisher: Publisher | None = None,
    starts: bool = True,
) -> None:
    """Make a fresh orchestrator the subject of the run, with modules, and start it."""
    journal = getattr(world.seen, "journal", None) or Journal(world.clock)
    world.seen.journal, world.seen.publisher = journal, publisher or Publisher()
    world.seen.config = config or OrchestratorConfig()
    world.seen.asked, world.seen.mark, world.seen.modules = [], 0, {}
    world.subject = await world.create(world.seen.config, world.seen.publisher)
    for module in three_modules(world) if modules is None else modules:
        await register(world, module)
    note_settings(world)
    if starts:
        await start(world)


def three_modules(world: World) -> list[SuppliedModule]:
    """Return three modules with some settings."""
    return [supplied(world, name) for name in NAMES[:3]]


def supplied(world: World, name: str, kind: type[SuppliedModule] = SuppliedModule, **more: Any) -> SuppliedModule:
    """Make a module with the settings that the changes of `changes_for` begin from."""
    journal = getattr(world.seen, "journal", None)
    if journal is None:
        journal = world.seen.journal = Journal(world.clock)
    return kind(name, journal, settings={f"{name}.ttl": "30 s", f"{name}.mode": "lru", name: "v1"}, **more)


async def register(world: World, module: SuppliedModule) -> None:
    """Register a module under its name."""
    await answered(world.subject.register(module.name, module))
    world.seen.modules[module.name] = module


async def start(world: World) -> None:
    """Start the orchestrator."""
    await require_returned(world, world.subject.start, "start() returns")


async def stop(world: World) -> None:
    """Stop the orchestrator."""
    await require_returned(world, world.subject.stop, "stop() returns")


async def require_returned(world: World, function: Any, expected: str) -> Attempt:
    """Call something that has to return; leave it to the clause about starting and stopping where it does not."""
    attempt = await world.attempt(function, limit=LIMIT_SECONDS)
    if not attempt.accepted:
        with left_to(STARTS):
            raise ContractViolation(expected=expected, observed=str(attempt))
    return attempt


def is_error(error: BaseException | None, name: str) -> bool:
    """Tell whether an error is of a documented type, or of an own class of that name."""
    return any(kind.__name__ == name for kind in type(error).__mro__)


async def answered(answer: Any) -> Any:
    """Return an answer, awaited if it is to be."""
    return await answer if inspect.isawaitable(answer) else answer


def watch(world: World, name: str) -> SuppliedModule:
    """Return a module, and make it the one that the claims speak of."""
    world.seen.that_module = name
    module: SuppliedModule = world.seen.modules[name]
    return module


def last_module(world: World) -> SuppliedModule:
    """Return the module that is reloaded last."""
    module: SuppliedModule = world.seen.modules[world.seen.order[-1]]
    return module


# -- changes --------------------------------------------------------------------------------------------------------------


def changes_for(world: World, *names: str) -> ConfigDiff:
    """Return changes of two settings of modules, from what they are now, and one of nobody's.

    That one is another in each request, so that no request makes an earlier one pointless.
    """
    world.seen.made = getattr(world.seen, "made", 0) + 1
    found = [
        ConfigChange.modified(path, settings.get(path), f"{settings.get(path)}+")
        for name, settings in _settings_of(world, names)
        for path in (f"{name}.ttl", name)
    ]
    return ConfigDiff.of([*found, ConfigChange.added(f"nobody.note-{world.seen.made}", True)])


def changes_of_every_kind(world: World, *names: str) -> ConfigDiff:
    """Return changes of modules that modify, add and remove settings, and some that concern nobody."""
    found = [ConfigChange.added("nobody.asked", 1)]
    for name, settings in _settings_of(world, names):
        found += changes_for(world, name).changes
        found.append(ConfigChange.removed(f"{name}.mode", settings[f"{name}.mode"]))
        found.append(ConfigChange.added(f"{name}.limits", {"rows": [1, 2]}))
    return ConfigDiff.of([*found, ConfigChange.modified("nobody", 1, 2)])


def _settings_of(world: World, names: Iterable[str]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, world.seen.modules[name].settings) for name in names or tuple(world.seen.modules)]


def note_settings(world: World) -> None:
    """Note the settings of the modules, and what comes from here on in the journal."""
    world.seen.noted = settings_of(world.seen.modules.values())
    world.seen.mark = world.seen.journal.tick()


async def ask_for_changes(world: World, *names: str) -> Asking:
    """Note the settings, request changes for the modules, and wait for the outcome."""
    note_settings(world)
    world.seen.asking = await ask(world, changes_for(world, *names))
    return world.seen.asking  # type: ignore[no-any-return]


def calls(world: World) -> list[Call]:
    """Return the reloads since the settings were noted."""
    found: list[Call] = world.seen.journal.reloads(world.seen.mark)
    return found


async def learn_order(world: World) -> list[str]:
    """Reload all modules once, and return the order in which that was done."""
    asking = await ask_for_changes(world)
    claim_completed(asking)
    order = order_of(calls(world))
    if len(order) < len(world.seen.modules):
        with left_to(RELOADS):
            raise ContractViolation(expected=f"reloaded: {list(world.seen.modules)}", observed=f"reloaded: {order}")
    world.seen.order = order
    return order


# -- claims about outcomes ------------------------------------------------------------------------------------------------


def claim_accepted(asking: Asking, *clauses: str) -> None:
    """Claim that the call took the request."""
    if asking.refusal is not None:
        with left_to(*(clauses or (RELOADS,))):
            raise ContractViolation(expected="the request is accepted", observed=str(asking))


def claim_ended(asking: Asking, *clauses: str) -> None:
    """Claim that an accepted request has an outcome."""
    claim_accepted(asking, *clauses)
    if not asking.status:
        with left_to(*((REFUSES,) if asking.is_refused_late else ()), ANSWERS, *clauses):
            raise ContractViolation(expected="the request ends with an outcome", observed=str(asking))


def claim_status(asking: Asking, status: str, *clauses: str) -> None:
    """Claim how a request has ended; `clauses` may be the ones to say that it has not."""
    claim_ended(asking, *clauses)
    if status not in asking.status:
        with left_to(*clauses):
            raise ContractViolation(expected=f"status {status}", observed=str(asking))


def claim_completed(asking: Asking) -> None:
    """Claim that a reload was completed."""
    claim_status(asking, "completed", RELOADS)


def require_called(module: SuppliedModule) -> None:
    """Go on only if the module was reloaded as its script says; that it is reloaded at all is another clause."""
    if module.script:
        with left_to(RELOADS):
            raise ContractViolation(expected=f"{module.name} is reloaded", observed=f"{module.name} was not reloaded")


def require_abandoned(asking: Asking) -> None:
    """Leave a request that waits for a module which ignores its cancellation to the clause about those."""
    if not asking.status or asking.returned_at - asking.called_at > PATIENCE_SECONDS:
        took = f"ended after {asking.returned_at - asking.called_at:g} s" if asking.status else str(asking)
        with left_to(ABANDONS):
            raise ContractViolation(
                expected="the request ends soon after the timeout of the module and the grace", observed=took
            )


def claim_named(asking: Asking, field: str, names: Sequence[str], *clauses: str) -> None:
    """Claim that a field of the outcome holds these modules."""
    missing = [name for name in names if name not in asking.names(field)]
    if missing:
        with left_to(*clauses):
            expected = f"{field} names {', '.join(missing)}"
            raise ContractViolation(expected=expected, observed=str(asking))


def claim_settings(world: World, expected: dict[str, dict[str, Any]], when: str, *clauses: str) -> None:
    """Claim that modules have these settings."""
    for name, settings in expected.items():
        observed = world.seen.modules[name].settings
        if not same(dict(observed), settings):
            with left_to(*clauses):
                raise ContractViolation(
                    expected=f"{name} has {settings!r}", observed=f"{name} has {observed!r}", when=when
                )


def after(noted: dict[str, dict[str, Any]], diff: ConfigDiff, *skipped: str) -> dict[str, dict[str, Any]]:
    """Return the settings that modules have after the changes of a diff."""
    expected = {name: dict(settings) for name, settings in noted.items()}
    for name, settings in expected.items():
        if name not in skipped:
            apply(settings, (one for one in diff.changes if one.path == name or one.path.startswith(f"{name}.")))
    return expected


def claim_original(world: World, *clauses: str, but: Iterable[str] = ()) -> None:
    """Claim that the modules have the settings that were noted, apart from some."""
    expected = {name: settings for name, settings in world.seen.noted.items() if name not in set(but)}
    claim_settings(world, expected, "after a reload that was not completed", *clauses)


async def settled_events(world: World, seconds: float = 600.0) -> list[Any]:
    """Return what was published once everything has settled."""
    try:
        await world.settle(seconds)
    except SimulationError as error:
        raise Untested(f"what the orchestrator has under way does not settle: {error}") from error
    events: list[Any] = world.seen.publisher.events
    return events
