"""Threads share one ping: the first does the work, the others wait for its answer."""

import threading
from concurrent.futures import Future
from copy import deepcopy

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import Beginnings, StoreHarness, SyncStore


class SharedProbe:
    """No lock is held while the ping is under way; the future carries the answer or the error."""

    WAIT_SECONDS = 4.0

    def __init__(self, store: SyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()
        self._lock = threading.Lock()
        self._probe: Future[list[HealthReport]] | None = None

    def health_check(self) -> list[HealthReport]:
        with self._lock:
            probe, leads = self._probe, self._probe is None
            if probe is None:
                probe = self._probe = Future()
        if leads:
            self._lead(probe)
        return deepcopy(probe.result(self.WAIT_SECONDS))

    def _lead(self, probe: "Future[list[HealthReport]]") -> None:
        try:
            probe.set_result([self._pinged()])
        except BaseException as error:
            probe.set_exception(error)
            raise
        finally:
            with self._lock:
                self._probe = None

    def _pinged(self) -> HealthReport:
        status, message = HealthStatus.HEALTHY, "answered"
        try:
            self.store.ping(timeout=2.0)
        except OSError as error:
            status, message = HealthStatus.UNHEALTHY, type(error).__name__
        checked_at, since = self._beginnings.noted("store", status)
        details = {"shards": {"a": [1, 2], "b": [3]}}
        return HealthReport("ledger", "store", status, message, checked_at, since, details=details)


class SharedProbeContract(StoreHarness):
    def create(self) -> SharedProbe:
        return SharedProbe(SyncStore())
