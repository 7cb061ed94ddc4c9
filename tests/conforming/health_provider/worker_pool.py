"""A synchronous provider of a client without time limits: workers ask it, the check waits so long."""

from concurrent.futures import ThreadPoolExecutor

from pytest_policy_contracts import HealthReport, HealthStatus

from .stand_ins import Beginnings, StoreHarness, SyncStore


class WorkerPing:
    """Keeps its workers from one check to the next; those that are stuck come back with the store.

    Closing gives up the connection, which lets them go, and then waits for them.
    """

    LIMIT_SECONDS = 2.0

    def __init__(self, store: SyncStore) -> None:
        self.store = store
        self._beginnings = Beginnings()
        self._workers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="store-ping")

    def health_check(self) -> list[HealthReport]:
        answer = self._workers.submit(self.store.ping)
        status, message = HealthStatus.HEALTHY, ""
        try:
            message = answer.result(timeout=self.LIMIT_SECONDS)
        except TimeoutError:
            answer.cancel()
            status, message = HealthStatus.UNHEALTHY, "no worker was answered within 2 s"
        except ConnectionError as error:
            status, message = HealthStatus.UNHEALTHY, type(error).__name__
        checked_at, since = self._beginnings.noted("store", status)
        return [HealthReport("archive", "store", status, message, checked_at, since)]

    def close(self) -> None:
        self.store.restore()
        self._workers.shutdown(wait=True)


class WorkerPingContract(StoreHarness):
    def create(self) -> WorkerPing:
        return WorkerPing(SyncStore())

    def dispose(self, subject: WorkerPing) -> None:
        subject.close()
