"""Every seam of the package on one page: what its parts need of each other and of whoever wires them.

Rules: protocols and plain callables only. The siblings (`orchestrator`, `health`, `guard`, `events`, `metrics`) never
import each other; each names here what it needs, and `app` chooses who gives it. Every port has an implementation that
does nothing, so that a part works alone.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

Now = Callable[[], datetime]
"""Tells the time of day, timezone-aware."""


def utc_now() -> datetime:
    """Tell the time of day in UTC."""
    return datetime.now(UTC)


Event = Mapping[str, object]
"""One CloudEvents 1.0 event by its attribute names; `data` holds what happened."""

Publish = Callable[[Event], Awaitable[object] | object]
"""Delivers one event to whoever listens: a message bus, a log, a test. May be slow, and may raise."""


Data = Mapping[str, object] | Callable[[], Mapping[str, object]]
"""What happened; or how to tell it later and elsewhere, for those who have no time now and whose values stay as they are."""


class Events(Protocol):
    """Takes events from those to whom they happen; never raises and never waits [ORC-018, AGG-015, TNT-014]."""

    def emit(
        self, kind: str, data: Data, *, subject: str = "", correlation_id: str = "", at: datetime | None = None
    ) -> None:
        """Take one event of a type such as `config.reload.started`; `data` is copied, and can be written as JSON.

        `at` is when it happened, timezone-aware, for those who know it already.
        """
        ...


class ReloadMetrics(Protocol):
    """What an orchestrator counts."""

    def reload_ended(self, status: str, seconds: float) -> None:
        """Count a request that ended; `status` is one of `ReloadStatus`, `seconds` how long it was served."""
        ...

    def module_ended(self, result: str) -> None:
        """Count one module's part: `applied`, `failed`, `skipped` or `quarantined`."""
        ...

    def rolled_back(self, status: str) -> None:
        """Count a rollback; `status` is one of `RollbackStatus`."""
        ...

    def queue_holds(self, requests: int) -> None:
        """Say how many requests wait."""
        ...

    def circuit_is(self, state: str) -> None:
        """Say how the circuit is: `closed`, `open` or `half_open`."""
        ...


class HealthMetrics(Protocol):
    """What an aggregate health service counts."""

    def provider_checked(self, provider: str, status: str, seconds: float) -> None:
        """Say what one provider's worst status is, and how long the answer took."""
        ...

    def provider_removed(self, provider: str) -> None:
        """Forget a provider, so that its last status is not shown for ever."""
        ...

    def evaluated(self, health: str, readiness: str, seconds: float) -> None:
        """Count an evaluation, and say what it found."""
        ...


class GuardMetrics(Protocol):
    """What a tenant guard counts; called from any thread."""

    def violation(self, kind: str, mode: str, action: str) -> None:
        """Count a violation; `action` is `denied` or `allowed`."""
        ...

    def dropped(self) -> None:
        """Count a record that made room for a newer one."""
        ...

    def whitelist_used(self) -> None:
        """Count an access that the whitelist excused."""
        ...


class Silent:
    """Every port at once, with nothing behind it: for parts that are used alone."""

    def emit(
        self, kind: str, data: Data, *, subject: str = "", correlation_id: str = "", at: datetime | None = None
    ) -> None: ...
    def reload_ended(self, status: str, seconds: float) -> None: ...
    def module_ended(self, result: str) -> None: ...
    def rolled_back(self, status: str) -> None: ...
    def queue_holds(self, requests: int) -> None: ...
    def circuit_is(self, state: str) -> None: ...
    def provider_checked(self, provider: str, status: str, seconds: float) -> None: ...
    def provider_removed(self, provider: str) -> None: ...
    def evaluated(self, health: str, readiness: str, seconds: float) -> None: ...
    def violation(self, kind: str, mode: str, action: str) -> None: ...
    def dropped(self) -> None: ...
    def whitelist_used(self) -> None: ...


SILENT = Silent()
