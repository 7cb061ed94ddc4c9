"""The guard of the reference implementation, as its readers wire it: events leave through an outbox and a thread."""

from contextlib import AbstractContextManager

from pytest_policy_contracts import GuardConfig, TenantGuardHarness
from pytest_policy_contracts.contracts.tenants import Publish
from reference_impl.events import Outbox, ThreadDelivery
from reference_impl.guard import TenantGuard


class DeliveringGuard(TenantGuard):
    """A guard that has its delivery with it, so that both can be closed together."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        outbox = Outbox("/tests/tenant-guard", capacity=100)
        super().__init__(config, events=outbox)
        self._delivery = ThreadDelivery(outbox, publish)

    def close(self) -> None:
        self._delivery.close()


class ReferenceGuardContract(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> DeliveringGuard:
        return DeliveringGuard(config, publish)

    def bind_tenant(self, subject: DeliveringGuard, tenant_id: str) -> AbstractContextManager[None]:
        return subject.bound_to(tenant_id)

    def access(self, subject: DeliveringGuard, target_id: str) -> None:
        subject.access(target_id)

    def dispose(self, subject: DeliveringGuard) -> None:
        subject.close()
