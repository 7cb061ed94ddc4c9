"""Guards that remember every tenant there ever was: TNT-019."""

import asyncio

from pytest_policy_contracts import GuardConfig, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard, exact, shown


class CountsPerTenant(SyncGuard):
    """Counts the violations of each tenant, for a page that shows the worst ten."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._counts: dict[str, int] = {}

    def _stamped(self, record: TenantViolation) -> TenantViolation:
        name = shown(record.tenant_id)
        self._counts[name] = self._counts.get(name, 0) + 1
        return super()._stamped(record)


class LocksPerTenant(AsyncGuard):
    """Has a lock for each tenant that ever did something wrong."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._turns: dict[str, asyncio.Lock] = {}

    async def _keep(self, record: TenantViolation) -> TenantViolation:
        async with self._turns.setdefault(shown(record.tenant_id), asyncio.Lock()):
            return await super()._keep(record)


class CachesForEver(SyncGuard):
    """Caches each decision under its pair of ids, and drops none."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._decisions: dict[tuple[str, str], bool] = {}

    def _whitelisted(self, tenant: str, target: str) -> bool:
        pair = (tenant, target)
        if pair not in self._decisions:
            self._decisions[pair] = super()._whitelisted(tenant, target)
        return self._decisions[pair]


class ListsTheSeen(AsyncGuard):
    """Keeps the ids of all tenants that it recorded something of, for a report that nobody fetches."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._seen: set[str] = set()

    async def _keep(self, record: TenantViolation) -> TenantViolation:
        if exact(record.tenant_id):
            self._seen.add(record.tenant_id)
        return await super()._keep(record)


class CountsPerTenantContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> CountsPerTenant:
        return CountsPerTenant(config, publish)


class LocksPerTenantContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> LocksPerTenant:
        return LocksPerTenant(config, publish)


class CachesForEverContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> CachesForEver:
        return CachesForEver(config, publish)


class ListsTheSeenContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> ListsTheSeen:
        return ListsTheSeen(config, publish)


SUBJECTS = [
    Broken(CountsPerTenantContract, ("TNT-019",), "it grows by more than 48 bytes for each new tenant"),
    Broken(LocksPerTenantContract, ("TNT-019",), "it grows by more than 48 bytes for each new tenant"),
    Broken(CachesForEverContract, ("TNT-019",), "it grows by more than 48 bytes for each new tenant"),
    Broken(ListsTheSeenContract, ("TNT-019",), "it grows by more than 48 bytes for each new tenant"),
]
