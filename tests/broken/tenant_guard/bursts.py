"""Guards that mix tenants up, or give in, when very much is asked at once: TNT-016.

Few accesses one after the other are decided correctly by each of them.
"""

import asyncio
from collections import Counter
from zlib import crc32

from pytest_policy_contracts import GuardConfig, GuardMode, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard, crosses_between_ids, exact

SLOTS = 1024
SHEDDING = 1500
BANNING = 100
REMEMBERED_TENANTS = 1000


class SharesCacheSlots(SyncGuard):
    """Caches decisions in slots, and does not look whose decision it finds in one."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._slots: dict[int, bool] = {}

    def _excused(self, asked: TenantViolation) -> bool:
        if not crosses_between_ids(asked):
            return False
        pair = f"{asked.tenant_id!r} {asked.target_id!r}"
        slot = crc32(pair.encode("utf-8", "backslashreplace")) % SLOTS
        answer = self._slots.get(slot)
        if answer is None:
            answer = self._slots[slot] = super()._excused(asked)
        return answer


class RemembersWhoAsks(SyncGuard):
    """Notes on itself what it is asked, and reads it again to decide."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._asked: TenantViolation | None = None

    def _excused(self, asked: TenantViolation) -> bool:
        self._asked = asked
        return super()._excused(self._asked)


class RemembersWhileItWaits(AsyncGuard):
    """Notes on itself what it is asked, looks the tenant up elsewhere, and decides on what is noted by then."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._asked: TenantViolation | None = None

    async def validate_access(self, asked: TenantViolation) -> None:
        if not crosses_between_ids(asked):
            return await super().validate_access(asked)
        record = self._asked = self._copy_in(asked)
        if record.tenant_id != record.target_id:
            await asyncio.sleep(0.0001)
        if self._lets_pass(self._asked):
            return None
        await self._announce(await self._keep(record))
        return self._refuse(record)


class DecidesOncePerTarget(AsyncGuard):
    """Lets all who reach for a target while somebody's access to it is decided share that decision."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._decisions: dict[str, asyncio.Task[bool]] = {}

    async def validate_access(self, asked: TenantViolation) -> None:
        if not crosses_between_ids(asked):
            return await super().validate_access(asked)
        record = self._copy_in(asked)
        if await self._decision(record.target_id, record):
            return None
        await self._announce(await self._keep(record))
        return self._refuse(record)

    async def _decision(self, target: str, asked: TenantViolation) -> bool:
        decision = self._decisions.get(target)
        if decision is None:
            decision = self._decisions[target] = asyncio.create_task(self._decided(asked), name="target-decision")
            decision.add_done_callback(lambda _: self._decisions.pop(target))
        return await asyncio.shield(decision)

    async def _decided(self, asked: TenantViolation) -> bool:
        await asyncio.sleep(0.0001)
        return self._lets_pass(asked)


class ShedsLoad(AsyncGuard):
    """Only records, after so many denials that it takes itself for the problem."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._denials = 0

    def _refuse(self, asked: TenantViolation) -> None:
        self._denials += 1
        if self._denials <= SHEDDING:
            super()._refuse(asked)


class BansTheNoisy(SyncGuard):
    """Denies a tenant its own things, too, after some denials."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._denials: Counter[str] = Counter()

    def _excused(self, asked: TenantViolation) -> bool:
        return super()._excused(asked) and self._denials[asked.tenant_id] < BANNING

    def _refuse(self, asked: TenantViolation) -> None:
        if self._mode is GuardMode.STRICT and exact(asked.tenant_id):
            if len(self._denials) >= REMEMBERED_TENANTS:
                self._denials.clear()
            self._denials[asked.tenant_id] += 1
        super()._refuse(asked)


class SharesCacheSlotsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SharesCacheSlots:
        return SharesCacheSlots(config, publish)


class RemembersWhoAsksContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> RemembersWhoAsks:
        return RemembersWhoAsks(config, publish)


class RemembersWhileItWaitsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> RemembersWhileItWaits:
        return RemembersWhileItWaits(config, publish)


class DecidesOncePerTargetContract(GuardHarness):
    """Without bindings: who shares somebody else's decision seems to be somebody else there, too."""

    bind_tenant = None  # type: ignore[assignment]
    access = None  # type: ignore[assignment]

    def create(self, config: GuardConfig, publish: Publish) -> DecidesOncePerTarget:
        return DecidesOncePerTarget(config, publish)


class ShedsLoadContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> ShedsLoad:
        return ShedsLoad(config, publish)


class BansTheNoisyContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> BansTheNoisy:
        return BansTheNoisy(config, publish)


SUBJECTS = [
    Broken(SharesCacheSlotsContract, ("TNT-016",), "108 of 10000 decisions"),
    Broken(RemembersWhoAsksContract, ("TNT-016",), "'tenant-00' may not reach 'tenant-00'"),
    Broken(RemembersWhileItWaitsContract, ("TNT-016",), "high cross_tenant of 'tenant-01' to 'tenant-02'"),
    Broken(DecidesOncePerTargetContract, ("TNT-016",), "1 of 21 decisions"),
    Broken(ShedsLoadContract, ("TNT-016",), "6325 of 10000 decisions"),
    Broken(BansTheNoisyContract, ("TNT-016",), "750 of 10000 decisions"),
]
