"""The circuit breaker: when to stop asking for a while, and how to find out that asking helps again.

    closed ──threshold failures in a row──▶ open ──the period is over──▶ half-open ──success──▶ closed
                                             ▲                              │
                                             └──── failure, period × 2 ─────┘

Pure: the time is handed in, in seconds of any steady clock. Seed of the idea: Nygard, "Release It!". A generation number
keeps what began before a change of state from having a say after it.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

from reference_impl.errors import ConfigurationError


class CircuitState(StrEnum):
    """How the circuit is."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    """The period is over: one probe may find out."""


class Result(Enum):
    """What became of something that was admitted."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEITHER = "neither"
    """It says nothing about the system: there was nothing to do, or whoever asked gave up [ORC-014, ORC-016]."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to try, given in one state of the circuit and worth nothing in a later one."""

    generation: int


class Breaker:
    """Counts failures in a row; periods are in seconds."""

    def __init__(self, *, threshold: int, base: float, cap: float) -> None:
        _check(threshold, base, cap)
        self._threshold = threshold
        self._base = base
        self._cap = cap
        self._generation = 0
        self._failures = 0
        self._period = 0.0
        self._until: float | None = None
        self._probing = False

    def state(self, now: float) -> CircuitState:
        """Return how the circuit is at `now`."""
        if self._until is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if now < self._until else CircuitState.HALF_OPEN

    def seconds_left(self, now: float) -> float:
        """Return how long the circuit stays open; 0 when it is not."""
        return 0.0 if self._until is None else max(0.0, self._until - now)

    def admit(self, now: float) -> Ticket | None:
        """Give leave to try, or None: the circuit is open, or half-open with its probe under way [ORC-015]."""
        if self._until is not None:
            if now < self._until or self._probing:
                return None
            self._probing = True
        return Ticket(self._generation)

    def settle(self, ticket: Ticket, result: Result, now: float) -> bool:
        """Take in what became of something admitted, once for each ticket; return whether this opened the circuit."""
        if ticket.generation != self._generation:
            return False
        if result is Result.NEITHER:
            self._probing = False
            return False
        if result is Result.SUCCESS:
            self._close()
            return False
        return self._fail(now)

    def _close(self) -> None:
        self._failures = 0
        if self._until is not None:
            self._until, self._probing, self._period = None, False, 0.0
            self._generation += 1

    def _fail(self, now: float) -> bool:
        self._failures += 1
        if self._until is None and self._failures < self._threshold:
            return False
        self._period = min(self._cap, 2 * self._period) if self._period else self._base
        self._until, self._probing = now + self._period, False
        self._generation += 1
        return True


def _check(threshold: int, base: float, cap: float) -> None:
    if threshold < 1:
        raise ConfigurationError(f"The failure threshold is {threshold}. Let it be 1 or more.")
    if not 0 < base <= cap:
        raise ConfigurationError(
            f"The circuit would stay open for {base} s at first and {cap} s at most. Let the first be above 0, and not above "
            "the last."
        )
