"""Lenient guards that deny something after all, or do not record it: TNT-003."""

from pytest_policy_contracts import GuardConfig, GuardMode, Severity, TenantViolation, ViolationKind
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard, known_kind


class LenientDeniesInvalid(SyncGuard):
    """Denies in every mode what comes with an invalid context, since nobody could work with that."""

    def _refuse(self, asked: TenantViolation) -> None:
        if known_kind(asked.kind) is ViolationKind.INVALID_CONTEXT:
            raise self._refusal(asked)
        super()._refuse(asked)


class LenientDeniesCritical(AsyncGuard):
    """Denies in every mode what is critical."""

    def _refuse(self, asked: TenantViolation) -> None:
        if asked.severity == Severity.CRITICAL:
            raise self._refusal(asked)
        super()._refuse(asked)


class LenientOverlooksUnauthorized(AsyncGuard):
    """Leaves unauthorized accesses to another component, where they are allowed anyway."""

    def _lets_pass(self, asked: TenantViolation) -> bool:
        unauthorized = known_kind(asked.kind) is ViolationKind.UNAUTHORIZED
        return (unauthorized and self._mode is GuardMode.LENIENT) or super()._lets_pass(asked)


class LenientDeniesInvalidContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> LenientDeniesInvalid:
        return LenientDeniesInvalid(config, publish)


class LenientDeniesCriticalContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> LenientDeniesCritical:
        return LenientDeniesCritical(config, publish)


class LenientOverlooksUnauthorizedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> LenientOverlooksUnauthorized:
        return LenientOverlooksUnauthorized(config, publish)


SUBJECTS = [
    Broken(LenientDeniesInvalidContract, ("TNT-003",), "may not reach 'umbrella-9': invalid_context"),
    Broken(LenientDeniesCriticalContract, ("TNT-003",), "allowed: critical cross_tenant"),
    Broken(LenientOverlooksUnauthorizedContract, ("TNT-003",), "recorded: low unauthorized"),
]
