"""The modules that the suite hands to an orchestrator: obedient ones, and such as fail, hang, panic and pretend.

Each keeps its settings, so that its state can be compared, and writes every call into a journal that all modules of a run
share. What a call does is a `Behaviour`: the next one of the module's script, or obedience where the script is at its end.
"""

from __future__ import annotations

import asyncio
import copy
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pytest_policy_contracts.contracts import GRACE, ChangeKind
from pytest_policy_contracts.simulation.clock import VirtualClock
from pytest_policy_contracts.steps import leftovers
from pytest_policy_contracts.steps.reloading import fresh
from pytest_policy_contracts.steps.words import words_of
from pytest_policy_contracts.verification.attempts import describe_error

_ATOMS = frozenset({str, int, float, bool, bytes, type(None)})
A_MINUTE = timedelta(minutes=1)
DEAF_SECONDS = 3600.0
"""So long a module works on that ignores its cancellation; longer than anybody waits for it."""

TIDYING_SECONDS = GRACE.total_seconds() - 2
"""How long a module takes to end in order that makes use of the grace."""


@dataclass(slots=True, eq=False)
class Call:
    """One call of a module; `began` and `ended` are its places among all events of the journal."""

    module: str
    what: str
    began: int
    began_at: float
    changes: tuple[Any, ...] = ()
    ended: int = 0
    ended_at: float = 0.0
    how: str = ""
    """`returned`, `cancelled` or what was raised; empty while it runs."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the changes that were handed in, in their order."""
        return tuple(change.path for change in self.changes)


class Journal:
    """What happened to the modules of a run, in order."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.calls: list[Call] = []
        self._ticks = 0

    def tick(self) -> int:
        """Return the place of one more event."""
        self._ticks += 1
        return self._ticks

    def begin(self, module: str, what: str, changes: Iterable[Any] = ()) -> Call:
        """Note that a call begins."""
        call = Call(module, what, self.tick(), self.clock.now, tuple(changes))
        self.calls.append(call)
        return call

    def end(self, call: Call, how: str) -> None:
        """Note that a call has ended."""
        call.ended, call.ended_at, call.how = self.tick(), self.clock.now, how

    def reloads(self, since: int = 0) -> list[Call]:
        """Return the reloads that began after the event `since`, in order."""
        return [call for call in self.calls if call.what == "reload" and call.began > since]


Behaviour = Callable[["SuppliedModule", Any], Awaitable[None]]
"""What a reload of a module does with its changes."""


class ModuleFailed(Exception):
    """A module could not take its changes."""


class Panic(BaseException):
    """What escapes from a module in a way that nobody foresaw."""


class SuppliedModule:
    """A module whose reload takes `seconds`, and then has all changes or none, unless its script says otherwise."""

    def __init__(
        self,
        name: str,
        journal: Journal,
        *,
        settings: Mapping[str, Any] | None = None,
        timeout: timedelta = A_MINUTE,
        seconds: float = 0.5,
    ) -> None:
        self.name = name
        self.journal = journal
        self.settings: dict[str, Any] = dict(settings or {})
        self.seconds = seconds
        self.script: deque[Behaviour] = deque()
        self.answers: deque[bool | BaseException] = deque()
        self.refuses = False
        self.timeout: timedelta | BaseException = timeout
        self.chooses: Callable[[Sequence[Any]], Behaviour] = self._next_of_script

    def can_reload(self) -> bool:
        """Answer what was prepared, else yes."""
        call = self.journal.begin(self.name, "can_reload")
        answer = self.answers.popleft() if self.answers else not self.refuses
        self.journal.end(call, str(answer))
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def reload_timeout(self) -> Any:
        """The timeout that was prepared."""
        if isinstance(self.timeout, BaseException):
            error, self.timeout = self.timeout, A_MINUTE
            raise error
        return self.timeout

    async def reload(self, changes: Any) -> None:
        """Do what is next in the script, and write down how that ended."""
        call = self.journal.begin(self.name, "reload", fresh(changes))
        try:
            await self.chooses(call.changes)(self, changes)
        except asyncio.CancelledError:
            self.journal.end(call, "cancelled")
            raise
        except BaseException as error:
            self.journal.end(call, f"raised {describe_error(error)}")
            raise
        self.journal.end(call, "returned")

    def _next_of_script(self, changes: Sequence[Any]) -> Behaviour:
        return self.script.popleft() if self.script else obey

    def own(self, changes: Iterable[Any]) -> list[Any]:
        """Return the changes that concern this module: at its name, and below."""
        return [change for change in changes if concerns(change.path, self.name)]

    def apply(self, changes: Iterable[Any]) -> None:
        """Take the changes that concern this module."""
        apply(self.settings, self.own(changes))


class TimeoutAsMethod(SuppliedModule):
    """A module whose `reload_timeout` is a method, which the contract Reloadable allows."""

    def reload_timeout(self) -> Any:
        """Answer the timeout that was prepared."""
        return self.timeout


class SynchronousModule(SuppliedModule):
    """A module whose reload is a plain function, which the contract Reloadable allows."""

    def reload(self, changes: Any) -> None:  # type: ignore[override]
        """Take the changes at once."""
        call = self.journal.begin(self.name, "reload", fresh(changes))
        self.apply(changes)
        self.journal.end(call, "returned")


def concerns(path: str, name: str) -> bool:
    """Tell whether a change of that path concerns the module of that name."""
    return path == name or path.startswith(f"{name}.")


def apply(settings: dict[str, Any], changes: Iterable[Any]) -> None:
    """Change settings as the changes say; copies, so that nobody holds what they hold."""
    for change in changes:
        if is_of_kind(change, ChangeKind.REMOVED):
            settings.pop(change.path, None)
        else:
            settings[change.path] = _copied(change.new)


def is_of_kind(change: Any, kind: ChangeKind) -> bool:
    """Tell whether a change, of whatever type, adds, modifies or removes."""
    found = change.kind
    return found is kind if type(found) is ChangeKind else kind in words_of(found)


def _copied(value: Any) -> Any:
    return value if type(value) in _ATOMS else copy.deepcopy(value)


# -- behaviours -----------------------------------------------------------------------------------------------------------


async def obey(module: SuppliedModule, changes: Any) -> None:
    """Take the time that the module takes, then all changes; a cancellation before that leaves the old settings."""
    if module.seconds:
        await asyncio.sleep(module.seconds)
    module.apply(changes)


async def obey_at_once(module: SuppliedModule, changes: Any) -> None:
    """Take all changes without waiting."""
    module.apply(changes)


async def fail_before(module: SuppliedModule, changes: Any) -> None:
    """Fail before anything was changed."""
    await asyncio.sleep(module.seconds)
    raise ModuleFailed(f"{module.name} could not take its changes")


async def fail_after(module: SuppliedModule, changes: Any) -> None:
    """Take all changes, and fail then."""
    await obey(module, changes)
    raise ModuleFailed(f"{module.name} has its changes, and failed afterwards")


async def fail_half_way(module: SuppliedModule, changes: Any) -> None:
    """Take the first half of the changes, and fail."""
    await asyncio.sleep(module.seconds)
    own = module.own(changes)
    module.apply(own[: -(-len(own) // 2)])
    raise ModuleFailed(f"{module.name} has half of its changes")


async def fail_now(module: SuppliedModule, changes: Any) -> None:
    """Fail at once, before anything was changed."""
    raise ModuleFailed(f"{module.name} could not take its changes")


async def fail_half_now(module: SuppliedModule, changes: Any) -> None:
    """Take the first half of the changes at once, and fail."""
    own = module.own(changes)
    module.apply(own[: -(-len(own) // 2)])
    raise ModuleFailed(f"{module.name} has half of its changes")


async def fail_quoting(module: SuppliedModule, changes: Any) -> None:
    """Take all changes, and fail with a text that quotes every value, as a careless parser does."""
    own = module.own(changes)
    values = ", ".join(f"{change.path} {change.old!r} -> {change.new!r}" for change in own)
    module.apply(own)
    try:
        raise ValueError(f"cannot parse {values}")
    except ValueError as error:
        raise ModuleFailed(f"{module.name} refused {values}") from error


async def hang(module: SuppliedModule, changes: Any) -> None:
    """Wait for ever; a cancellation ends it in order, with the old settings."""
    await asyncio.Event().wait()


async def take_and_hang(module: SuppliedModule, changes: Any) -> None:
    """Take all changes and wait for ever; a cancellation ends it with the new settings."""
    module.apply(changes)
    await asyncio.Event().wait()


async def tidy_up_when_cancelled(module: SuppliedModule, changes: Any) -> None:
    """Wait for ever; when cancelled, take some seconds to end in order."""
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(TIDYING_SECONDS)


async def ignore_cancellation(module: SuppliedModule, changes: Any) -> None:
    """Work on for an hour, however often it is cancelled, and fail then."""
    end = module.journal.clock.now + DEAF_SECONDS
    while module.journal.clock.now < end:
        try:
            await asyncio.sleep(end - module.journal.clock.now)
        except asyncio.CancelledError:
            continue
    raise ModuleFailed(f"{module.name} has failed an hour later")


async def obey_and_mutate(module: SuppliedModule, changes: Any) -> None:
    """Take all changes, and then alter everything that was handed in."""
    await obey(module, changes)
    leftovers.alter(changes, ("old", "new"))


def take(seconds: float) -> Behaviour:
    """Make a behaviour that takes the changes after so many seconds."""

    async def slowly(module: SuppliedModule, changes: Any) -> None:
        await asyncio.sleep(seconds)
        module.apply(changes)

    return slowly


def panic(error: BaseException) -> Behaviour:
    """Make a behaviour that raises what no module should raise."""

    async def panicking(module: SuppliedModule, changes: Any) -> None:
        await asyncio.sleep(module.seconds)
        raise error

    return panicking


# -- claims about several modules -----------------------------------------------------------------------------------------


def order_of(calls: Iterable[Call]) -> list[str]:
    """Return the names of modules in the order of their first call."""
    return list(dict.fromkeys(call.module for call in calls))


def settings_of(modules: Iterable[SuppliedModule]) -> dict[str, dict[str, Any]]:
    """Return copies of the settings of modules, by name."""
    return {module.name: {path: _copied(value) for path, value in module.settings.items()} for module in modules}


def running(calls: Iterable[Call]) -> Iterator[Call]:
    """Yield the calls that have not ended."""
    return (call for call in calls if not call.how)
