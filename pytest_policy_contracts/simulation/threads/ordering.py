"""Orders that the standard library takes from memory addresses, made the same in every process.

`concurrent.futures` keeps futures and pool threads in sets and takes the locks of several futures in the order of their
addresses, so that the order of results, and with it a run, would depend on the allocator. Futures made while this is in
place hash and sort by their number; they keep doing so afterwards. Sets that the subject makes of threads or of its own
objects are beyond reach.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, _base
from concurrent.futures import thread as pools
from threading import get_ident
from typing import Any

from pytest_policy_contracts.simulation.threads.controlled import controlled

_outside = itertools.count()


class NumberedFuture(Future[Any]):
    """A future that counts as the n-th of its scheduler."""

    def __init__(self) -> None:
        super().__init__()
        maker = controlled.get(get_ident())
        self.number = next(_outside if maker is None else maker.scheduler.numbers)

    __eq__ = Future.__eq__

    def __hash__(self) -> int:
        return self.number


def number_of(thing: object) -> int:
    """Stands for `id` where it is used as a sort key."""
    return thing.number if isinstance(thing, NumberedFuture) else id(thing)


class InOrder:
    """The part of a set that a thread pool uses, in the order of insertion."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[threading.Thread]) -> None:
        self._items = dict.fromkeys(items)

    def add(self, item: threading.Thread) -> None:
        """Add an item at the end."""
        self._items[item] = None

    def __iter__(self) -> Iterator[threading.Thread]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


def order_pool_of(thread: threading.Thread) -> None:
    """Keep the workers of the pool that starts `thread`, if one does, in the order of their start."""
    state: dict[str, Any] = vars(thread)
    if state.get("_target") is not pools._worker:
        return
    executor = state["_args"][0]()
    if executor is not None and type(executor._threads) is set:
        executor._threads = InOrder(executor._threads)


def order_futures(undo: list[Any]) -> None:
    """Number the futures that are made until `undo` is run."""
    state: dict[str, Any] = vars(_base)
    real = state["Future"]
    undo.append(lambda: state.update(Future=real))
    undo.append(lambda: state.pop("id", None))
    state.update(Future=NumberedFuture, id=number_of)
