"""Writes violations to the log, but not more of them than somebody can read."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from threading import RLock

from reference_impl.errors import ConfigurationError
from reference_impl.guard.records import Record

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LogLimit:
    """`burst` violations are logged at once, and after that one for each `interval`; the others are only counted."""

    burst: int = 10
    interval: timedelta = timedelta(seconds=1)

    def __post_init__(self) -> None:
        if self.burst < 1 or self.interval < timedelta(0):
            raise ConfigurationError(f"{self}: burst has to be at least 1, interval at least 0")


class ViolationLog:
    """A token bucket before a logger. What goes wrong with the log is nobody's business but the log's [TNT-015].

    Threads that come at the same moment may each find the last token.
    """

    def __init__(self, limit: LogLimit, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._interval = limit.interval.total_seconds()
        self._burst_seconds = self._interval * (limit.burst - 1)
        self._monotonic = monotonic
        self._full_at = self._empty_until = float("-inf")
        self._suppressed = count()  # counts without a lock: this is on the way of every denial in a flood
        self._lock = RLock()

    def write(self, record: Record, action: str) -> None:
        """Log a violation, with the number of those that were suppressed before it, or suppress it."""
        try:
            if self._monotonic() < self._empty_until:
                next(self._suppressed)
            else:
                self._write(record, action, self._take_token())
        except Exception:
            return

    def _take_token(self) -> int:
        """Return how many were suppressed since the last token."""
        with self._lock:
            now = self._monotonic()
            # Each token taken moves the moment when the bucket is full again by an interval.
            self._full_at = max(self._full_at, now) + self._interval
            self._empty_until = self._full_at - self._burst_seconds
            suppressed, self._suppressed = next(self._suppressed), count()
        return suppressed

    def _write(self, record: Record, action: str, suppressed: int) -> None:
        kind, severity, tenant_id, target_id, timestamp, _ = record
        if suppressed:
            _log.warning("suppressed %d tenant violations", suppressed, extra={"suppressed": suppressed})
        fields = {
            "kind": str(kind),
            "severity": str(severity),
            "tenant_id": tenant_id,
            "target_id": target_id,
            "timestamp": timestamp.isoformat(),
            "action": action,
        }
        # %r: an id with a line break in it must not look like a line of the log.
        _log.warning(
            "tenant violation %s: %r by %r on %r", action, str(kind), tenant_id, target_id, extra={"violation": fields}
        )
