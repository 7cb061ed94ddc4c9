"""Guards that lose, double or mix up violations that come at the same time: TNT-012.

One access after the other is recorded correctly by each of them; what is missing is the turn-taking.
"""

import asyncio
from typing import Any

from pytest_policy_contracts import GuardConfig, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, Guard, GuardHarness, SyncGuard


A_MOMENT = 0.0001
"""How long a store takes."""


class Ring(Guard):
    """A list that is written round and round, and how often it was written; a correct part without a lock."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._ring: list[Any] = [None] * config.max_violations
        self._written = 0

    def _oldest_first(self) -> list[TenantViolation]:
        size = len(self._ring)
        places = range(max(0, self._written - size), self._written)
        return [record for record in (self._ring[place % size] for place in places) if record is not None]


class RingWithoutALock(Ring, SyncGuard):
    """Reads where to write on one line, and moves on two lines later."""

    def _keep(self, record: TenantViolation) -> TenantViolation:
        record = self._stamped(record)
        place = self._written
        self._ring[place % len(self._ring)] = record
        self._written = place + 1
        return record

    def _snapshot(self) -> list[TenantViolation]:
        return self._oldest_first()


class SwapsTheList(SyncGuard):
    """Makes a new list for each record, so that readers need no lock; writers would."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._most = config.max_violations
        self._list: list[TenantViolation] = []

    def _keep(self, record: TenantViolation) -> TenantViolation:
        record = self._stamped(record)
        longer = [*self._list, record]
        self._list = longer[-self._most :]
        return record

    def _snapshot(self) -> list[TenantViolation]:
        return self._list


class FillsInOneForm(SyncGuard):
    """Fills the parts of a violation into a form that it has once, and copies that."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._form: dict[str, Any] = {}

    def _copy_in(self, asked: TenantViolation) -> TenantViolation:
        self._form["kind"] = asked.kind
        self._form["severity"] = asked.severity
        self._form["tenant_id"] = asked.tenant_id
        self._form["target_id"] = asked.target_id
        self._form["timestamp"] = asked.timestamp
        self._form["details"] = asked.details
        return super()._copy_in(TenantViolation(**self._form))


class FlushesABuffer(SyncGuard):
    """Empties a buffer into its records; whoever comes in between is flushed twice or not at all."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._buffer: list[TenantViolation] = []

    def _keep(self, record: TenantViolation) -> TenantViolation:
        record = self._stamped(record)
        self._buffer.append(record)
        self._kept.extend(list(self._buffer))
        self._buffer.clear()
        return record


class ReadsWhileTheyWrite(SyncGuard):
    """Goes through its records one by one without the lock under which others append."""

    def _snapshot(self) -> list[TenantViolation]:
        records = []
        for record in self._kept:
            records.append(record)
        return records


class RingAcrossAWait(Ring, AsyncGuard):
    """Reads where to write, waits for its store, and writes there."""

    async def _keep(self, record: TenantViolation) -> TenantViolation:
        record = self._stamped(record)
        place = self._written
        await asyncio.sleep(A_MOMENT)
        self._ring[place % len(self._ring)] = record
        self._written = place + 1
        return record

    def recent_violations(self) -> list[TenantViolation]:
        return [self._copy_out(record) for record in self._oldest_first()]


class RewritesItsFile(AsyncGuard):
    """Reads all it has, adds one, waits, and writes all back."""

    async def _keep(self, record: TenantViolation) -> TenantViolation:
        record = self._stamped(record)
        longer = self._kept.copy()
        longer.append(record)
        await asyncio.sleep(A_MOMENT)
        self._kept = longer
        return record


class RetriesWhenOvertaken(AsyncGuard):
    """Takes its record for lost when another came in between, and appends it once more."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._version = 0

    async def _keep(self, record: TenantViolation) -> TenantViolation:
        record = self._stamped(record)
        for _ in range(2):
            version = self._version = self._version + 1
            self._kept.append(record)
            await asyncio.sleep(A_MOMENT)
            if self._version == version:
                break
        return record


class KeepsTheLatest(AsyncGuard):
    """Puts the record where its store will look for it, and the store looks a moment later."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._latest: TenantViolation | None = None

    async def _keep(self, record: TenantViolation) -> TenantViolation:
        self._latest = self._stamped(record)
        await asyncio.sleep(A_MOMENT)
        assert self._latest is not None
        self._kept.append(self._latest)
        return record if record.timestamp is not None else self._stamped(record)


class RingWithoutALockContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> RingWithoutALock:
        return RingWithoutALock(config, publish)


class SwapsTheListContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SwapsTheList:
        return SwapsTheList(config, publish)


class FillsInOneFormContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> FillsInOneForm:
        return FillsInOneForm(config, publish)


class FlushesABufferContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> FlushesABuffer:
        return FlushesABuffer(config, publish)


class ReadsWhileTheyWriteContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> ReadsWhileTheyWrite:
        return ReadsWhileTheyWrite(config, publish)


class RingAcrossAWaitContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> RingAcrossAWait:
        return RingAcrossAWait(config, publish)


class RewritesItsFileContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> RewritesItsFile:
        return RewritesItsFile(config, publish)


class RetriesWhenOvertakenContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> RetriesWhenOvertaken:
        return RetriesWhenOvertaken(config, publish)


class KeepsTheLatestContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> KeepsTheLatest:
        return KeepsTheLatest(config, publish)


SUBJECTS = [
    Broken(RingWithoutALockContract, ("TNT-012",), "0 times; recorded: high"),
    Broken(SwapsTheListContract, ("TNT-012",), "0 times; recorded: high"),
    Broken(FillsInOneFormContract, ("TNT-012",), "'tenant-21' to 'target-21', high unauthorized of 'tenant-21'"),
    Broken(FlushesABufferContract, ("TNT-012",), "2 times; recorded: high"),
    Broken(ReadsWhileTheyWriteContract, ("TNT-012",), "runtimeerror"),
    Broken(
        RingAcrossAWaitContract,
        ("TNT-012",),
        "0 times; recorded: high missing_context of 'tenant-20' to 'target-20', high unauthorized of 'tenant-21'",
    ),
    Broken(
        RewritesItsFileContract,
        ("TNT-012",),
        "0 times; recorded: high missing_context of 'tenant-20' to 'target-20', high unauthorized of 'tenant-21'",
    ),
    Broken(RetriesWhenOvertakenContract, ("TNT-012",), "'tenant-20' to 'target-20', high cross_tenant of 'tenant-00'"),
    Broken(
        KeepsTheLatestContract,
        ("TNT-012",),
        "'target-21', high unauthorized of 'tenant-21' to 'target-21', high unauthorized of 'tenant-21'",
    ),
]
