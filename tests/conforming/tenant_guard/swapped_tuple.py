"""A synchronous guard that never changes what readers hold: each record makes a new tuple, one writer at a time."""

import threading

from pytest_policy_contracts import GuardConfig, GuardMode, TenantGuardHarness, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish

from .values import copied, denial, event_of, is_violation, pairs_of, stamped


class SwappedTupleGuard:
    """Readers need no lock; events carry the number that their record got, because they may overtake each other."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        if config.max_violations < 1:
            raise ValueError("max_violations has to be at least 1")
        self._mode = GuardMode(config.mode)
        self._capacity = config.max_violations
        self._pairs = pairs_of(config.whitelist)
        self._records: tuple[TenantViolation, ...] = ()
        self._number = 0
        self._turn = threading.Lock()
        self._publish = publish

    @property
    def mode(self) -> GuardMode:
        return self._mode

    def validate_access(self, violation: TenantViolation) -> None:
        if self._mode is GuardMode.DISABLED:
            return
        if not is_violation(violation, self._pairs):
            return
        self._tell(*self._noted(copied(violation)))
        if self._mode is GuardMode.LENIENT:
            return
        raise denial(violation)

    def _noted(self, record: TenantViolation) -> tuple[TenantViolation, int]:
        with self._turn:
            record = stamped(record)
            self._records = (*self._records, record)[-self._capacity :]
            self._number += 1
            return record, self._number

    def _tell(self, record: TenantViolation, number: int) -> None:
        try:
            self._publish(event_of(record, number))
        except Exception:
            return

    def recent_violations(self) -> list[TenantViolation]:
        return [copied(record) for record in self._records]


class SwappedTupleContract(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SwappedTupleGuard:
        return SwappedTupleGuard(config, publish)
