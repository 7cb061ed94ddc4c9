"""Guards that find somebody to ask where nobody is bound: TNT-018."""

from collections.abc import Iterator
from contextlib import contextmanager

from pytest_policy_contracts import (
    GuardConfig,
    Severity,
    TenantViolation,
    ViolationKind,
)
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard


class NobodyIsTheSystem(SyncGuard):
    """Takes whoever is not bound for the system itself, a tenant as any other."""

    def _asked_now(self, target_id: str) -> TenantViolation:
        tenant = self._tenant() or "system"
        return TenantViolation(ViolationKind.CROSS_TENANT, Severity.HIGH, tenant, target_id)


class NobodyIsInvalid(AsyncGuard):
    """Takes an access with nobody bound for one with an invalid context."""

    def _asked_now(self, target_id: str) -> TenantViolation:
        if self._tenant() is None:
            return TenantViolation(ViolationKind.INVALID_CONTEXT, Severity.HIGH, "", target_id)
        return super()._asked_now(target_id)


class NobodyOwnsEverything(AsyncGuard):
    """Takes the owner of what is asked for as the one who asks, for the sake of background jobs."""

    def _asked_now(self, target_id: str) -> TenantViolation:
        tenant = self._tenant() or target_id
        return TenantViolation(ViolationKind.CROSS_TENANT, Severity.HIGH, tenant, target_id)


class StartsUpFreely(SyncGuard):
    """Takes every access before the first binding for one of the program's own, and asks nothing."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._started = False

    @contextmanager
    def bound_to(self, tenant_id: str) -> Iterator[None]:
        self._started = True
        with super().bound_to(tenant_id):
            yield

    def access(self, target_id: str) -> None:
        if self._started:
            super().access(target_id)


class NobodyIsTheSystemContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NobodyIsTheSystem:
        return NobodyIsTheSystem(config, publish)


class NobodyIsInvalidContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NobodyIsInvalid:
        return NobodyIsInvalid(config, publish)


class NobodyOwnsEverythingContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NobodyOwnsEverything:
        return NobodyOwnsEverything(config, publish)


class StartsUpFreelyContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> StartsUpFreely:
        return StartsUpFreely(config, publish)


SUBJECTS = [
    Broken(NobodyIsTheSystemContract, ("TNT-018",), "'system' may not reach 'acme-7'"),
    Broken(NobodyIsInvalidContract, ("TNT-018",), "may not reach 'acme-7': invalid_context"),
    Broken(NobodyOwnsEverythingContract, ("TNT-018",), "denied by an exception: high cross_tenant of none to 'acme-7'"),
    Broken(StartsUpFreelyContract, ("TNT-018",), "denied by an exception: high cross_tenant of none to 'acme-7'"),
]
