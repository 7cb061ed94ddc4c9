"""What is promised by those who report the health of the cache."""

from cachehealth import PASSWORD, CacheHealth, RosyCacheHealth, Store

from pytest_policy_contracts import HealthProviderHarness


class CacheHealthContract(HealthProviderHarness):
    def create(self):
        return CacheHealth(Store())

    def break_dependency(self, health):
        health.store.fault = "refuses"

    def hang_dependency(self, health):
        health.store.fault = "hangs"

    def restore_dependency(self, health):
        health.store.fault = ""

    def secrets(self):
        return [PASSWORD]


class RosyCacheHealthContract(CacheHealthContract):
    def create(self):
        return RosyCacheHealth(Store())
