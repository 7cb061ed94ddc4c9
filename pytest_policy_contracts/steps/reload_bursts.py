"""Requests at the same time: in which order they are served, what each is told, and what is left in the end."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from pytest_policy_contracts.contracts import ChangeKind, ConfigChange, ConfigDiff, OrchestratorConfig
from pytest_policy_contracts.steps import supplied_modules
from pytest_policy_contracts.steps.orchestrating import (
    ANSWERS,
    IN_ORDER,
    LIMIT_SECONDS,
    REFUSES,
    RELOADS,
    STOPPED_ERROR,
    Asking,
    answered,
    await_in_task,
    claim_accepted,
    claim_ended,
    create,
    ends_of,
    is_error,
    settled_events,
    supplied,
)
from pytest_policy_contracts.steps.supplied_modules import Behaviour, Call, SuppliedModule, obey
from pytest_policy_contracts.verification.attempts import Attempt, Ended
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

CALLERS = 3
BEHIND_A_BURST = (REFUSES, RELOADS, "ORC-002", "ORC-004", "ORC-009", IN_ORDER, ANSWERS, "ORC-014", "ORC-021")
"""The clauses that say what the model takes for granted."""

STEPS_OF_A_REQUEST = 400
"""More steps of the loop than a request may take; one that spins takes any number."""

_NUMBER = re.compile(r"\.request-(\d+)$")


# -- requests with numbers ------------------------------------------------------------------------------------------------


async def create_numbered(
    world: World,
    names: Sequence[str],
    *,
    config: OrchestratorConfig | None = None,
    starts: bool = True,
    seconds: float = 0.5,
) -> None:
    """Make an orchestrator with modules that know the requests by their numbers."""
    world.seen.behaviours = {}
    await create(world, [numbering(world, name, seconds) for name in names], config=config, starts=starts)


def number_all(world: World) -> None:
    """Let the modules know the requests by their numbers from here on."""
    world.seen.behaviours = {}
    for name, module in world.seen.modules.items():
        module.chooses = _chooser(world, name)


def numbering(world: World, name: str, seconds: float = 0.5) -> SuppliedModule:
    """Make a module that knows the requests by their numbers."""
    module = supplied(world, name, seconds=seconds)
    module.chooses = _chooser(world, name)
    return module


def _chooser(world: World, name: str) -> Callable[[Sequence[Any]], Behaviour]:
    def choose(changes: Sequence[Any]) -> Behaviour:
        number = forward_number(changes)
        behaviour: Behaviour = world.seen.behaviours.get((name, number), obey)
        return behaviour

    return choose


def numbered(world: World, number: int) -> ConfigDiff:
    """Return the changes of request `number`: to each module they add a setting of its own."""
    return ConfigDiff.of(ConfigChange.added(f"{name}.request-{number}", number) for name in world.seen.modules)


def number_of(changes: Iterable[Any]) -> int:
    """Return to which request changes belong; 0 where they belong to none."""
    found = (match for change in changes if (match := _NUMBER.search(change.path)))
    return next((int(match[1]) for match in found), 0)


def forward_number(changes: Sequence[Any]) -> int:
    """Return to which request changes belong; 0 where they take it back, too."""
    added = (change for change in changes if supplied_modules.is_of_kind(change, ChangeKind.ADDED))
    return number_of(added)


def calls_of(world: World, asking: Asking) -> list[Call]:
    """Return the reloads of modules that were made for a request, those that take it back included."""
    number = number_of(asking.diff.changes)
    return [call for call in world.seen.journal.reloads() if number_of(call.changes) == number]


# -- several callers ------------------------------------------------------------------------------------------------------


def require_place_at_call(world: World) -> None:
    """Leave an orchestrator whose calls do nothing until they are awaited to the clause about refusals."""
    if inspect.iscoroutinefunction(world.subject.request_reload):
        with left_to(REFUSES):
            raise ContractViolation(
                expected="the call of request_reload takes a place in the queue, or refuses",
                observed="request_reload is a coroutine function, and does nothing before it is awaited",
            )


async def ask_together(world: World, *others: Callable[[], Any], callers: int = CALLERS) -> list[Attempt]:
    """Let several callers make a request each, with others beside them."""
    require_place_at_call(world)
    world.seen.asked = [Asking(world, numbered(world, number)) for number in range(1, callers + 1)]
    functions = [*(_caller(world, asking) for asking in world.seen.asked), *others]
    attempts = await world.together([(one, ()) for one in functions], limit=LIMIT_SECONDS)
    world.witness("several callers were at it at the same time", _met(world.seen.asked))
    return attempts


def _caller(world: World, asking: Asking) -> Callable[[], Any]:
    async def ask() -> None:
        if asking.call():
            asking.task = world.loop.create_task(asking.wait(), name="request")
            await asyncio.wait([asking.task])

    return ask


def _met(askings: Sequence[Asking]) -> bool:
    return any(
        one.called < other.called < (one.returned or other.called + 1)
        for one in askings
        for other in askings
        if one is not other
    )


def stopper(world: World, seconds: float) -> Callable[[], Any]:
    """Make a caller that stops the orchestrator a little later."""

    async def stop() -> None:
        await asyncio.sleep(seconds)
        await answered(world.subject.stop())

    return stop


def canceller(world: World, number: int, seconds: float) -> Callable[[], Any]:
    """Make somebody who lets a caller give up a little later."""

    async def cancel() -> None:
        await asyncio.sleep(seconds)
        task = world.seen.asked[number].task
        if task is not None and not task.done():
            world.seen.given_up.add(number)
            task.cancel()

    return cancel


async def ask_in_turn(world: World, count: int) -> None:
    """Make requests one after the other in one step, and await their answers the last one first."""
    require_place_at_call(world)
    world.seen.asked = [Asking(world, numbered(world, number)) for number in range(1, count + 1)]
    accepted = [asking for asking in world.seen.asked if asking.call()]
    for asking in reversed(accepted):
        await_in_task(world, asking)
    await ends_of(world, *world.seen.asked)
    world.witness("several requests waited at the same time", _met(world.seen.asked))


# -- one at a time --------------------------------------------------------------------------------------------------------


def claim_one_at_a_time(world: World) -> None:
    """Claim that no module was called for a request while another one was being served, and the order of the calls."""
    served = [(asking, own) for asking in world.seen.asked if (own := calls_of(world, asking))]
    served.sort(key=lambda one: one[1][0].began)
    for (one, earlier), (other, later) in pairwise(served):
        open_ones = [
            call for call in earlier if not call.ended or call.ended > later[0].began or call.began > later[0].began
        ]
        if open_ones:
            raise ContractViolation(
                expected="one reload at a time",
                observed=f"{later[0].module} was called for {_name(other)} while {open_ones[0].module} was being called for "
                f"{_name(one)}",
            )
    order, wanted = (
        [_name(one) for one, _ in served],
        [_name(one) for one in sorted((a for a, _ in served), key=_called)],
    )
    if order != wanted:
        with left_to(*((REFUSES,) if inspect.iscoroutinefunction(world.subject.request_reload) else ())):
            raise ContractViolation(
                expected=f"served in the order of the calls: {', '.join(wanted)}",
                observed=f"served: {', '.join(order)}",
            )


def _called(asking: Asking) -> int:
    return asking.called


def _name(asking: Asking) -> str:
    return f"request {number_of(asking.diff.changes)}"


def claim_each_served_once(world: World) -> None:
    """Claim that each request was completed, and each module called once for it."""
    for asking in world.seen.asked:
        claim_accepted(asking)
        times = dict.fromkeys(world.seen.modules, 0)
        for call in calls_of(world, asking):
            times[call.module] += 1
        if "completed" not in asking.status or set(times.values()) != {1}:
            told = ", ".join(f"{name} called {count} times" for name, count in times.items())
            claim_ended(asking)
            raise ContractViolation(expected=f"{_name(asking)} is served once", observed=f"{told}; {asking}")


# -- exactly one outcome --------------------------------------------------------------------------------------------------


async def claim_exactly_one_outcome(world: World) -> None:
    """Claim that each accepted request has one outcome, and that it says what the modules show."""
    await settled_events(world)
    stopped = getattr(world.seen, "stops", False)
    for number, asking in enumerate(world.seen.asked):
        if asking.refusal is not None:
            if not (stopped and is_error(asking.refusal, STOPPED_ERROR)):
                claim_accepted(asking, REFUSES, RELOADS)
            continue
        if not asking.called:
            continue
        gave_up = number in getattr(world.seen, "given_up", ()) and asking.ended is Ended.CANCELLED
        if not asking.status and not gave_up:
            with left_to(*((REFUSES,) if asking.is_refused_late else ()), IN_ORDER):
                raise ContractViolation(expected=f"{_name(asking)} ends in an outcome", observed=str(asking))
        _claim_true(world, asking)
    _claim_never_twice(world)


def _claim_true(world: World, asking: Asking) -> None:
    number = number_of(asking.diff.changes)
    forward = [call.module for call in calls_of(world, asking) if forward_number(call.changes)]
    twice = [name for name in forward if forward.count(name) > 1]
    if twice:
        with left_to(RELOADS):
            observed = f"{twice[0]} was reloaded twice"
            raise ContractViolation(expected=f"{_name(asking)} is served once", observed=observed)
    holders = [name for name, one in world.seen.modules.items() if f"{name}.request-{number}" in one.settings]
    completed = "completed" in asking.status
    if not completed:
        holders = [name for name in holders if name not in asking.names("dirty")]
    if completed and len(holders) < len(world.seen.modules):
        observed = f"{asking}, and its changes are in {', '.join(holders) or 'no module'}"
        with left_to(RELOADS):
            raise ContractViolation(expected=f"{_name(asking)} has the outcome that is true", observed=observed)
    if not completed and asking.status and holders:
        with left_to("ORC-004", "ORC-005", "ORC-021"):
            observed = f"{asking}, and its changes are in {', '.join(holders)}"
            raise ContractViolation(expected=f"{_name(asking)} has the outcome that is true", observed=observed)


def _claim_never_twice(world: World) -> None:
    for context in world.loop.reported:
        if isinstance(context.get("exception"), asyncio.InvalidStateError):
            raise ContractViolation(
                expected="each request is answered once", observed="an answer was given a second time"
            )


# -- a burst and its model ------------------------------------------------------------------------------------------------


class Burst:
    """What the model says about each request of a burst, in the order of the calls, and about the modules in the end.

    `limits` always obeys; `cache` fails at times, and says in the second round that it cannot be reloaded; `routes` hangs at
    times and once ignores its cancellation.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.made = self.deaf_at = 0
        self.is_refused = self.is_quarantined = False
        self.settings: dict[str, dict[str, Any]] = {}
        self.expected: dict[int, str] = {}

    def next(self) -> ConfigDiff:
        """Return the changes of the next request, from the settings that the modules have when it is served."""
        self.made = number = self.made + 1
        mistake = self._mistake(number)
        self.expected[number] = "failed" if mistake else "completed"
        changes = list(self._changes(number))
        if mistake:
            self.world.seen.behaviours[mistake[0], number] = mistake[1]
            self.is_quarantined = self.is_quarantined or number == self.deaf_at
        else:
            self._take(changes)
        return ConfigDiff.of(changes)

    def _mistake(self, number: int) -> tuple[str, Behaviour] | None:
        """Return which module does what in a request, where it does not obey."""
        kind = number % 10
        if number == self.deaf_at:
            return "routes", supplied_modules.ignore_cancellation
        if kind in (3, 7) and not self.is_refused:
            return "cache", (supplied_modules.fail_half_now if kind == 3 else supplied_modules.fail_now)
        if kind == 5 and not self.is_quarantined:
            return "routes", supplied_modules.hang
        return None

    def _changes(self, number: int) -> Iterator[ConfigChange]:
        for name, settings in self.settings.items():
            yield ConfigChange.modified(f"{name}.version", settings.get(f"{name}.version", 0), number)
            yield ConfigChange.added(f"{name}.request-{number}", number)

    def _take(self, changes: Sequence[ConfigChange]) -> None:
        for name, settings in self.settings.items():
            is_skipped = (name == "cache" and self.is_refused) or (name == "routes" and self.is_quarantined)
            if not is_skipped:
                supplied_modules.apply(settings, (one for one in changes if one.path.startswith(f"{name}.")))


async def make_burst(world: World, requests: int, callers: int, rounds: int) -> None:
    """Let callers make requests at the same time, in rounds between which nothing is under way."""
    require_place_at_call(world)
    burst: Burst = world.seen.burst
    burst.deaf_at = requests * 3 // 4
    burst.settings = supplied_modules.settings_of(world.seen.modules.values())
    world.seen.asked = []
    each = requests // rounds // callers
    for number in range(rounds):
        burst.is_refused = world.seen.modules["cache"].refuses = number == 1
        calls = [(_requester(world, burst, each), ()) for _ in range(callers)]
        steps = STEPS_OF_A_REQUEST * each * callers
        for attempt in await world.together(calls, limit=LIMIT_SECONDS, steps=steps):
            if not attempt.accepted:
                with left_to(ANSWERS):
                    raise ContractViolation(expected="every caller comes to an end", observed=str(attempt))
        await settled_events(world)
    world.witness(f"{requests} requests were made", len(world.seen.asked) == each * callers * rounds)
    world.witness("several of them waited at the same time", _met(world.seen.asked[:20]))


def _requester(world: World, burst: Burst, count: int) -> Callable[[], Any]:
    async def request() -> None:
        own = []
        for number in range(count):
            asking = Asking(world, burst.next())
            world.seen.asked.append(asking)
            if asking.call():
                own.append(asking)
            if number % 2:
                await asyncio.sleep(0)
        for asking in own:
            await asking.wait()

    return request


def claim_as_modelled(world: World) -> None:
    """Claim that each request ended as the model says, and that each module has the settings that it has there."""
    burst: Burst = world.seen.burst
    unsure: set[str] = set()
    for number, asking in enumerate(world.seen.asked, 1):
        unsure |= {*asking.names("dirty"), *asking.names("quarantined")}
        if burst.expected[number] not in asking.status:
            with left_to(*BEHIND_A_BURST):
                raise ContractViolation(expected=f"request {number} is {burst.expected[number]}", observed=str(asking))
    for name, settings in burst.settings.items():
        if name not in unsure:
            with left_to(*BEHIND_A_BURST):
                _claim_in_state(name, settings, world.seen.modules[name])
    world.witness("modules were neither dirty nor quarantined", len(unsure) < len(burst.settings))


def _claim_in_state(name: str, settings: dict[str, Any], module: SuppliedModule) -> None:
    observed = module.settings
    if observed == settings:
        return
    missing = sorted(number_of_path(path) for path in settings.keys() - observed.keys())
    more = sorted(number_of_path(path) for path in observed.keys() - settings.keys())
    version = f"{name}.version"
    raise ContractViolation(
        expected=f"{name} has the settings of the last completed reload, version {settings.get(version)}",
        observed=f"version {observed.get(version)}, of requests {missing[:5] or 'none'} nothing, and of requests "
        f"{more[:5] or 'none'} what was to be rolled back",
    )


def number_of_path(path: str) -> int:
    """Return the number of the request to which a setting belongs."""
    found = _NUMBER.search(path)
    return int(found[1]) if found else 0
