"""A synchronous provider that keeps numbers of its own checks, under a lock, and reports a copy."""

import threading
import time
from collections import deque
from datetime import UTC, datetime

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import StoreHarness, SyncStore


class CountedChecks:
    """The numbers inform; they never change the status, so that checking has no effect on it."""

    def __init__(self, store: SyncStore) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._recent: deque[float] = deque(maxlen=5)
        self._status: HealthStatus | None = None
        self._since = datetime.now(UTC)

    def health_check(self) -> list[HealthReport]:
        began = time.monotonic()
        try:
            self.store.ping(timeout=2.0)
            status = HealthStatus.HEALTHY
        except OSError:
            status = HealthStatus.UNHEALTHY
        return [self._counted(status, time.monotonic() - began)]

    def _counted(self, status: HealthStatus, seconds: float) -> HealthReport:
        with self._lock:
            now = datetime.now(UTC)
            self._counts[status.value] = self._counts.get(status.value, 0) + 1
            self._recent.append(round(seconds, 3))
            if status is not self._status:
                self._status, self._since = status, now
            details = {"checks": dict(self._counts), "recent_s": list(self._recent)}
            return HealthReport("billing", "store", status, str(status), now, self._since, details=details)


class CountedChecksContract(StoreHarness):
    def create(self) -> CountedChecks:
        return CountedChecks(SyncStore())
