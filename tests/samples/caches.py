"""Small harnesses for the tests of the faces: one that conforms, and one for each other ending."""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from pytest_policy_contracts import ConfigChange, KnownDeviation, ReloadableHarness

SECRET = "hunter22-of-the-cache"


class Cache:
    """Takes all changes at once, after a second of work."""

    reload_timeout = timedelta(seconds=30)

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {"ttl": 30, "size": 10, "token": "t-0"}

    def can_reload(self) -> bool:
        return True

    async def reload(self, changes: list[ConfigChange]) -> None:
        new = accepted(changes, self.settings)
        await asyncio.sleep(1)
        self.settings = {**self.settings, **dict(new)}


class HalfwayCache(Cache):
    """Takes one change after the other."""

    async def reload(self, changes: list[ConfigChange]) -> None:
        for key, value in accepted(changes, self.settings):
            self.settings[key] = value
            await asyncio.sleep(1)


def accepted(changes: list[ConfigChange], known: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the changes of known settings; a negative number raises `ValueError`."""
    found = []
    for change in changes:
        key = change.path.removeprefix("cache.")
        if isinstance(change.new, int) and change.new < 0:
            raise ValueError(f"{change.path} has to be positive")
        if key in known:
            found.append((key, change.new))
    return found


class Conforming(ReloadableHarness):
    """Every clause can be tested, and holds."""

    def create(self) -> object:
        return Cache()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.ttl", 30, 60),
            ConfigChange.modified("cache.size", 10, 20),
            ConfigChange.modified("cache.token", "t-0", SECRET),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.ttl", 30, 90),
            ConfigChange.modified("cache.size", 10, 5),
        ]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.token", "t-0", SECRET),
            ConfigChange.modified("cache.ttl", 30, -1),
        ]

    def snapshot(self, cache: Cache) -> object:
        return cache.settings

    def secrets(self) -> list[str]:
        return [SECRET]


class Halfway(Conforming):
    """Breaks RLD-007, among others."""

    def create(self) -> object:
        return HalfwayCache()


class Bare(ReloadableHarness):
    """Has no snapshot, so that many a MUST is untested."""

    def create(self) -> object:
        return Cache()

    def changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("cache.ttl", 30, 60)]


class Unusable(Bare):
    """Its own code fails."""

    def changes(self) -> list[ConfigChange]:
        raise RuntimeError("the fixture file is gone")


class Deviating(Halfway):
    """Its violation of RLD-007 is known."""

    known_deviations: ClassVar[Mapping[str, KnownDeviation]] = {
        "RLD-007": KnownDeviation(
            reason="settings are taken one by one",
            owner="team-cache",
            expires=date(2999, 12, 31),
            message="its settings are",
        )
    }


class Stale(Conforming):
    """Holds RLD-007 and still lists it as known to deviate."""

    known_deviations = Deviating.known_deviations
