"""Denials that tell whether there is such a tenant: TNT-020."""

from collections import deque

from pytest_policy_contracts import GuardConfig, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard, crosses_between_ids, exact, shown


class NoSuchTenant(SyncGuard):
    """Says of a target that no setting mentions that it does not exist."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._known = frozenset(one for pair in self._pairs for one in pair)

    def _text(self, asked: TenantViolation) -> str:
        if exact(asked.target_id) and asked.target_id not in self._known:
            return f"there is no tenant {shown(asked.target_id)}"
        return super()._text(asked)


class SaysWhoMay(AsyncGuard):
    """Helps along by naming those who may reach the target."""

    def _text(self, asked: TenantViolation) -> str:
        text = super()._text(asked)
        if not crosses_between_ids(asked):
            return text
        holders = ", ".join(sorted(tenant for tenant, target in self._pairs if target == asked.target_id))
        return f"{text}, only {holders or 'its owner'} may"


class NeverHeardOf(SyncGuard):
    """Says whether the target has been active lately, which only existing ones are."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._active: deque[str] = deque(maxlen=100)

    def _excused(self, asked: TenantViolation) -> bool:
        excused = super()._excused(asked)
        if excused and asked.tenant_id not in self._active:
            self._active.append(asked.tenant_id)
        return excused

    def _text(self, asked: TenantViolation) -> str:
        text = super()._text(asked)
        return f"{text} (active)" if exact(asked.target_id) and asked.target_id in self._active else text


class NoSuchTenantContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NoSuchTenant:
        return NoSuchTenant(config, publish)


class SaysWhoMayContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SaysWhoMay:
        return SaysWhoMay(config, publish)


class NeverHeardOfContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NeverHeardOf:
        return NeverHeardOf(config, publish)


SUBJECTS = [
    Broken(NoSuchTenantContract, ("TNT-020",), "there is no tenant «id»"),
    Broken(SaysWhoMayContract, ("TNT-020",), "only café-straße-7 may"),
    Broken(NeverHeardOfContract, ("TNT-020",), "cross_tenant (active)"),
]
