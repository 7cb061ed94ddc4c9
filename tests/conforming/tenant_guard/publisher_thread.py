"""A synchronous guard whose events are published by one thread of its own; nobody waits for a slow publisher."""

import queue
import threading
from collections import deque
from itertools import count

from pytest_policy_contracts import GuardConfig, GuardMode, TenantGuardHarness, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish

from .values import Event, copied, denial, event_of, is_violation, pairs_of, stamped

MOST_WAITING = 200


class MailedGuard:
    """Callers wait only when very many events are unsent; the thread itself sends what it causes at once."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        if config.max_violations < 1:
            raise ValueError("max_violations has to be at least 1")
        self.mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        self._records: deque[TenantViolation] = deque(maxlen=config.max_violations)
        self._lock = threading.Lock()
        self._publish = publish
        self._numbers = count(1)
        self._unsent: queue.Queue[Event | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="tenant-events", daemon=True)
        self._thread.start()

    def validate_access(self, violation: TenantViolation) -> None:
        if self.mode is GuardMode.DISABLED or not is_violation(violation, self._pairs):
            return
        record = copied(violation)
        with self._lock:
            record = stamped(record)
            self._records.append(record)
        self._post(event_of(record, next(self._numbers)))
        if self.mode is GuardMode.STRICT:
            raise denial(violation)

    def _post(self, event: Event) -> None:
        if threading.current_thread() is self._thread:
            self._send(event)
        else:
            self._unsent.put(event)

    def _work(self) -> None:
        while (event := self._unsent.get()) is not None:
            self._send(event)

    def _send(self, event: Event) -> None:
        try:
            self._publish(event)
        except Exception:
            return

    def recent_violations(self) -> list[TenantViolation]:
        with self._lock:
            records = list(self._records)
        return [copied(record) for record in records]

    def close(self) -> None:
        self._unsent.put(None)
        self._thread.join()


class MailedGuardContract(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> MailedGuard:
        return MailedGuard(config, publish)

    def dispose(self, subject: MailedGuard) -> None:
        subject.close()
