"""What a guard remembers of any sequence of accesses, and what a flood of them costs."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pytest_policy_contracts.contracts import GuardConfig, GuardMode, ViolationKind
from pytest_policy_contracts.environment.foreign_values import entries_of, read, text_of
from pytest_policy_contracts.environment.logs import silent_logs
from pytest_policy_contracts.environment.publishing import Publisher
from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.steps.any_example import for_any
from pytest_policy_contracts.steps.guarding import (
    BASICS,
    LIMIT_SECONDS,
    Access,
    create_guard,
    is_record,
    is_whole,
    listed,
    read_record,
    recent,
    require_ends,
)
from pytest_policy_contracts.verification.violations import ContractViolation, Ending, Precondition
from pytest_policy_contracts.verification.world import Style, World

EXAMPLES = 40
MOST_ROOM = 5
MOST_OPERATIONS = 12

DEFAULT_ROOM = GuardConfig().max_violations
FLOOD = 500
FLOOD_IN_ONE_CALL = 250
"""So many accesses are made in one call: a call may take only so many steps of the loop."""

BYTES_FOR_EACH = 48
"""More than that for each new tenant is an entry in something that grows; a key of a dict alone is larger."""

_READ = "read"
_MOMENTS = tuple(datetime(2020, 1, day, tzinfo=UTC) for day in (3, 1, 2))
"""Given timestamps that are in another order than the accesses: the record is in the order of arrival."""


# -- any sequence ---------------------------------------------------------------------------------------------------------


def try_any_sequence(world: World) -> None:
    """Compare what fresh guards remember with a bounded queue, for sequences that Hypothesis makes up and shrinks."""
    from hypothesis import strategies as st

    ids = st.sampled_from(("acme", "globex", "initech"))
    moments = st.sampled_from((None, *_MOMENTS))
    access = st.builds(Access, st.sampled_from(list(ViolationKind)), ids, st.just("umbrella"), timestamp=moments)
    if world.has("violations"):
        access |= _described(world).map(_as_access)
    operations = st.lists(st.one_of(access, st.just(_READ)), max_size=MOST_OPERATIONS)
    rooms = st.integers(1, MOST_ROOM)

    stuck: list[Ending] = []

    def compare(room: int, sequence: list[Any]) -> None:
        if stuck:
            return  # nothing more can be called, not even to shrink
        try:
            world.loop.complete(_compare(world, room, sequence), name="any sequence")
        except Ending as ending:
            if not world.is_stuck:
                raise
            stuck.append(ending)

    world.seen.disproof = None
    try:
        for_any(compare, rooms, operations, examples=EXAMPLES)
    except ContractViolation as smallest:
        world.seen.disproof = smallest
    if stuck:
        raise stuck[0]
    world.witness("sequences longer than the room were tried", getattr(world.seen, "overflowed", False))


def claim_always_queue(world: World) -> None:
    """Claim that no sequence was found after which something else than the newest was remembered."""
    if world.seen.disproof is not None:
        raise world.seen.disproof


def _described(world: World) -> Any:
    """Return the violations that the harness describes or names, as a strategy."""
    from hypothesis import strategies as st

    answer = world.loop.complete(world.ask("violations"), name="violations")
    if isinstance(answer, st.SearchStrategy):
        return answer
    if not is_record(answer) or not answer:
        raise HarnessError(
            f"{type(world.harness).__name__}.violations() returned {answer!r}; return a list of violations, or a Hypothesis "
            "strategy for one."
        )
    return st.sampled_from(list(answer))


def _as_access(violation: Any) -> Access:
    names = ("kind", "tenant_id", "target_id", "severity", "timestamp", "details")
    return Access(**{name: value for name in names if (value := getattr(violation, name, None)) is not None})


async def _compare(world: World, room: int, sequence: list[Any]) -> None:
    await create_guard(world, GuardConfig(GuardMode.LENIENT, {}, room))
    expected: deque[Access] = deque(maxlen=room)
    told = f"with room for {room}, after "
    for number, operation in enumerate([*sequence, _READ]):
        if operation == _READ:
            await _claim_queue(world, expected, told + (listed(o for o in sequence[:number] if o != _READ)))
            continue
        numbered = replace(operation, details={"number": number})
        attempt = await world.attempt(world.subject.validate_access, numbered.violation(), limit=LIMIT_SECONDS)
        if not attempt.accepted:
            raise Precondition(*BASICS, expected=f"a lenient guard allows {numbered}", observed=str(attempt))
        expected.append(numbered)
    world.seen.overflowed = getattr(world.seen, "overflowed", False) or len(sequence) > room


async def _claim_queue(world: World, expected: deque[Access], when: str) -> None:
    records = await read_record(world, when)
    if len(records) != len(expected) or not all(map(is_whole, records, expected)):
        raise ContractViolation(
            expected=f"the newest, the oldest first: {_numbered(expected)}",
            observed=_numbered(records),
            when=when,
        )


def _numbered(records: Any) -> str:
    shown = []
    for record in records:
        details = entries_of(read(record, "details")) or {}
        shown.append(f"access {text_of(details.get('number'))} ({listed([record])})")
    return ", ".join(shown) or "nothing"


async def overfill(world: World) -> None:
    """Hand in more violations than fit into the record of a guard with the default room."""
    await _pour(world, range(0, DEFAULT_ROOM + FLOOD_IN_ONE_CALL, FLOOD_IN_ONE_CALL))


async def claim_default_room(world: World) -> None:
    """Claim that no more are remembered than the default has room for."""
    records = await recent(world)
    if len(records) > DEFAULT_ROOM:
        raise ContractViolation(
            expected=f"at most {DEFAULT_ROOM} records, the default", observed=f"{len(records)} records"
        )


# -- a flood --------------------------------------------------------------------------------------------------------------


async def flood(world: World) -> None:
    """Hand in violations of ever new tenants, and measure how much memory each part of the flood took."""
    world.subject = await world.create(world.seen.config, Publisher(keeps=False))
    tracemalloc.start()
    # Who keeps log records, as pytest does, is not the guard.
    world.during_run(silent_logs())
    try:
        world.seen.memory = []
        for part in range(3):
            await _pour(world, range(part * FLOOD, (part + 1) * FLOOD, FLOOD_IN_ONE_CALL))
            await world.settle()
            gc.collect()
            own = sys.getsizeof(world.plan.choices.decisions)  # the suite's record of the run grows, too
            world.seen.memory.append(tracemalloc.get_traced_memory()[0] - own)
    finally:
        tracemalloc.stop()
    world.witness("a flood of new tenants was handed in", True)


async def _pour(world: World, begins: range) -> None:
    for begin in begins:
        pouring = _pouring(world, range(begin, begin + FLOOD_IN_ONE_CALL))
        require_ends([await world.attempt(pouring, limit=LIMIT_SECONDS)])


def _pouring(world: World, numbers: range) -> Callable[[], Any]:
    guard = world.subject

    def violation(number: int) -> Any:
        return Access(tenant_id=f"made-up-tenant-number-{number}", target_id=f"target-{number}").violation()

    def on_thread() -> None:
        for number in numbers:
            guard.validate_access(violation(number))

    async def as_task() -> None:
        for number in numbers:
            await guard.validate_access(violation(number))

    return as_task if world.style is Style.ASYNC else on_thread


def claim_bounded(world: World) -> None:
    """Claim that neither of two later parts of the flood took memory in proportion to its tenants."""
    first, second, third = world.seen.memory
    grown = min(second - first, third - second) / FLOOD
    if grown > BYTES_FOR_EACH:
        raise ContractViolation(
            expected="memory that does not grow with the number of tenants",
            observed=f"it grows by more than {BYTES_FOR_EACH} bytes for each new tenant",
        )
