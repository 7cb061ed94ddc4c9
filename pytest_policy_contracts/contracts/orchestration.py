"""What reloads many modules as one: its configuration, what it is asked, what it answers, and its errors.

    ReloadStoppedError       the orchestrator is stopped, or stopped before the request was served [ORC-012, ORC-013]
    ReloadQueueFullError     as many requests wait as may wait [ORC-012]
    CircuitOpenError         too many reloads failed one after the other, and the pause is not over [ORC-012, ORC-014]

Rules: the shape only; what each call promises is said by the clauses ORC-001 to ORC-022 of the
contract `ReloadOrchestrator`. An orchestrator may use own types of the same shape. It must not
carry behaviour.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pytest_policy_contracts.contracts.changes import ConfigDiff
from pytest_policy_contracts.contracts.reloadable import Reloadable

GRACE = timedelta(seconds=5)
"""How long a cancelled module, or a stopped orchestrator, may take to end in order [ORC-009, ORC-013]."""


class ReloadTrigger(StrEnum):
    """What a reload was asked for by; it changes nothing but what is told of it."""

    MANUAL = "manual"
    FILE_CHANGE = "file_change"
    API_REQUEST = "api_request"
    SCHEDULED = "scheduled"


class ReloadStatus(StrEnum):
    """How a request ended."""

    COMPLETED = "completed"
    """Every module that could be reloaded has the new settings."""
    NOOP = "noop"
    """There was nothing to change [ORC-003]."""
    FAILED = "failed"
    """A module failed, or the circuit opened while the request waited [ORC-004, ORC-012]."""
    CANCELLED = "cancelled"
    """Whoever asked for it gave up [ORC-005]."""
    STOPPED = "stopped"
    """The orchestrator stopped before it was served, or while it was [ORC-013]."""
    SUPERSEDED = "superseded"
    """A later request for the same settings took its place."""


class RollbackStatus(StrEnum):
    """How far the modules that had the new settings got back to the old ones [ORC-006]."""

    NONE = "none"
    """There was nothing to roll back."""
    COMPLETE = "complete"
    PARTIAL = "partial"
    """Some modules are back, others are dirty."""
    FAILED = "failed"
    """No module is back."""


@dataclass(frozen=True, slots=True)
class ReloadOutcome:
    """What became of one request; the tuples hold names of modules."""

    status: ReloadStatus | str
    applied: tuple[str, ...] = ()
    """Those that got the new settings, in that order; where the request failed, some or all of them are back by now."""
    failed: tuple[str, ...] = ()
    """Those that raised, took too long, or were cut off."""
    skipped: tuple[str, ...] = ()
    """Those that could not be reloaded, or are quarantined [ORC-002, ORC-009]."""
    rolled_back: tuple[str, ...] = ()
    """Those that were brought back to the old settings, in the order in which it was done [ORC-004]."""
    dirty: tuple[str, ...] = ()
    """Those of which nobody knows which settings they have [ORC-004, ORC-006]."""
    quarantined: tuple[str, ...] = ()
    """Those that ignored their cancellation in this request, and are skipped from now on [ORC-009]."""
    rollback: RollbackStatus | str = RollbackStatus.NONE
    error: BaseException | None = None
    """The first thing that went wrong; nothing where nothing did."""


@dataclass(frozen=True, slots=True)
class OrchestratorConfig:
    """How an orchestrator is set up."""

    queue_capacity: int = 100
    """How many requests may wait [ORC-012]."""
    default_timeout: timedelta = timedelta(seconds=30)
    """How long a reload may take where the module's own timeout is zero or below [ORC-008]."""
    failure_threshold: int = 3
    """How many failures in a row open the circuit [ORC-014]."""
    backoff_base: timedelta = timedelta(seconds=2)
    """How long the circuit stays open the first time [ORC-014]."""
    backoff_cap: timedelta = timedelta(seconds=120)
    """How long at most, however many probes fail [ORC-014]."""


class ReloadStoppedError(RuntimeError):
    """The orchestrator is stopped, or stopped before the request was served."""


class ReloadQueueFullError(RuntimeError):
    """As many requests wait as may wait; the request was not taken."""


class CircuitOpenError(RuntimeError):
    """Too many reloads failed one after the other; no request is taken until the pause is over."""


@runtime_checkable
class ReloadOrchestrator(Protocol):
    """Takes requests one after the other and brings each to every module that it concerns."""

    def register(self, name: str, module: Reloadable, /) -> object:
        """Add a module, also while a reload runs; a name that is taken raises `ValueError` [ORC-020]."""
        ...

    def start(self) -> Awaitable[object]:
        """Begin to serve the requests; a second call starts nothing [ORC-013]."""
        ...

    def stop(self) -> Awaitable[object]:
        """End within the grace: what runs is cancelled or finished, what waits ends as stopped [ORC-013]."""
        ...

    def request_reload(self, diff: ConfigDiff, /, *, trigger: ReloadTrigger) -> Awaitable[ReloadOutcome]:
        """Take a place in the queue, and answer what can be awaited for the outcome.

        The call itself raises `ReloadStoppedError`, `ReloadQueueFullError` or `CircuitOpenError` where it refuses
        [ORC-012]. Each outcome comes once [ORC-011]; cancelling what waits for it gives the request up [ORC-005].
        """
        ...
