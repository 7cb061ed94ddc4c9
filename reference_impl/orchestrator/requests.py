"""One request for a reload, and the queue in which it waits.

Rules: a request is settled once, by whoever serves it or sends it away [ORC-011]. The queue knows no modules.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from uuid import uuid4

from pytest_policy_contracts.contracts import ConfigChange, ConfigDiff, ReloadOutcome
from reference_impl.errors import QueueFullError
from reference_impl.orchestrator.breaker import Ticket


@dataclass(eq=False, slots=True)
class Request:
    """One request; `answer` is what its caller awaits, and is cancelled where the caller gives up."""

    diff: ConfigDiff
    trigger: str
    ticket: Ticket
    answer: "asyncio.Future[ReloadOutcome]"
    correlation_id: str = field(default_factory=lambda: str(uuid4()))

    def settle(self, outcome: ReloadOutcome) -> None:
        """Give the caller its outcome, if it still waits."""
        if not self.answer.done():
            self.answer.set_result(outcome)

    @property
    def given_up(self) -> bool:
        """Whether the caller has gone."""
        return self.answer.cancelled()


class Queue:
    """Requests that wait, first come first served [ORC-010]; one that is given up makes room at once."""

    def __init__(self, capacity: int, on_change: Callable[[int], None]) -> None:
        self._capacity = capacity
        self._waiting: deque[Request] = deque()
        self._on_change = on_change
        self._closed = False
        self._arrival: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def newest_first(self) -> list[Request]:
        """Return those that wait, the one that came last first."""
        return list(reversed(self._waiting))

    def check_room(self) -> None:
        """Raise `QueueFullError` where no other request may wait [ORC-012]."""
        if len(self._waiting) >= self._capacity:
            raise QueueFullError(
                f"{len(self._waiting)} reloads wait, and no more than {self._capacity} may. Ask again later, or raise "
                "queue_capacity."
            )

    def put(self, request: Request) -> None:
        """Let a request wait."""
        self._waiting.append(request)
        self._changed()
        self._wake()

    def discard(self, request: Request) -> bool:
        """Take out a request that need not be served; return whether it was waiting."""
        if request not in self._waiting:
            return False
        self._waiting.remove(request)
        self._changed()
        return True

    async def get(self) -> Request | None:
        """Take the request that came first, waiting for one if there is none; None once the queue is closed."""
        while not self._waiting:
            if self._closed:
                return None
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        request = self._waiting.popleft()
        self._changed()
        return request

    def clear(self) -> list[Request]:
        """Take all of them, the first come first."""
        waiting = list(self._waiting)
        self._waiting.clear()
        if waiting:
            self._changed()
        return waiting

    def close(self) -> list[Request]:
        """Take all of them, and let nobody wait for another one."""
        self._closed = True
        self._wake()
        return self.clear()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def _changed(self) -> None:
        self._on_change(len(self._waiting))


_UNCHANGEABLE = frozenset({type(None), bool, int, float, complex, str, bytes})


def own_copy(diff: ConfigDiff) -> ConfigDiff:
    """Return a diff whose values nobody else holds; it and its changes may be of own types of the same shape [ORC-021]."""
    return ConfigDiff.of(
        fresh(one)
        if isinstance(one, ConfigChange)
        else ConfigChange(
            one.path, one.kind, deepcopy(one.old), deepcopy(one.new), bool(getattr(one, "sensitive", False))
        )
        for one in diff.changes
    )


def fresh(change: ConfigChange) -> ConfigChange:
    """Return a change of the same content that a module may do with as it likes [ORC-021]."""
    if type(change.old) in _UNCHANGEABLE and type(change.new) in _UNCHANGEABLE:
        return change  # frozen, with values that cannot change
    return deepcopy(change)
