"""Disabled guards that are still at work: TNT-004."""

from pytest_policy_contracts import GuardConfig, GuardMode, Severity, TenantViolation, ViolationKind
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard, known_kind


class DisabledRecords(SyncGuard):
    """Takes disabled for lenient: denies nothing, and goes on recording and publishing."""

    def _lets_pass(self, asked: TenantViolation) -> bool:
        return self._excused(asked)


class DisabledRecordsCritical(AsyncGuard):
    """Records and publishes what is critical in any mode."""

    def _lets_pass(self, asked: TenantViolation) -> bool:
        return self._excused(asked) if asked.severity == Severity.CRITICAL else super()._lets_pass(asked)


class DisabledDeniesInvalid(AsyncGuard):
    """Looks whether the context is valid before it looks at its mode."""

    async def validate_access(self, asked: TenantViolation) -> None:
        if self._mode is GuardMode.DISABLED and known_kind(asked.kind) is ViolationKind.INVALID_CONTEXT:
            raise self._refusal(asked)
        await super().validate_access(asked)


class DisabledRecordsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> DisabledRecords:
        return DisabledRecords(config, publish)


class DisabledRecordsCriticalContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> DisabledRecordsCritical:
        return DisabledRecordsCritical(config, publish)


class DisabledDeniesInvalidContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> DisabledDeniesInvalid:
        return DisabledDeniesInvalid(config, publish)


SUBJECTS = [
    Broken(DisabledRecordsContract, ("TNT-004",), "recorded: low cross_tenant"),
    Broken(DisabledRecordsCriticalContract, ("TNT-004",), "recorded: critical cross_tenant"),
    Broken(DisabledDeniesInvalidContract, ("TNT-004",), "may not reach 'umbrella-9': invalid_context"),
]
