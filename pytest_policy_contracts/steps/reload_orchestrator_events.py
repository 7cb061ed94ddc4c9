"""The vocabulary of the contract ReloadOrchestrator: events, publishers and secrets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

from pytest_policy_contracts.contracts import ConfigChange, ConfigDiff
from pytest_policy_contracts.environment import publishing
from pytest_policy_contracts.environment.foreign_values import read, repr_of
from pytest_policy_contracts.environment.logs import recorded_logs, texts_of_error
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.steps import cloud_events, reload_events, secrecy, supplied_modules
from pytest_policy_contracts.steps.orchestrating import (
    RELOADS,
    Asking,
    ask,
    changes_for,
    claim_completed,
    claim_ended,
    claim_status,
    create,
    ends_of,
    last_module,
    learn_order,
    note_settings,
    place,
    require_abandoned,
    settled_events,
    stop,
)
from pytest_policy_contracts.steps.vocabulary import given, then, when
from pytest_policy_contracts.verification.snapshots import same
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

OLD_SECRET, NEW_SECRET = "correct-horse-battery", "tr0ub4dor-and-3-more"
OLD_TOKEN, NEW_TOKEN = "token-4711-old-and-long", "token-4712-new-and-long"


# -- events ---------------------------------------------------------------------------------------------------------------


@when("a request is {ended}")
async def _(world: World, ended: str) -> None:
    note_settings(world)
    await _KINDS[ended](world)
    world.witness("a request was made", True)


async def _completed(world: World) -> None:
    claim_ended(await ask(world, changes_for(world)))


async def _completed_at_once(world: World) -> None:
    for module in world.seen.modules.values():
        module.seconds = 0.0
    claim_ended(await ask(world, changes_for(world)))


async def _failed(world: World) -> None:
    last_module(world).script.append(supplied_modules.fail_half_way)
    claim_ended(await ask(world, changes_for(world)))


async def _without_changes(world: World) -> None:
    claim_ended(await ask(world, ConfigDiff()))


async def _cancelled(world: World) -> None:
    last_module(world).script.append(supplied_modules.hang)
    asking = place(world, changes_for(world))
    await world.pass_time(3.0)
    if asking.task is not None:
        asking.task.cancel()
    await world.settle(60.0)


async def _panicked(world: World) -> None:
    last_module(world).script.append(supplied_modules.panic(supplied_modules.Panic("nobody has foreseen this")))
    claim_status(await ask(world, changes_for(world)), "failed", "ORC-007")


async def _deaf(world: World) -> None:
    last_module(world).script.append(supplied_modules.ignore_cancellation)
    last_module(world).timeout = timedelta(seconds=2)
    asking = await ask(world, changes_for(world))
    require_abandoned(asking)


async def _stopped(world: World) -> None:
    last_module(world).script.append(supplied_modules.hang)
    asking = place(world, changes_for(world))
    await world.pass_time(3.0)
    await stop(world)
    await ends_of(world, asking)


_KINDS: dict[str, Callable[[World], Awaitable[None]]] = {
    "completed": _completed,
    "failed": _failed,
    "without changes": _without_changes,
    "cancelled while it runs": _cancelled,
    "failed by a panic": _panicked,
    "failed by a deaf module": _deaf,
    "stopped while it runs": _stopped,
    "completed without any waiting": _completed_at_once,
}


@given("an orchestrator with three modules, and a publisher that {fault}")
async def _(world: World, fault: str) -> None:
    publishers: dict[str, Callable[[], Publisher]] = {
        "raises": lambda: Publisher(fault=publishing.raising),
        "returns an awaitable": lambda: Publisher(awaitable=True),
        "returns an awaitable that raises": lambda: Publisher(awaitable=True, fault=publishing.raising),
        "returns an awaitable that takes 60 seconds": lambda: Publisher(
            awaitable=True, fault=publishing.slow_awaitable
        ),
    }
    await create(world, publisher=publishers[fault]())
    world.seen.order = list(world.seen.modules)


@when("requests of every kind are made")
async def _(world: World) -> None:
    world.seen.asked.clear()
    for kind in ("completed", "failed", "without changes", "completed", "cancelled while it runs"):
        await _KINDS[kind](world)
        last_module(world).script.clear()
    together = [place(world, changes_for(world)) for _ in range(3)]
    await ends_of(world, *together)
    for asking in together:
        claim_ended(asking)
    world.witness("requests were made", len(world.seen.asked) == 8)


@then("each started event is followed by exactly one that tells the end")
async def _(world: World) -> None:
    reload_events.claim_one_end_each(await reload_events.new_events(world))


@then("every event is valid, has an id of its own and the correlation id of its request")
async def _(world: World) -> None:
    events = await reload_events.new_events(world)
    reload_events.claim_valid(events)
    reload_events.claim_one_correlation_each(events, [one for one in world.seen.asked if one.accepted])


@then("the events are {kinds}")
async def _(world: World, kinds: str) -> None:
    reload_events.claim_kinds(await reload_events.new_events(world), kinds.split())


@when("requests are made of which one is completed, one fails, one has no changes and one is completed again")
async def _(world: World) -> None:
    world.seen.results = []
    await _note_result(world, "completed", _completed)
    await _note_result(world, "failed", _failed)
    await _note_result(world, "noop", _without_changes)
    last_module(world).script.clear()
    await _note_result(world, "completed", _completed)
    world.witness("requests were made", True)


async def _note_result(world: World, status: str, request: Callable[[World], Awaitable[None]]) -> None:
    before = supplied_modules.settings_of(world.seen.modules.values())
    await request(world)
    after = supplied_modules.settings_of(world.seen.modules.values())
    asking: Asking = world.seen.asked[-1]
    clean = [name for name in before if name not in asking.names("dirty")]
    world.seen.results.append((status, asking, all(same(before[name], after[name]) for name in clean)))


@then("each of them ended as it does with a publisher in order")
async def _(world: World) -> None:
    for number, (status, asking, is_unchanged) in enumerate(world.seen.results, 1):
        clauses = {"noop": ("ORC-003",), "failed": ("ORC-004",)}.get(status, (RELOADS,))
        claim_ended(asking)
        if status not in asking.status or is_unchanged is (status == "completed"):
            observed = f"the settings are {'as before' if is_unchanged else 'changed'}: {asking}"
            with left_to(*clauses):
                raise ContractViolation(expected=f"request {number} ends as {status}", observed=observed)


# -- secrets --------------------------------------------------------------------------------------------------------------


@given("an orchestrator with three modules, and the log recorded at every level")
async def _(world: World) -> None:
    world.memo.setdefault("redactions", [])[:] = [OLD_SECRET, NEW_SECRET, OLD_TOKEN, NEW_TOKEN]
    await create(world)
    await learn_order(world)
    world.seen.secrets = [OLD_SECRET, NEW_SECRET, OLD_TOKEN, NEW_TOKEN]
    world.seen.attempts = []
    world.seen.records = world.during_run(recorded_logs())


@when("changes with secrets are requested, and the reload {ends}")
async def _(world: World, ends: str) -> None:
    *others, last = world.seen.order
    if ends != "is completed":
        world.seen.modules[last].script += (supplied_modules.fail_quoting, supplied_modules.obey)
    if "so does the rollback" in ends:
        for name in others:
            world.seen.modules[name].script += (supplied_modules.obey, supplied_modules.fail_quoting)
    found = []
    for name, module in world.seen.modules.items():
        module.settings[f"{name}.password"] = OLD_SECRET
        module.settings[f"{name}.access"] = {"user": "orders", "token": OLD_TOKEN}
        found.append(ConfigChange.modified(f"{name}.password", OLD_SECRET, NEW_SECRET, sensitive=True))
        new = {"user": "orders", "token": NEW_TOKEN}
        found.append(ConfigChange.modified(f"{name}.access", module.settings[f"{name}.access"], new, sensitive=True))
    world.seen.asking = await ask(world, ConfigDiff.of(found))
    if ends == "is completed":
        claim_completed(world.seen.asking)
    else:
        claim_status(world.seen.asking, "failed", "ORC-004")
    world.witness("changes with secrets were requested", True)


@then("no secret appears in an event, in the log or in the outcome")
async def _(world: World) -> None:
    events = await settled_events(world)
    secrecy.claim_no_secret_in(world, (*_texts_of_events(events), *_texts_of_outcome(world.seen.asking)))


def _texts_of_events(events: list[Any]) -> Iterator[tuple[str, str]]:
    for event in events:
        told = repr_of((event, cloud_events.attributes_of(event), cloud_events.data_of(event)))
        yield f"an event {cloud_events.kind_of(event)}", told


def _texts_of_outcome(asking: Asking) -> Iterator[tuple[str, str]]:
    yield "the outcome", repr_of(asking.outcome)
    error = read(asking.outcome, "error")
    if isinstance(error, BaseException):
        yield from ((f"{what} in the outcome", text) for what, text in texts_of_error(error))
