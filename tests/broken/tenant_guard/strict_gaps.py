"""Strict guards that let something pass, or note what is none: TNT-002."""

from pytest_policy_contracts import GuardConfig, GuardMode, Severity, TenantViolation, ViolationKind
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard, crosses_between_ids, exact, known_kind


class LowSeverityPasses(AsyncGuard):
    """Records a crossing of low severity, and denies only what is worse."""

    def _refuse(self, asked: TenantViolation) -> None:
        if asked.severity != Severity.LOW or not crosses_between_ids(asked):
            super()._refuse(asked)


class OwnUnauthorizedPasses(SyncGuard):
    """Denies an unauthorized access only where it reaches for somebody else's things."""

    def _refuse(self, asked: TenantViolation) -> None:
        unauthorized = known_kind(asked.kind) is ViolationKind.UNAUTHORIZED
        exact_ids = exact(asked.tenant_id) and exact(asked.target_id)
        if not unauthorized or not exact_ids or asked.tenant_id != asked.target_id:
            super()._refuse(asked)


class EmptyEqualsEmpty(AsyncGuard):
    """Compares the ids and nothing else, so that nobody may reach nobody's things."""

    def _excused(self, asked: TenantViolation) -> bool:
        if known_kind(asked.kind) is ViolationKind.CROSS_TENANT:
            if type(asked.tenant_id) is str and type(asked.target_id) is str and asked.tenant_id == asked.target_id:
                return True
        return super()._excused(asked)


class OwnAccessRecorded(SyncGuard):
    """Allows a tenant its own things, and keeps a record of it among the violations."""

    def validate_access(self, asked: TenantViolation) -> None:
        own = crosses_between_ids(asked) and asked.tenant_id == asked.target_id
        if own and self._mode is GuardMode.STRICT:
            self._keep(self._copy_in(asked))
            return
        super().validate_access(asked)


class LowSeverityPassesContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> LowSeverityPasses:
        return LowSeverityPasses(config, publish)


class OwnUnauthorizedPassesContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> OwnUnauthorizedPasses:
        return OwnUnauthorizedPasses(config, publish)


class EmptyEqualsEmptyContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> EmptyEqualsEmpty:
        return EmptyEqualsEmpty(config, publish)


class OwnAccessRecordedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> OwnAccessRecorded:
        return OwnAccessRecorded(config, publish)


SUBJECTS = [
    Broken(LowSeverityPassesContract, ("TNT-002",), "denied by an exception: low cross_tenant"),
    Broken(OwnUnauthorizedPassesContract, ("TNT-002",), "unauthorized of 'café-straße-7' to 'café-straße-7'"),
    Broken(EmptyEqualsEmptyContract, ("TNT-002",), "cross_tenant of '' to ''"),
    Broken(
        OwnAccessRecordedContract, ("TNT-002",), "recorded: high cross_tenant of 'café-straße-7' to 'café-straße-7'"
    ),
]
