"""What the two guards of the cache promise."""

from cacheguard import CacheGuard, ForgetfulCacheGuard

from pytest_policy_contracts import TenantGuardHarness


class CacheGuardContract(TenantGuardHarness):
    def create(self, config, publish):
        return CacheGuard(config, publish)


class ForgetfulCacheGuardContract(CacheGuardContract):
    def create(self, config, publish):
        return ForgetfulCacheGuard(config, publish)
