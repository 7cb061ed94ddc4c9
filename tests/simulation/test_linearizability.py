"""The linearizability checker, against known histories and against trying every order."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Hashable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_policy_contracts.simulation.errors import SimulationError
from pytest_policy_contracts.simulation.linearizability import (
    Linearization,
    Operation,
    Recorder,
    SearchLimitError,
    check,
)


class Registers:
    """Registers that start at 0: `write` (key, value), `read` key, `swap` (key, value) returns the
    old value.
    """

    def initial(self) -> int:
        return 0

    def step(self, state: int, operation: Operation) -> tuple[bool, int]:
        if operation.name == "read":
            return operation.pending or operation.result == state, state
        legal = operation.name == "write" or operation.pending or operation.result == state
        return legal, operation.argument[1]

    def partition(self, operation: Operation) -> Hashable:
        key: Hashable = operation.argument if operation.name == "read" else operation.argument[0]
        return key


class OneRegister(Registers):
    """The same in one partition, as a single map of states."""

    def initial(self) -> Any:
        return ()

    def step(self, state: Any, operation: Operation) -> tuple[bool, Any]:
        values = dict(state)
        key = super().partition(operation)
        legal, values[key] = super().step(values.get(key, 0), operation)
        return legal, tuple(sorted(values.items()))

    def partition(self, operation: Operation) -> Hashable:
        return None


def operation(name: str, argument: Any, called: float, returned: float | None, result: Any = None) -> Operation:
    return Operation("p", name, argument, called, returned, result)


def precedes(first: Operation, second: Operation) -> bool:
    return first.returned_at is not None and first.returned_at < second.called_at


def explains(model: Any, order: Sequence[Operation]) -> bool:
    """Whether the order respects the times and every step of the model, all partitions together."""
    for earlier, later in itertools.combinations(order, 2):
        if precedes(later, earlier):
            return False
    states: dict[Hashable, Any] = {}
    for one in order:
        key = model.partition(one)
        legal, states[key] = model.step(states.get(key, model.initial()), one)
        if not legal:
            return False
    return True


def explicable(model: Any, operations: Sequence[Operation]) -> bool:
    """By brute force: any subset of the pending operations, in any order."""
    completed = [one for one in operations if not one.pending]
    pending = [one for one in operations if one.pending]
    return any(
        explains(model, order)
        for count in range(len(pending) + 1)
        for happened in itertools.combinations(pending, count)
        for order in itertools.permutations([*completed, *happened])
    )


def test_a_sequential_history_is_its_own_order() -> None:
    """Operations one after the other are explained by the order they were called in."""
    history = [operation("write", ("k", 1), 1, 2), operation("read", "k", 3, 4, 1)]
    assert check(Registers(), history) == Linearization(True, tuple(history))
    assert check(Registers(), []) == Linearization(True, ())


def test_a_stale_read_is_not_explained() -> None:
    """A read that returns what was overwritten before it began is named, with what led to it."""
    history = [
        operation("write", ("k", 1), 1, 2),
        operation("write", ("k", 2), 3, 4),
        operation("read", "k", 5, 6, 1),
        operation("read", "k", 7, 8, 2),
    ]
    seen = check(Registers(), history)
    assert not seen.ok
    assert seen.order == tuple(history[:2])
    assert (seen.unexplained, seen.partition) == (history[2], "k")
    assert "read('k') -> 1  [5, 6]" in seen.describe()


def test_concurrent_operations_may_take_either_order() -> None:
    """A read beside a write may see the value before or after it, and nothing else."""
    write = operation("write", ("k", 1), 1, 4)
    assert check(Registers(), [write, operation("read", "k", 2, 3, 0)]).ok
    assert check(Registers(), [write, operation("read", "k", 2, 3, 1)]).ok
    assert not check(Registers(), [write, operation("read", "k", 2, 3, 2)]).ok


def test_the_same_operations_in_another_order_are_another_case() -> None:
    """Two concurrent writes leave either value, though both orders hold the same operations."""
    writes = [operation("write", ("k", 1), 1, 4), operation("write", ("k", 2), 2, 3)]
    for result, last in ((1, 0), (2, 1)):
        read = operation("read", "k", 5, 6, result)
        assert check(Registers(), [*writes, read]).order[1:] == (writes[last], read)
    assert not check(Registers(), [*writes, operation("read", "k", 5, 6, 0)]).ok


def test_a_pending_operation_may_have_happened_or_not() -> None:
    """A write that never returned explains both values, but not before its call."""
    write = operation("write", ("k", 1), 3, None)
    for result in (0, 1):
        assert check(Registers(), [write, operation("read", "k", 4, 5, result)]).ok
    assert not check(Registers(), [write, operation("read", "k", 1, 2, 1)]).ok
    flickering = [operation("read", "k", 4, 5, 1), operation("read", "k", 6, 7, 0)]
    assert check(Registers(), [write, *flickering]).unexplained == flickering[1]


def test_the_unexplained_operation_is_where_the_history_breaks() -> None:
    """The operation named is the one whose return left no order, not merely one left over."""
    history = [
        operation("swap", ("k", 1), 1, 10, 0),
        operation("swap", ("k", 2), 2, 9, 0),
        operation("read", "k", 11, 12, 2),
    ]
    assert check(Registers(), history).unexplained == history[0]


OPERATIONS = st.builds(
    lambda name, key, value, start, length, result: Operation(
        "p",
        name,
        key if name == "read" else (key, value),
        start,
        None if length is None else start + length,
        None if length is None or name == "write" else result,
    ),
    st.sampled_from(["read", "write", "swap"]),
    st.sampled_from("aab"),
    st.integers(1, 2),
    st.integers(0, 6),
    st.sampled_from([None, 0, 1, 2, 3, 4, 6, 8]),
    st.integers(0, 2),
)


@settings(deadline=None, max_examples=300, derandomize=True, database=None)
@given(st.lists(OPERATIONS, min_size=1, max_size=6))
def test_the_verdict_is_that_of_trying_every_order(history: list[Operation]) -> None:
    """On small histories the search agrees with brute force, and its evidence holds."""
    expected = explicable(Registers(), history)
    seen = check(Registers(), history)
    assert seen.ok is expected
    assert check(OneRegister(), history).ok is expected
    assert explains(Registers(), seen.order)
    if expected:
        assert {one for one in history if not one.pending} <= set(seen.order)
    else:
        assert_breaks_at(history, seen)


def assert_breaks_at(history: list[Operation], seen: Linearization) -> None:
    broken = seen.unexplained
    assert broken is not None and broken.returned_at is not None
    part = [one for one in history if Registers().partition(one) == seen.partition]
    known = [one for one in part if one.called_at <= broken.returned_at]
    returned = [one for one in known if one.returned_at is not None and one.returned_at <= broken.returned_at]
    assert not explicable(Registers(), [*returned, *_as_pending(known, returned)])
    earlier = [one for one in returned if one.returned_at != broken.returned_at]
    assert explicable(Registers(), [*earlier, *_as_pending(known, earlier)])


def _as_pending(known: list[Operation], returned: list[Operation]) -> list[Operation]:
    return [Operation(one.process, one.name, one.argument, one.called_at) for one in known if one not in returned]


def test_the_same_history_gives_the_same_answer() -> None:
    """Nothing in the answer depends on chance, nor on the order the operations are given in."""
    history = [operation("swap", ("k", n % 3), n % 4, 5 + n % 4, (n * 7) % 3) for n in range(8)]
    assert check(Registers(), history) == check(Registers(), history)


def test_partitions_are_searched_one_by_one() -> None:
    """Keys that do not meet cost their sum, not their product, and merge into one order."""
    history = [
        operation("swap", (key, value), value, 100 + value, value - 1) for key in "abcdefgh" for value in range(1, 7)
    ]
    seen = check(Registers(), history, limit=100)
    assert seen.ok and len(seen.order) == len(history)
    assert explains(Registers(), seen.order)
    with pytest.raises(SearchLimitError):
        check(OneRegister(), history[::-1], limit=30)


def test_the_limit_is_an_error_and_never_a_verdict() -> None:
    """A search that is given up says so, with the numbers and the remedy."""
    history = [operation("swap", ("k", n), n, 100, n + 50) for n in range(12)]
    with pytest.raises(SearchLimitError, match="no verdict after 5 steps on 12 operations"):
        check(Registers(), history, limit=5)


def test_a_long_history_with_little_concurrency_is_quick() -> None:
    """The work grows with the concurrency, not with the square of the length."""
    history = [operation("swap", ("k", n + 1), n, n + 2.5, n) for n in range(3000)]
    assert check(Registers(), history, limit=20_000).ok


def test_an_unhashable_state_is_refused_with_the_remedy() -> None:
    """A model that keeps a list or dict as its state is told what to use."""

    class Unhashable(Registers):
        def step(self, state: Any, operation: Operation) -> tuple[bool, Any]:
            return True, [state]

    with pytest.raises(SimulationError, match="state is a list, which cannot be hashed; use tuples"):
        check(Unhashable(), [operation("read", "k", 1, 2)])


def test_the_recorder_orders_calls_and_returns() -> None:
    """Results and errors are part of the history, and the events make one sequence."""
    recorder = Recorder()
    done = recorder.call("one", "read", "k", lambda: 5)
    failed = recorder.call("two", "read", "k", lambda: 1 // 0)
    assert recorder.operations == (done, failed)
    assert (done.called_at, done.returned_at, done.result, done.error) == (1, 2, 5, None)
    assert (failed.called_at, failed.returned_at, failed.error) == (3, 4, "ZeroDivisionError")
    assert str(failed) == "two: read('k') -> ZeroDivisionError  [3, 4]"


def test_a_cancelled_call_stays_pending() -> None:
    """A call that was cancelled may have happened or not; the cancellation goes on its way."""
    recorder = Recorder()

    async def main() -> None:
        async def answer() -> int:
            return 7

        never = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(recorder.call_async("one", "read", "k", lambda: never))
        await asyncio.sleep(0)
        await recorder.call_async("two", "read", "k", answer)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    first, second = recorder.operations
    assert first.pending and str(first) == "one: read('k') -> ?  [1, ..]"
    assert (second.called_at, second.returned_at, second.result) == (2, 3, 7)


def test_a_process_level_exit_stays_pending() -> None:
    """A sync call that ends in no `Exception` is raised and stays pending."""
    recorder = Recorder()
    with pytest.raises(SystemExit):
        recorder.call("one", "stop", None, lambda: (_ for _ in ()).throw(SystemExit()))
    assert recorder.operations[0].pending
