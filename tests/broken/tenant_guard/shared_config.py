"""Guards that go on reading the mapping they were set up with: TNT-007."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from pytest_policy_contracts import GuardConfig
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, Guard, GuardHarness, Pairs, SyncGuard, pairs_of


class LooksUp(Guard):
    """Looks into a mapping of its own making; what that shares with the one handed in is the mistake."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._targets = self._taken_over(config.whitelist)

    def _taken_over(self, whitelist: Mapping[str, Collection[str]]) -> Mapping[str, Collection[str]]:
        raise NotImplementedError

    def _whitelisted(self, tenant: str, target: str) -> bool:
        return target in self._targets.get(tenant, ())


class KeepsTheMapping(LooksUp, SyncGuard):
    """Keeps the mapping itself."""

    def _taken_over(self, whitelist: Mapping[str, Collection[str]]) -> Mapping[str, Collection[str]]:
        return whitelist


class CopiesOneLevelOfIt(LooksUp, AsyncGuard):
    """Copies the mapping, but not the collections of targets in it."""

    def _taken_over(self, whitelist: Mapping[str, Collection[str]]) -> Mapping[str, Collection[str]]:
        return dict(whitelist)


class WrapsTheMapping(LooksUp, SyncGuard):
    """Makes the mapping read-only for itself, which does not keep others from writing."""

    def _taken_over(self, whitelist: Mapping[str, Collection[str]]) -> Mapping[str, Collection[str]]:
        return MappingProxyType(whitelist)


class CopiesOnFirstUse(AsyncGuard):
    """Copies the mapping when it first needs it, which may be long after it was made."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._whitelist = config.whitelist
        self._copy: Pairs | None = None

    def _whitelisted(self, tenant: str, target: str) -> bool:
        if self._copy is None:
            self._copy = pairs_of(self._whitelist)
        return (tenant, target) in self._copy


class KeepsTheMappingContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> KeepsTheMapping:
        return KeepsTheMapping(config, publish)


class CopiesOneLevelOfItContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> CopiesOneLevelOfIt:
        return CopiesOneLevelOfIt(config, publish)


class WrapsTheMappingContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> WrapsTheMapping:
        return WrapsTheMapping(config, publish)


class CopiesOnFirstUseContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> CopiesOnFirstUse:
        return CopiesOnFirstUse(config, publish)


SUBJECTS = [
    Broken(KeepsTheMappingContract, ("TNT-007",), "high cross_tenant of 'café-straße-7' to 'umbrella-9'"),
    Broken(CopiesOneLevelOfItContract, ("TNT-007",), "high cross_tenant of 'café-straße-7' to 'umbrella-9'"),
    Broken(WrapsTheMappingContract, ("TNT-007",), "high cross_tenant of 'café-straße-7' to 'umbrella-9'"),
    Broken(CopiesOnFirstUseContract, ("TNT-007",), "high cross_tenant of 'café-straße-7' to 'umbrella-9'"),
]
