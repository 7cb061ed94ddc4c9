"""What the two caches promise."""

from cachemod import CacheModule, HastyCacheModule

from pytest_policy_contracts import ConfigChange, ReloadableHarness


class CacheContract(ReloadableHarness):
    def create(self):
        return CacheModule()

    def changes(self):
        return [ConfigChange.modified("cache.ttl", 30, 60), ConfigChange.modified("cache.size", 10, 20)]

    def alternative_changes(self):
        return [ConfigChange.modified("cache.ttl", 30, 90), ConfigChange.modified("cache.size", 10, 5)]

    def invalid_changes(self):
        return [ConfigChange.modified("cache.size", 10, -1)]

    def snapshot(self, cache):
        return cache.settings()


class HastyCacheContract(CacheContract):
    def create(self):
        return HastyCacheModule()
