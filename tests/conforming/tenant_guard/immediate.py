"""The smallest asynchronous guard: it never waits, and publishes nothing."""

from collections import deque

from pytest_policy_contracts import GuardConfig, GuardMode, TenantGuardHarness, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish

from .values import copied, denial, is_violation, pairs_of, stamped


class ImmediateGuard:
    """Nothing comes between asking and answering, so nothing has to be locked."""

    def __init__(self, config: GuardConfig) -> None:
        self.mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        self._records: deque[TenantViolation] = deque(
            maxlen=config.max_violations if config.max_violations > 0 else 1000
        )

    async def validate_access(self, violation: TenantViolation) -> None:
        if self.mode is GuardMode.DISABLED or not is_violation(violation, self._pairs):
            return
        self._records.append(stamped(copied(violation)))
        if self.mode is GuardMode.STRICT:
            raise denial(violation)

    def recent_violations(self) -> list[TenantViolation]:
        return [copied(record) for record in self._records]


class ImmediateGuardContract(TenantGuardHarness):
    emits_events = False

    async def create(self, config: GuardConfig, _publish: Publish) -> ImmediateGuard:
        return ImmediateGuard(config)
