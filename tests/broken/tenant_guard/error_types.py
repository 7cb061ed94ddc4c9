"""Denials whose type does not tell a missing context from a cross-tenant access: TNT-008.

Whoever comes through `access` gets the right error: only what `validate_access` raises is mistaken.
"""

from collections.abc import Coroutine
from typing import Any

from pytest_policy_contracts import (
    GuardConfig,
    TenantContextMissingError,
    TenantIsolationError,
    TenantViolation,
    ViolationKind,
)
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard, known_kind


class MissingIsPlain(SyncGuard):
    """Declares an error for a missing context, and raises the general one."""

    def _refusal(self, asked: TenantViolation) -> Exception:
        return TenantIsolationError(self._text(asked))

    def access(self, target_id: str) -> None:
        unbound = self._tenant() is None
        try:
            super().access(target_id)
        except TenantIsolationError as error:
            if unbound:
                raise TenantContextMissingError(str(error)) from None
            raise


class NoTenantError(TenantIsolationError):
    """Nobody is asking."""


class MissingHasAnotherName(AsyncGuard):
    """Tells a missing context apart by an error that nobody else knows by its name."""

    def _refusal(self, asked: TenantViolation) -> Exception:
        if known_kind(asked.kind) is ViolationKind.MISSING_CONTEXT:
            return NoTenantError(self._text(asked))
        return super()._refusal(asked)

    def access(self, target_id: str) -> Coroutine[Any, Any, None]:
        return self._translated(self._asked_now(target_id))

    async def _translated(self, asked: TenantViolation) -> None:
        try:
            await self.validate_access(asked)
        except NoTenantError as error:
            raise TenantContextMissingError(str(error)) from None


class CrossingIsMissing(AsyncGuard):
    """Calls it a missing context also when the tenant is known and is another."""

    def _refusal(self, asked: TenantViolation) -> Exception:
        if known_kind(asked.kind) is ViolationKind.CROSS_TENANT:
            return TenantContextMissingError(self._text(asked))
        return super()._refusal(asked)

    def access(self, target_id: str) -> Coroutine[Any, Any, None]:
        return self._translated(self._asked_now(target_id))

    async def _translated(self, asked: TenantViolation) -> None:
        try:
            await self.validate_access(asked)
        except TenantContextMissingError as error:
            if asked.kind == ViolationKind.MISSING_CONTEXT:
                raise
            raise TenantIsolationError(str(error)) from None


class MissingIsAValueError(SyncGuard):
    """Takes a missing context for a bad argument of its caller."""

    def _refusal(self, asked: TenantViolation) -> Exception:
        if known_kind(asked.kind) is ViolationKind.MISSING_CONTEXT:
            return ValueError(self._text(asked))
        return super()._refusal(asked)

    def access(self, target_id: str) -> None:
        try:
            super().access(target_id)
        except ValueError as error:
            raise TenantContextMissingError(str(error)) from None


class MissingIsPlainContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> MissingIsPlain:
        return MissingIsPlain(config, publish)


class MissingHasAnotherNameContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> MissingHasAnotherName:
        return MissingHasAnotherName(config, publish)


class CrossingIsMissingContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> CrossingIsMissing:
        return CrossingIsMissing(config, publish)


class MissingIsAValueErrorContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> MissingIsAValueError:
        return MissingIsAValueError(config, publish)


SUBJECTS = [
    Broken(MissingIsPlainContract, ("TNT-008",), "it raised: tenantisolationerror: '' may not reach"),
    Broken(MissingHasAnotherNameContract, ("TNT-008",), "it raised: notenanterror"),
    Broken(
        CrossingIsMissingContract, ("TNT-008",), "it raised: tenantcontextmissingerror: 'café-straße-7' may not reach"
    ),
    Broken(MissingIsAValueErrorContract, ("TNT-008",), "it raised: valueerror: '' may not reach"),
]
