"""Guards whose decision or memory depends on their publisher: TNT-014."""

import asyncio
import time
from collections import deque

from pytest_policy_contracts import GuardConfig, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard, warn


class PublishesBeforeItKeeps(SyncGuard):
    """Keeps what it has published; what could not be published it does not keep."""

    def validate_access(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        record = self._stamped(self._copy_in(asked))
        try:
            self._publish(self._event(record))
            self._keep(record)
        except Exception:
            warn("a violation could not be published")
        self._refuse(asked)


class TakesItsRecordBack(AsyncGuard):
    """Makes one transaction of keeping and publishing, and takes back the first when the second fails."""

    async def _announce(self, record: TenantViolation) -> None:
        try:
            await self._emit(record)
        except Exception:
            self._kept = deque((one for one in self._kept if one is not record), self._kept.maxlen)


class PublisherDeniesForIt(AsyncGuard):
    """Lets the publisher's error through to the caller, who takes it for a denial."""

    async def _announce(self, record: TenantViolation) -> None:
        await self._emit(record)


class SlowIsAllowed(AsyncGuard):
    """Gives its decision five seconds, and allows what was not denied by then."""

    async def validate_access(self, asked: TenantViolation) -> None:
        try:
            async with asyncio.timeout(5):
                await super().validate_access(asked)
        except TimeoutError:
            warn("gave up deciding")


class SlowIsDenied(SyncGuard):
    """Denies in any mode when its publisher took more than five seconds."""

    def _announce(self, record: TenantViolation) -> None:
        began = self._seconds()
        super()._announce(record)
        if self._seconds() - began > 5:
            raise TimeoutError("the audit is too slow")

    @staticmethod
    def _seconds() -> float:
        try:
            return time.monotonic()
        except Exception:
            return 0.0


class UnpublishedIsAllowed(SyncGuard):
    """Denies nothing that it could not publish, because nobody could look into it."""

    def validate_access(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        record = self._keep(self._copy_in(asked))
        try:
            self._publish(self._event(record))
        except Exception:
            return
        self._refuse(asked)


class PublishesBeforeItKeepsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> PublishesBeforeItKeeps:
        return PublishesBeforeItKeeps(config, publish)


class TakesItsRecordBackContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> TakesItsRecordBack:
        return TakesItsRecordBack(config, publish)


class PublisherDeniesForItContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> PublisherDeniesForIt:
        return PublisherDeniesForIt(config, publish)


class SlowIsAllowedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SlowIsAllowed:
        return SlowIsAllowed(config, publish)


class SlowIsDeniedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SlowIsDenied:
        return SlowIsDenied(config, publish)


class UnpublishedIsAllowedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> UnpublishedIsAllowed:
        return UnpublishedIsAllowed(config, publish)


SUBJECTS = [
    Broken(PublishesBeforeItKeepsContract, ("TNT-014",), "recorded: nothing"),
    Broken(TakesItsRecordBackContract, ("TNT-014",), "recorded: nothing"),
    Broken(PublisherDeniesForItContract, ("TNT-014",), "connectionerror: the publisher has lost its connection"),
    Broken(
        SlowIsAllowedContract,
        ("TNT-014",),
        "denied by an exception: low cross_tenant of 'café-straße-7' to 'umbrella-9'",
    ),
    Broken(SlowIsDeniedContract, ("TNT-014",), "timeouterror: the audit is too slow"),
    Broken(
        UnpublishedIsAllowedContract,
        ("TNT-014", "TNT-015"),
        "denied by an exception: low cross_tenant of 'café-straße-7' to 'umbrella-9'",
    ),
]
