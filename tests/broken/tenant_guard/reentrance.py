"""Guards that do not expect their publisher to ask them something: TNT-015."""

import threading
from contextvars import ContextVar

from pytest_policy_contracts import GuardConfig, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard


class PublishesUnderItsLock(SyncGuard):
    """Publishes while it holds a lock that it cannot take twice."""

    def validate_access(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        record = self._copy_in(asked)
        with self._turn:
            record = self._stamped(record)
            self._kept.append(record)
            self._announce(record)
        self._refuse(asked)


class WaitsUnderItsLock(AsyncGuard):
    """Waits for its publisher while it holds the lock that the publisher's own access needs."""

    async def validate_access(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        record = self._copy_in(asked)
        async with self._turn:
            record = self._stamped(record)
            self._kept.append(record)
            await self._announce(record)
        self._refuse(asked)


class AllowsItsPublisher(SyncGuard):
    """Lets everything pass on a thread on which it is already at work, against endless recursion."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._here = threading.local()

    def validate_access(self, asked: TenantViolation) -> None:
        if getattr(self._here, "at_work", False):
            return
        self._here.at_work = True
        try:
            super().validate_access(asked)
        finally:
            self._here.at_work = False


class AllowsWhatItCauses(AsyncGuard):
    """Lets everything pass that happens while it waits for its publisher, in the publisher's context."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._publishing: ContextVar[bool] = ContextVar("publishing", default=False)

    def _lets_pass(self, asked: TenantViolation) -> bool:
        return self._publishing.get() or super()._lets_pass(asked)

    async def _emit(self, record: TenantViolation) -> None:
        token = self._publishing.set(True)
        try:
            await super()._emit(record)
        finally:
            self._publishing.reset(token)


class PublishesUnderItsLockContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> PublishesUnderItsLock:
        return PublishesUnderItsLock(config, publish)


class WaitsUnderItsLockContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> WaitsUnderItsLock:
        return WaitsUnderItsLock(config, publish)


class AllowsItsPublisherContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> AllowsItsPublisher:
        return AllowsItsPublisher(config, publish)


class AllowsWhatItCausesContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> AllowsWhatItCauses:
        return AllowsWhatItCauses(config, publish)


SUBJECTS = [
    Broken(PublishesUnderItsLockContract, ("TNT-015",), "in validate_access waits for lock"),
    Broken(WaitsUnderItsLockContract, ("TNT-015",), "async with self._turn"),
    Broken(AllowsItsPublisherContract, ("TNT-015",), "high cross_tenant of 'umbrella-9' to 'café-straße-7'"),
    Broken(AllowsWhatItCausesContract, ("TNT-015",), "high cross_tenant of 'umbrella-9' to 'café-straße-7'"),
]
