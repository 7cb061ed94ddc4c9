"""A synchronous provider whose own thread polls; it runs from the creation until `close`."""

import threading
from copy import deepcopy

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import Beginnings, StoreHarness, SyncStore


class WatchedQueue:
    """Answers with the last poll; a poll takes at most two seconds, so the first callers wait that long."""

    PAUSE_SECONDS = 5.0
    FIRST_POLL_SECONDS = 3.0

    def __init__(self, store: SyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()
        self._lock = threading.Lock()
        self._latest: HealthReport | None = None
        self._polled = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="queue-poller", daemon=True)
        self._thread.start()

    def health_check(self) -> list[HealthReport]:
        if not self._polled.wait(self.FIRST_POLL_SECONDS):
            raise TimeoutError("the queue has not been asked yet")
        with self._lock:
            assert self._latest is not None
            return [deepcopy(self._latest)]

    def _poll(self) -> None:
        while not self._closing.is_set():
            report = self._asked()
            with self._lock:
                self._latest = report
            self._polled.set()
            self._closing.wait(self.PAUSE_SECONDS)

    def _asked(self) -> HealthReport:
        status, message = HealthStatus.HEALTHY, "draining"
        try:
            self.store.ping(timeout=2.0)
        except OSError as error:
            status, message = HealthStatus.UNHEALTHY, type(error).__name__
        checked_at, since = self._beginnings.noted("queue", status)
        details = {"length": 3, "oldest": ["job-1"]}
        return HealthReport("jobs", "queue", status, message, checked_at, since, details=details)

    def close(self) -> None:
        self._closing.set()
        self._thread.join()


class WatchedQueueContract(StoreHarness):
    def create(self) -> WatchedQueue:
        return WatchedQueue(SyncStore("queue"))

    def dispose(self, subject: WatchedQueue) -> None:
        subject.close()
