"""Whether a concurrent history is one that a sequential specification explains.

The search of Wing and Gong with Lowe's memoisation: extend an order by any operation that may come
next, never visit the same set of operations with the same state twice. Keys that do not influence
each other are searched one by one (Horn and Kroening). Deterministic. Rules: a history is refused
as too large (`SearchLimitError`) rather than judged wrongly; an operation that has not returned may
have happened or not. Keep histories to about 20 operations per key.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from pytest_policy_contracts.simulation.errors import SimulationError
from pytest_policy_contracts.simulation.history import Operation, Recorder

__all__ = ["Linearization", "Model", "Operation", "Recorder", "SearchLimitError", "check"]

State = TypeVar("State")

DEFAULT_LIMIT = 2_000_000
"""How many model steps a search may take before it gives up; some seconds."""


class SearchLimitError(SimulationError):
    """The history has too many interleavings to be judged."""


class Model(Protocol[State]):
    """A sequential specification. States are hashable values; `step` changes nothing, it returns
    the next state.
    """

    def initial(self) -> State:
        """Return the state before the first operation."""

    def step(self, state: State, operation: Operation) -> tuple[bool, State]:
        """Tell whether the operation may end as it did in `state`, and return the state after it.

        The outcome of a `pending` operation is unknown: whatever it might have been is legal.
        """

    def partition(self, operation: Operation) -> Hashable:
        """Return what the operation concerns; operations of different partitions must not influence
        each other.
        """


@dataclass(frozen=True, slots=True)
class Linearization:
    """The verdict: `ok` and an `order` that explains the history, else the longest order found and
    what it cannot hold.
    """

    ok: bool
    order: tuple[Operation, ...]
    """When ok, all completed operations (and those pending ones that must have happened) in an
    order the model allows; else the longest such order found in the partition that has none."""
    unexplained: Operation | None = None
    """The operation that no order explains: up to just before its return there is one, with its
    return there is none.
    """
    partition: Hashable = None
    """The partition of `unexplained`."""

    def describe(self) -> str:
        """Return the verdict as text, one operation per line."""
        lines = [f"  {operation}" for operation in self.order]
        if self.ok:
            return "\n".join(["explained by this order:", *lines])
        last = [f"  {self.unexplained}"] if self.unexplained else []
        return "\n".join(["no order explains", *last, "the longest order found without it:", *lines])


def check(model: Model[Any], operations: Sequence[Operation], *, limit: int = DEFAULT_LIMIT) -> Linearization:
    """Search an order of `operations` that respects their times and that `model` allows.

    Raises `SearchLimitError` after `limit` model steps in one partition, and `SimulationError` when
    a state is not hashable.
    """
    parts: dict[Hashable, list[Operation]] = {}
    for operation in operations:
        parts.setdefault(model.partition(operation), []).append(operation)
    orders: list[list[Operation]] = []
    for key, part in parts.items():
        ok, order = _search(model, part, limit)
        if not ok:
            return Linearization(False, tuple(order), _unexplained(model, part, limit), key)
        orders.append(order)
    return Linearization(True, tuple(_merged(orders)))


@dataclass(frozen=True, slots=True)
class _Node:
    """An order, as its last operation and what came before. `done` has bit i for operation `first +
    i`.
    """

    first: int
    done: int
    state: Any
    left: int
    length: int = 0
    last: int = -1
    before: _Node | None = None


class _Search:
    def __init__(self, model: Model[Any], operations: Sequence[Operation], limit: int) -> None:
        self.operations = sorted(operations, key=lambda operation: operation.called_at)
        self._model = model
        self._limit = limit
        self._steps = 0
        self._seen: set[Any] = set()
        self._called = [operation.called_at for operation in self.operations]
        self._returned = [
            float("inf") if operation.returned_at is None else operation.returned_at for operation in self.operations
        ]

    def run(self) -> tuple[bool, _Node]:
        """Return whether an order of all completed operations exists, and that order or the longest
        found.
        """
        completed = sum(not operation.pending for operation in self.operations)
        best = _Node(0, 0, self._model.initial(), completed)
        stack = [best]
        while stack:
            node = stack.pop()
            if node.length > best.length:
                best = node
            if not node.left:
                return True, node
            # Pushed in reverse, so that the earliest call is tried first.
            stack.extend(self._successors(node)[::-1])
        return False, best

    def _successors(self, node: _Node) -> list[_Node]:
        return [successor for index in self._candidates(node) if (successor := self._extended(node, index)) is not None]

    def _candidates(self, node: _Node) -> list[int]:
        """Return what may come next: whatever was called before any of those not yet ordered
        returned.
        """
        horizon = float("inf")
        found: list[int] = []
        for index in range(node.first, len(self._called)):
            if self._called[index] > horizon:
                break
            if not node.done >> (index - node.first) & 1:
                found.append(index)
                horizon = min(horizon, self._returned[index])
        return found

    def _extended(self, node: _Node, index: int) -> _Node | None:
        self._steps += 1
        if self._steps > self._limit:
            raise SearchLimitError(
                f"no verdict after {self._limit} steps on {len(self.operations)} operations; "
                "record fewer concurrent operations per partition, or raise `limit`"
            )
        operation = self.operations[index]
        legal, state = self._model.step(node.state, operation)
        if not legal:
            return None
        first, done = _without_leading(node.first, node.done | 1 << (index - node.first))
        if not self._is_new(first, done, state):
            return None
        left = node.left - (not operation.pending)
        return _Node(first, done, state, left, node.length + 1, index, node)

    def _is_new(self, first: int, done: int, state: Any) -> bool:
        try:
            before = len(self._seen)
            self._seen.add((first, done, state))
        except TypeError as error:
            raise SimulationError(
                f"the model's state is a {type(state).__name__}, which cannot be hashed; "
                "use tuples, frozensets or frozen dataclasses"
            ) from error
        return len(self._seen) > before


def _without_leading(first: int, done: int) -> tuple[int, int]:
    """Move `first` past the operations that are done, so that the set stays small."""
    leading = (~done & (done + 1)).bit_length() - 1
    return first + leading, done >> leading


def _search(model: Model[Any], operations: Sequence[Operation], limit: int) -> tuple[bool, list[Operation]]:
    search = _Search(model, operations, limit)
    ok, node = search.run()
    return ok, [search.operations[index] for index in _path(node)][::-1]


def _path(node: _Node | None) -> Iterator[int]:
    while node is not None and node.before is not None:
        yield node.last
        node = node.before


def _unexplained(model: Model[Any], operations: Sequence[Operation], limit: int) -> Operation | None:
    """Return the operation whose return made the history inexplicable; None when finding it would
    take too long.

    A part of an explicable history up to some moment is explicable, so that the moment can be found
    by bisection.
    """
    completed = sorted(
        (operation for operation in operations if operation.returned_at is not None),
        key=lambda operation: operation.returned_at or 0.0,
    )
    low, high = 0, len(completed) - 1
    try:
        while low < high:
            middle = (low + high) // 2
            if _search(model, _until(operations, completed[middle].returned_at), limit)[0]:
                low = middle + 1
            else:
                high = middle
    except SearchLimitError:
        return None
    return completed[low]


def _until(operations: Sequence[Operation], moment: float | None) -> list[Operation]:
    """Return the history as it was known at `moment`: what was called by then, pending if it had
    not returned.
    """
    now = moment or 0.0
    return [
        operation
        if operation.returned_at is not None and operation.returned_at <= now
        else replace(operation, returned_at=None, result=None, error=None)
        for operation in operations
        if operation.called_at <= now
    ]


def _merged(orders: Sequence[list[Operation]]) -> Iterator[Operation]:
    """Merge the partitions' orders into one that respects the times (Herlihy and Wing: one always
    exists).
    """
    rests = [order[::-1] for order in orders if order]
    while rests:
        horizon = min(_earliest_return(rest) for rest in rests)
        rest = next(rest for rest in rests if rest[-1].called_at <= horizon)
        yield rest.pop()
        rests = [rest for rest in rests if rest]


def _earliest_return(operations: Sequence[Operation]) -> float:
    return min(float("inf") if operation.returned_at is None else operation.returned_at for operation in operations)
