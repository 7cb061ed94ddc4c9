"""The plain synchronous guard: a lock around a bounded deque, events published after it is let go."""

import logging
import threading
from collections import deque
from itertools import count

from pytest_policy_contracts import GuardConfig, GuardMode, TenantGuardHarness, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish

from .values import copied, denial, event_of, is_violation, pairs_of, stamped

_log = logging.getLogger("gate.tenants")


class LockedGuard:
    """Records first, tells second, decides last; neither telling nor logging can change the decision."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        if config.max_violations < 1:
            raise ValueError("max_violations has to be at least 1")
        self._mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        self._records: deque[TenantViolation] = deque(maxlen=config.max_violations)
        self._lock = threading.Lock()
        self._publish = publish
        self._numbers = count(1)

    @property
    def mode(self) -> GuardMode:
        return self._mode

    def validate_access(self, violation: TenantViolation) -> None:
        if self._mode is GuardMode.DISABLED or not is_violation(violation, self._pairs):
            return
        record = copied(violation)
        with self._lock:
            record = stamped(record)
            self._records.append(record)
        self._tell(record)
        if self._mode is GuardMode.STRICT:
            raise denial(violation)

    def _tell(self, record: TenantViolation) -> None:
        try:
            self._publish(event_of(record, next(self._numbers)))
        except Exception:
            self._complain("a tenant violation could not be published")

    @staticmethod
    def _complain(text: str) -> None:
        try:
            _log.exception(text)
        except Exception:
            return

    def recent_violations(self) -> list[TenantViolation]:
        with self._lock:
            records = list(self._records)
        return [copied(record) for record in records]


class LockedGuardContract(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> LockedGuard:
        return LockedGuard(config, publish)
