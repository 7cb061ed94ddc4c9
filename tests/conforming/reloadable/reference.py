"""The module of the reference implementation that takes new settings, as an adopter would fill it."""

import asyncio

from pytest_policy_contracts import ConfigChange, ReloadableHarness
from reference_impl.orchestrator import SettingsModule
from reference_impl.orchestrator.settings_module import Settings

from .values import Refused, count, text

PASSWORD = ConfigChange.added("pool.password", "swordfish", sensitive=True)


class Connections:
    """What a pool needs before it can take settings: a connection tried under the new ones."""

    def __init__(self) -> None:
        self.tried = 0

    async def prepare(self, settings: Settings) -> None:
        await asyncio.sleep(0.1)
        if settings.get("pool.host") == "nowhere":
            raise Refused
        await asyncio.sleep(0.1)
        self.tried += 1


def check(settings: Settings) -> None:
    if not count(settings.get("pool.size")) or not text(settings.get("pool.host", "local")):
        raise Refused


class SettingsModuleContract(ReloadableHarness):
    def create(self) -> SettingsModule:
        return SettingsModule(
            {"pool.size": 5, "pool.host": "db", "pool.tags": ["a"]}, check=check, prepare=Connections().prepare
        )

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("pool.size", 5, 9),
            ConfigChange.modified("pool.tags", ["a"], ["a", {"b": 1.0}]),
            ConfigChange.removed("pool.host", "db"),
            PASSWORD,
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("pool.size", 5, 7), ConfigChange.modified("pool.host", "db", "standby")]

    def invalid_changes(self) -> list[ConfigChange]:
        return [PASSWORD, ConfigChange.modified("pool.host", "db", "nowhere")]

    def secrets(self) -> list[str]:
        return ["swordfish"]

    def snapshot(self, subject: SettingsModule) -> object:
        return dict(subject.settings)


class PlainSettingsModuleContract(SettingsModuleContract):
    """As an adopter has it who needs to prepare nothing: it waits for nothing but its turn."""

    def create(self) -> SettingsModule:
        return SettingsModule({"pool.size": 5, "pool.host": "db", "pool.tags": ["a"]}, check=check)

    def invalid_changes(self) -> list[ConfigChange]:
        return [PASSWORD, ConfigChange.modified("pool.size", 5, -1)]
