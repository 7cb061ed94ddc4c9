"""Guards that fill in the wrong moment, none, or one that was already there: TNT-011."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pytest_policy_contracts import GuardConfig, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import NO_CLOCK, AsyncGuard, GuardHarness, SyncGuard


class FillsInLocalTime(SyncGuard):
    """Fills in the time on the wall, without saying which wall."""

    def _moment(self) -> Any:
        try:
            return datetime.now()
        except Exception:
            return NO_CLOCK.replace(tzinfo=None)


class FillsInSeconds(AsyncGuard):
    """Fills in seconds since 1970, where everybody else has a datetime."""

    def _moment(self) -> Any:
        try:
            return time.time()
        except Exception:
            return 0.0


class StampsAnew(AsyncGuard):
    """Records when it was asked, and forgets when it is said to have happened."""

    def _stamped(self, record: TenantViolation) -> TenantViolation:
        return replace(record, timestamp=self._moment())


class LeavesItOut(SyncGuard):
    """Leaves a missing timestamp missing."""

    def _stamped(self, record: TenantViolation) -> TenantViolation:
        return record


class MarksLocalTimeAsUtc(SyncGuard):
    """Puts UTC on every timestamp, also on one that says where it was taken."""

    def _stamped(self, record: TenantViolation) -> TenantViolation:
        if isinstance(record.timestamp, datetime):
            return replace(record, timestamp=record.timestamp.replace(tzinfo=UTC))
        return super()._stamped(record)


class FillsInItsStart(AsyncGuard):
    """Reads the clock once, when it is made, as a default of a parameter does."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._start = super()._moment()

    def _moment(self) -> Any:
        return self._start


class FillsInLocalTimeContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> FillsInLocalTime:
        return FillsInLocalTime(config, publish)


class FillsInSecondsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> FillsInSeconds:
        return FillsInSeconds(config, publish)


class StampsAnewContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> StampsAnew:
        return StampsAnew(config, publish)


class LeavesItOutContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> LeavesItOut:
        return LeavesItOut(config, publish)


class MarksLocalTimeAsUtcContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> MarksLocalTimeAsUtc:
        return MarksLocalTimeAsUtc(config, publish)


class FillsInItsStartContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> FillsInItsStart:
        return FillsInItsStart(config, publish)


SUBJECTS = [
    Broken(FillsInLocalTimeContract, ("TNT-011",), "timestamp is datetime.datetime("),
    Broken(FillsInSecondsContract, ("TNT-011",), "timestamp is 1767229200.0"),
    Broken(
        StampsAnewContract,
        ("TNT-011",),
        "timestamp is datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)",
    ),
    Broken(LeavesItOutContract, ("TNT-011",), "timestamp is none"),
    Broken(FillsInItsStartContract, ("TNT-011",), "timestamp is 2026-01-01 00:00:00+00:00"),
    Broken(
        MarksLocalTimeAsUtcContract,
        ("TNT-011",),
        "timestamp is datetime.datetime(2020, 2, 29, 23, 59, 59, 999999, tzinfo=datetime.timezone.utc)",
    ),
]
