"""Accesses at the same time, from tasks and from threads: what is remembered of them, and what is decided."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from pytest_policy_contracts.contracts import ViolationKind
from pytest_policy_contracts.environment.foreign_values import read, repr_of
from pytest_policy_contracts.simulation.history import Operation, Recorder
from pytest_policy_contracts.simulation.linearizability import check
from pytest_policy_contracts.steps.guarding import (
    LIMIT_SECONDS,
    OTHER_KINDS,
    Access,
    claim_allowed,
    claim_denied,
    is_record,
    is_whole,
    listed,
    recent,
    require_ends,
)
from pytest_policy_contracts.steps.guarding import HandedIn as Decided
from pytest_policy_contracts.verification.attempts import Attempt, Ended, describe_error, outcome_of_error
from pytest_policy_contracts.verification.violations import ContractViolation
from pytest_policy_contracts.verification.world import Style, World

CALLERS = 3
ACCESSES_OF_A_CALLER = 2
READERS = 2
UNREADABLE = ("?",)

TENANTS = 50
BURST = 10_000
A_ROUND = 250
A_MOMENT_SECONDS = 0.001
STEPS_OF_AN_ACCESS = 100
"""More steps of the loop than an access may take on average; one that spins takes any number."""

THREADS = 5
"""So many threads share the tenants of a burst that are not served by tasks."""


Asked = tuple[Access, Any, bool]
"""An access, the violation that stands for it, and whether it is to be allowed."""

Round = list[list[Asked]]
"""What each tenant asks at the same time as the others."""


# -- remembering ----------------------------------------------------------------------------------------------------------


def _unlike_accesses() -> list[list[Access]]:
    """Return for each caller accesses of which no part is like that of another one."""
    kinds = list(ViolationKind)
    return [
        [
            Access(
                kind=kinds[(caller + number) % len(kinds)],
                tenant_id=f"tenant-{caller}{number}",
                target_id=f"target-{caller}{number}",
                details={"access": [caller, number]},
            )
            for number in range(ACCESSES_OF_A_CALLER)
        ]
        for caller in range(CALLERS)
    ]


async def hand_in_together(world: World, readers: int = 0) -> None:
    """Let several callers hand in their accesses at the same time, with others who read what is remembered."""
    world.seen.history = recorder = Recorder()
    world.seen.unlike = {access.tenant_id: access for own in _unlike_accesses() for access in own}
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (_caller(world, recorder, f"caller {number}", own), ())
        for number, own in enumerate(_unlike_accesses(), 1)
    ]  # fmt: skip
    calls += [(_reader(world, recorder, f"reader {number}"), ()) for number in range(1, readers + 1)]
    attempts = await world.together(calls, limit=LIMIT_SECONDS)
    require_ends(attempts)
    world.witness("several callers were at it at the same time", len({one.process for one in recorder.operations}) > 1)


def _caller(world: World, recorder: Recorder, name: str, accesses: Sequence[Access]) -> Callable[[], Any]:
    guard = world.subject

    def on_thread() -> None:
        for access in accesses:
            recorder.call(name, "access", access.tenant_id, lambda own=access: guard.validate_access(own.violation()))  # type: ignore[misc]

    async def as_task() -> None:
        for access in accesses:
            await recorder.call_async(
                name,
                "access",
                access.tenant_id,
                lambda own=access: guard.validate_access(own.violation()),  # type: ignore[misc]
            )

    return as_task if world.style is Style.ASYNC else on_thread


def _reader(world: World, recorder: Recorder, name: str) -> Callable[[], Any]:
    guard = world.subject

    async def awaited() -> Any:
        answer = guard.recent_violations()
        return await answer if inspect.isawaitable(answer) else answer

    def on_thread() -> None:
        recorder.call(name, "read", None, guard.recent_violations)

    async def as_task() -> None:
        await recorder.call_async(name, "read", None, awaited)

    return as_task if world.style is Style.ASYNC else on_thread


async def claim_each_once(world: World) -> None:
    """Claim that every access is remembered once, with everything that belongs to it."""
    records = await recent(world)
    times = Counter(_label_of(world, record) for record in records)
    for access in world.seen.unlike.values():
        if times[access.tenant_id] != 1:
            observed = f"{times[access.tenant_id]} times; recorded: {listed(records)}"
            raise ContractViolation(expected=f"recorded once: {access}", observed=observed)
    if len(records) != len(world.seen.unlike):
        torn = [record for record in records if _label_of(world, record) == UNREADABLE]
        expected = f"{len(world.seen.unlike)} whole records"
        raise ContractViolation(expected=expected, observed=f"{len(records)}, of which torn: {listed(torn)}")


async def claim_newest(world: World) -> None:
    """Claim that what is remembered at the end is what some order of the accesses leaves."""
    records = await recent(world)
    last = max(one.returned_at or 0 for one in world.seen.history.operations)
    history = [one for one in world.seen.history.operations if one.name == "access"]
    history.append(Operation("observer", "read", None, last + 1, last + 2, result=records))
    _claim_explained(world, history)


async def claim_whole_readings(world: World) -> None:
    """Claim that every reading is what some order of the accesses and readings would have shown."""
    for one in world.seen.history.operations:
        if one.name == "read" and (one.error is not None or not is_record(one.result)):
            observed = f"{one.process} got {describe_error(one.error) if one.error else repr_of(one.result)}"
            raise ContractViolation(expected="every reading answers a sequence", observed=observed)
    _claim_explained(world, world.seen.history.operations)


def _claim_explained(world: World, history: Sequence[Operation]) -> None:
    labelled = [_labelled(world, one) for one in history]
    found = check(_BoundedQueue(world.seen.config.max_violations), labelled)
    if not found.ok:
        read = "; ".join(f"{one.process} read {_shown(one.result)}" for one in labelled if one.name == "read")
        expected = f"the newest {world.seen.config.max_violations} of some order of the accesses, the oldest first"
        raise ContractViolation(expected=expected, observed=read)


def _shown(labels: Any) -> str:
    return ", ".join("a torn record" if one == UNREADABLE else str(one) for one in labels) or "nothing"


def _labelled(world: World, one: Operation) -> Operation:
    if one.name != "read":
        return Operation(one.process, one.name, one.argument, one.called_at, one.returned_at)
    labels = tuple(_label_of(world, record) for record in one.result)
    return Operation(one.process, one.name, None, one.called_at, one.returned_at, result=labels)


def _label_of(world: World, record: Any) -> Any:
    tenant = read(record, "tenant_id")
    access = world.seen.unlike.get(tenant) if isinstance(tenant, str) else None
    return access.tenant_id if access is not None and is_whole(record, access) else UNREADABLE


class _BoundedQueue:
    """The sequential model: the labels of the newest accesses."""

    def __init__(self, room: int) -> None:
        self._room = room

    def initial(self) -> tuple[Any, ...]:
        return ()

    def partition(self, operation: Operation) -> Hashable:
        return None

    def step(self, state: tuple[Any, ...], operation: Operation) -> tuple[bool, tuple[Any, ...]]:
        if operation.name == "read":
            return state == operation.result, state
        return True, (*state, operation.argument)[-self._room :]


# -- deciding -------------------------------------------------------------------------------------------------------------


def burst_whitelist() -> dict[str, list[str]]:
    """Return a mapping in which every second tenant may reach the next one."""
    return {_tenant(number): [_tenant(number + 1)] for number in range(0, TENANTS, 2)}


def _tenant(number: int) -> str:
    return f"tenant-{number % TENANTS:02}"


def _mixed(tenant: int, number: int) -> tuple[Access, bool]:
    """Return access `number` of a tenant, and whether it is to be allowed."""
    own, kind = _tenant(tenant), number % 7
    if kind == 0:
        return Access(tenant_id=own, target_id=own), True
    if kind == 1:
        return Access(tenant_id=own, target_id=_tenant(tenant + 1)), not tenant % 2
    if kind == 2:
        return Access(tenant_id=own, target_id=_tenant(tenant - 1)), False
    if kind == 3:
        return Access(tenant_id=own, target_id=_tenant(tenant + 2 + number % 40)), False
    return Access(kind=OTHER_KINDS[kind % 3], tenant_id=own, target_id=_tenant(tenant + 1)), False


class Decisions:
    """What one caller has to ask, and which answers were not the expected ones."""

    def __init__(self, guard: Any, asked: Sequence[Asked], yields: bool) -> None:
        self._guard = guard
        self._asked = asked
        self._yields = yields
        self.made = 0
        self.wrong: list[Decided] = []

    def on_thread(self) -> None:
        """Ask everything from the calling thread."""
        for access, violation, allowed in self._asked:
            try:
                self._guard.validate_access(violation)
            except Exception as error:
                self._note(access, violation, allowed, error)
            else:
                self._note(access, violation, allowed, None)

    async def as_task(self) -> None:
        """Ask everything from a task, which lets others run in between."""
        for access, violation, allowed in self._asked:
            try:
                answer = self._guard.validate_access(violation)
                if inspect.isawaitable(answer):
                    await answer
            except Exception as error:
                self._note(access, violation, allowed, error)
            else:
                self._note(access, violation, allowed, None)
            if self._yields:
                await asyncio.sleep(0)

    def _note(self, access: Access, violation: Any, allowed: bool, error: Exception | None) -> None:
        self.made += 1
        if allowed is not (error is None):
            ended = Ended.RETURNED if error is None else outcome_of_error(error)
            self.wrong.append(Decided(access, violation, Attempt(ended, error=error)))


async def make_mixed_accesses(world: World, tenants: int, accesses: int) -> None:
    """Let tenants make accesses at the same time: from tasks, and for a synchronous guard from threads and tasks together.

    Large numbers are made in rounds, so that a guard that spins is told from one that has much to do.
    """
    rounds: list[Round] = await world.remember(f"{accesses} accesses", lambda: _prepared(tenants, accesses))
    world.seen.decisions = []
    for asked in rounds:
        deciding = [Decisions(world.subject, own, yields=tenants <= CALLERS) for own in asked]
        world.seen.decisions += deciding
        calls = [(one.as_task, ()) for one in deciding] if world.style is Style.ASYNC else _on_threads(deciding)
        steps = STEPS_OF_AN_ACCESS * sum(map(len, asked))
        require_ends(await world.together(calls, limit=LIMIT_SECONDS, steps=steps))
        await asyncio.sleep(A_MOMENT_SECONDS)
    made = sum(one.made for one in world.seen.decisions)
    world.witness(f"{accesses} accesses were decided", made == accesses)


async def _prepared(tenants: int, accesses: int) -> list[Round]:
    every = [[_asked(tenant, number) for number in range(accesses // tenants)] for tenant in range(tenants)]
    longest = max(1, A_ROUND // tenants)
    return [
        [own[begin : begin + longest] for own in every] for begin in range(0, accesses // tenants, longest)
    ]  # fmt: skip


def _asked(tenant: int, number: int) -> Asked:
    access, allowed = _mixed(tenant, number)
    return access, access.violation(), allowed


def _on_threads(decisions: Sequence[Decisions]) -> list[tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Return calls that share the tenants: some of them on threads, the last fifth as tasks of a loop of their own."""
    if len(decisions) <= CALLERS:
        return [(one.on_thread, ()) for one in decisions]
    by_tasks = decisions[-len(decisions) // 5 :]
    by_threads = decisions[: -len(by_tasks)]

    def in_turn(own: Sequence[Decisions]) -> None:
        for one in own:
            one.on_thread()

    def in_tasks() -> None:
        asyncio.run(_gathered(by_tasks))

    shares = [by_threads[number::THREADS] for number in range(THREADS)]
    return [*((in_turn, (share,)) for share in shares), (in_tasks, ())]


async def _gathered(decisions: Sequence[Decisions]) -> None:
    await asyncio.gather(*(one.as_task() for one in decisions))


def claim_expected_decisions(world: World) -> None:
    """Claim that every decision was the expected one."""
    for one in (wrong for decisions in world.seen.decisions for wrong in decisions.wrong):
        total = sum(len(decisions.wrong) for decisions in world.seen.decisions)
        when = f"{total} of {sum(decisions.made for decisions in world.seen.decisions)} decisions are not the expected ones"
        (claim_denied if one.attempt.accepted else claim_allowed)(one, when)
