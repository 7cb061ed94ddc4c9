"""Whitelists that excuse more than one tenant's reach for another's things: TNT-006."""

from pytest_policy_contracts import GuardConfig, TenantViolation, ViolationKind
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, Guard, GuardHarness, SyncGuard, exact, known_kind


class ExcusesKinds(Guard):
    """Excuses a whitelisted pair where the access is of one of some kinds."""

    excused_kinds: frozenset[ViolationKind] = frozenset()

    def _excused(self, asked: TenantViolation) -> bool:
        if known_kind(asked.kind) in self.excused_kinds and exact(asked.tenant_id) and exact(asked.target_id):
            if self._whitelisted(asked.tenant_id, asked.target_id):
                return True
        return super()._excused(asked)


class LooksUpBeforeTheKind(ExcusesKinds, SyncGuard):
    """Asks its whitelist first, whatever is wrong with the access."""

    excused_kinds = frozenset(ViolationKind)


class ExcusesUnauthorized(ExcusesKinds, AsyncGuard):
    """Takes a whitelisted pair for a permission to do anything there."""

    excused_kinds = frozenset({ViolationKind.UNAUTHORIZED})


class ExcusesMissingContext(ExcusesKinds, AsyncGuard):
    """Needs no context where the ids in the request are whitelisted."""

    excused_kinds = frozenset({ViolationKind.MISSING_CONTEXT})


class ExcusesInvalidContext(ExcusesKinds, SyncGuard):
    """Trusts the ids in a context that was found to be invalid."""

    excused_kinds = frozenset({ViolationKind.INVALID_CONTEXT})


class EmptyTenantIsAKey(SyncGuard):
    """Lets nobody reach what is whitelisted for nobody, a mere default of somebody's form."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._public = frozenset(config.whitelist.get("", ()))

    def _excused(self, asked: TenantViolation) -> bool:
        crosses = known_kind(asked.kind) is ViolationKind.CROSS_TENANT
        if crosses and type(asked.tenant_id) is str and asked.tenant_id == "" and exact(asked.target_id):
            return asked.target_id in self._public
        return super()._excused(asked)


class EmptyTargetIsATarget(AsyncGuard):
    """Lets a tenant reach for nothing in particular, when its list of targets has an empty one."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._anywhere = frozenset(tenant for tenant, targets in config.whitelist.items() if "" in targets)

    def _excused(self, asked: TenantViolation) -> bool:
        crosses = known_kind(asked.kind) is ViolationKind.CROSS_TENANT
        if crosses and exact(asked.tenant_id) and type(asked.target_id) is str and asked.target_id == "":
            return asked.tenant_id in self._anywhere
        return super()._excused(asked)


class LooksUpBeforeTheKindContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> LooksUpBeforeTheKind:
        return LooksUpBeforeTheKind(config, publish)


class ExcusesUnauthorizedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> ExcusesUnauthorized:
        return ExcusesUnauthorized(config, publish)


class ExcusesMissingContextContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> ExcusesMissingContext:
        return ExcusesMissingContext(config, publish)


class ExcusesInvalidContextContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> ExcusesInvalidContext:
        return ExcusesInvalidContext(config, publish)


class EmptyTenantIsAKeyContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> EmptyTenantIsAKey:
        return EmptyTenantIsAKey(config, publish)


class EmptyTargetIsATargetContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> EmptyTargetIsATarget:
        return EmptyTargetIsATarget(config, publish)


SUBJECTS = [
    Broken(LooksUpBeforeTheKindContract, ("TNT-006",), "high invalid_context of 'café-straße-7' to 'globex-éfin-4'"),
    Broken(ExcusesUnauthorizedContract, ("TNT-006",), "high unauthorized of 'café-straße-7' to 'globex-éfin-4'"),
    Broken(ExcusesMissingContextContract, ("TNT-006",), "high missing_context of 'café-straße-7' to 'globex-éfin-4'"),
    Broken(ExcusesInvalidContextContract, ("TNT-006",), "high invalid_context of 'café-straße-7' to 'globex-éfin-4'"),
    Broken(EmptyTenantIsAKeyContract, ("TNT-006",), "high cross_tenant of '' to 'globex-éfin-4'"),
    Broken(EmptyTargetIsATargetContract, ("TNT-006",), "high cross_tenant of 'café-straße-7' to ''"),
]
