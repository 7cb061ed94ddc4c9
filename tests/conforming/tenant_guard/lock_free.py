"""A synchronous guard without a lock: appending to a bounded deque and copying it are one step each."""

from collections import deque
from itertools import count

from pytest_policy_contracts import GuardConfig, GuardMode, TenantGuardHarness, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish

from .values import copied, denial, event_of, is_violation, pairs_of, stamped

DEFAULT_CAPACITY = 1000


class LockFreeGuard:
    """Everything but the deque is fixed when it is made; too small a capacity means the usual one."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        capacity = config.max_violations if config.max_violations >= 1 else DEFAULT_CAPACITY
        self.mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        self._records: deque[TenantViolation] = deque(maxlen=capacity)
        self._publish = publish
        self._numbers = count(1)

    def validate_access(self, violation: TenantViolation) -> None:
        if self.mode is not GuardMode.DISABLED and is_violation(violation, self._pairs):
            record = stamped(copied(violation))
            self._records.append(record)
            try:
                self._publish(event_of(record, next(self._numbers)))
            except Exception:
                pass
            if self.mode is GuardMode.STRICT:
                raise denial(violation)

    def recent_violations(self) -> tuple[TenantViolation, ...]:
        return tuple(map(copied, self._records.copy()))


class LockFreeGuardContract(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> LockFreeGuard:
        return LockFreeGuard(config, publish)
