"""Strict guards that allow what they could not handle, because handling it failed: TNT-015."""

import json
import logging
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pytest_policy_contracts import GuardConfig, GuardMode, TenantIsolationError, TenantViolation, ViolationKind
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard, crosses_between_ids, known_kind, warn

_log = logging.getLogger("gate.audit")


class UncopyableIsAllowed(SyncGuard):
    """Ends quietly when a record cannot be made: bookkeeping must not break a request."""

    def validate_access(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        try:
            record = self._keep(deepcopy(asked))
        except Exception:
            return
        self._announce(record)
        self._refuse(asked)


class AnyErrorIsAllowed(AsyncGuard):
    """Decides inside one `try`, whose `except` is meant for bugs and lets the request go on."""

    async def validate_access(self, asked: TenantViolation) -> None:
        try:
            await self._validated(asked)
        except TenantIsolationError:
            raise
        except Exception:
            return

    async def _validated(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        kind = ViolationKind(asked.kind)
        await self._announce(await self._keep(replace(deepcopy(asked), kind=kind)))
        self._refuse(asked)


class UnhashableIsAllowed(AsyncGuard):
    """Puts the ids into a set to compare them, and when that fails there is nothing to compare."""

    async def validate_access(self, asked: TenantViolation) -> None:
        try:
            own = len({asked.tenant_id, asked.target_id}) == 1
        except TypeError:
            warn("the ids cannot be looked up")
            return
        if not own or not crosses_between_ids(asked):
            await super().validate_access(asked)


class UnknownKindIsAllowed(SyncGuard):
    """Denies the kinds that it was written for; newer ones it only records."""

    def _refuse(self, asked: TenantViolation) -> None:
        if known_kind(asked.kind) is not None:
            super()._refuse(asked)


class UnknownKindIsACrossing(AsyncGuard):
    """Takes every kind that it does not know for a cross-tenant access, so that an own or whitelisted one passes."""

    def _excused(self, asked: TenantViolation) -> bool:
        if known_kind(asked.kind) is None:
            ids = (asked.tenant_id, asked.target_id)
            return super()._excused(TenantViolation(ViolationKind.CROSS_TENANT, asked.severity, *ids))
        return super()._excused(asked)


class EqualIsEqual(AsyncGuard):
    """Compares ids of whatever type, and lets them say themselves whether they are equal."""

    def _excused(self, asked: TenantViolation) -> bool:
        if known_kind(asked.kind) is ViolationKind.CROSS_TENANT and asked.target_id:
            return asked.tenant_id == asked.target_id or super()._excused(asked)
        return False


class NoClockIsAllowed(AsyncGuard):
    """Ends quietly when it cannot say at what moment something happened."""

    def _moment(self) -> Any:
        return datetime.now(UTC)

    async def validate_access(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        try:
            record = await self._keep(self._copy_in(asked))
        except Exception:
            return
        await self._announce(record)
        self._refuse(asked)


class UnloggedIsAllowed(SyncGuard):
    """Logs before it denies, and takes an error of the log for the end of the matter."""

    def validate_access(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        self._announce(self._keep(self._copy_in(asked)))
        try:
            _log.warning("access denied: %s", known_kind(asked.kind))
        except Exception:
            return
        self._refuse(asked)


class StrictByIdentity(SyncGuard):
    """Asks in an emergency whether its mode is strict, by an `is` that a mode from a file never passes."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._configured = json.loads(json.dumps({"mode": config.mode}))["mode"]

    def validate_access(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        try:
            record = self._keep(deepcopy(asked))
        except Exception as error:
            if self._configured is GuardMode.STRICT:
                raise TenantIsolationError("what cannot be recorded is denied") from error
            return
        self._announce(record)
        self._refuse(asked)


class UncopyableIsAllowedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> UncopyableIsAllowed:
        return UncopyableIsAllowed(config, publish)


class AnyErrorIsAllowedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> AnyErrorIsAllowed:
        return AnyErrorIsAllowed(config, publish)


class UnhashableIsAllowedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> UnhashableIsAllowed:
        return UnhashableIsAllowed(config, publish)


class UnknownKindIsAllowedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> UnknownKindIsAllowed:
        return UnknownKindIsAllowed(config, publish)


class UnknownKindIsACrossingContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> UnknownKindIsACrossing:
        return UnknownKindIsACrossing(config, publish)


class EqualIsEqualContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> EqualIsEqual:
        return EqualIsEqual(config, publish)


class NoClockIsAllowedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NoClockIsAllowed:
        return NoClockIsAllowed(config, publish)


class UnloggedIsAllowedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> UnloggedIsAllowed:
        return UnloggedIsAllowed(config, publish)


class StrictByIdentityContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> StrictByIdentity:
        return StrictByIdentity(config, publish)


SUBJECTS = [
    Broken(
        UncopyableIsAllowedContract,
        ("TNT-015",),
        "denied by an exception: low cross_tenant of 'café-straße-7' to 'umbrella-9'",
    ),
    Broken(
        AnyErrorIsAllowedContract,
        ("TNT-015",),
        "denied by an exception: low cross_tenant of 'café-straße-7' to 'umbrella-9'",
    ),
    Broken(UnhashableIsAllowedContract, ("TNT-015",), "cross_tenant of ['café-straße-7'] to 'globex-éfin-4'"),
    Broken(UnknownKindIsAllowedContract, ("TNT-015",), "something_else of 'café-straße-7' to 'umbrella-9'"),
    Broken(UnknownKindIsACrossingContract, ("TNT-015",), "something_else of 'café-straße-7' to 'globex-éfin-4'"),
    Broken(EqualIsEqualContract, ("TNT-015",), "cross_tenant of true to 1"),
    Broken(
        NoClockIsAllowedContract,
        ("TNT-015",),
        "denied by an exception: low cross_tenant of 'café-straße-7' to 'umbrella-9'",
    ),
    Broken(
        UnloggedIsAllowedContract,
        ("TNT-015",),
        "denied by an exception: low cross_tenant of 'café-straße-7' to 'umbrella-9'",
    ),
    Broken(
        StrictByIdentityContract,
        ("TNT-015",),
        "denied by an exception: low cross_tenant of 'café-straße-7' to 'umbrella-9'",
    ),
]
