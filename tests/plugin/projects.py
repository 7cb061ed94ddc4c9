"""Small adopter projects for the tests of the plugin."""

from __future__ import annotations

import pytest

CACHE = """
import asyncio
from datetime import date, timedelta
from pytest_policy_contracts import ConfigChange, KnownDeviation, ReloadableHarness

class Cache:
    reload_timeout = timedelta(seconds=30)

    def __init__(self):
        self.settings = {"ttl": 30, "size": 10}

    def can_reload(self):
        return True

    def checked(self, changes):
        settings = dict(self.settings)
        for change in changes:
            name = change.path.removeprefix("cache.")
            if name in settings:
                if not isinstance(change.new, int) or change.new <= 0:
                    raise ValueError(f"{change.path} has to be a number above zero")
                settings[name] = change.new
        return settings

    async def reload(self, changes):
        settings = self.checked(changes)
        await asyncio.sleep(1)
        self.settings = settings

class CacheContract(ReloadableHarness):
    def create(self): return Cache()
    def changes(self):
        return [ConfigChange.modified("cache.ttl", 30, 60), ConfigChange.modified("cache.size", 10, 20)]
    def alternative_changes(self):
        return [ConfigChange.modified("cache.ttl", 30, 90), ConfigChange.modified("cache.size", 10, 5)]
    def invalid_changes(self): return [ConfigChange.modified("cache.ttl", 30, -1)]
    def snapshot(self, cache): return cache.settings

def test_plain(): pass
"""

HALF = """
class HalfCache(Cache):
    async def reload(self, changes):
        for name, value in self.checked(changes).items():
            self.settings[name] = value
            await asyncio.sleep(1)

class HalfContract(CacheContract):
    def create(self): return HalfCache()
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest in a process of its own, as an adopter does, with warnings as errors."""
    fixed = (f"--rootdir={pytester.path}", "-p", "no:cacheprovider", "-W", "error")
    return pytester.runpytest_subprocess(*fixed, *arguments)
