"""`discord.ext.commands.Bot.reload_extension`, held to the contract Reloadable.

Its documentation promises that a reload which fails leaves the bot as it was. The extension is a
file of its own, `shop_bot/prices.py`; a change is a new edition of that file with another constant.
"""

import importlib.machinery
import importlib.util
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import discord
from discord.ext import commands

from pytest_policy_contracts import ConfigChange, ReloadableHarness

_FILE = Path(__file__).with_name("shop_bot") / "prices.py"


class Edition(importlib.machinery.SourceFileLoader):
    """Loads the extension with the constants of its newest edition."""

    def __init__(self, name: str) -> None:
        super().__init__(name, str(_FILE))
        self.constants: Mapping[str, Any] = {"TTL": 30, "SIZE": 10}

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(self.constants)
        super().exec_module(module)


class Editions:
    """Finds the extension of each bot under a name of its own."""

    def __init__(self) -> None:
        self.known: dict[str, Edition] = {}

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        edition = self.known.get(name)
        return edition and importlib.util.spec_from_file_location(name, _FILE, loader=edition)


_EDITIONS = Editions()


class ShopBot:
    """The bot; a reload is one call of its `reload_extension`."""

    reload_timeout = timedelta(seconds=30)

    def __init__(self, extension: str) -> None:
        self.bot = commands.Bot("!", intents=discord.Intents.none())
        self._edition = _EDITIONS.known[extension] = Edition(extension)
        self._extension = extension

    async def start(self) -> None:
        await self.bot.load_extension(self._extension)

    def can_reload(self) -> bool:
        return True

    async def reload(self, changes: list[ConfigChange]) -> None:
        constants = dict(self._edition.constants)
        constants |= {change.path: change.new for change in changes}
        self._edition.constants = constants
        await self.bot.reload_extension(self._extension)

    def in_force(self) -> dict[str, object]:
        """Answer what the bot's cogs work with; a cog that is gone shows as None."""
        return {
            "TTL": getattr(self.bot.get_cog("Prices"), "ttl", None),
            "SIZE": getattr(self.bot.get_cog("Stock"), "size", None),
        }


class ReloadExtensionContract(ReloadableHarness):
    """Two constants of one extension."""

    def __init__(self) -> None:
        self._bots = 0

    async def create(self) -> ShopBot:
        if _EDITIONS not in sys.meta_path:
            sys.meta_path.append(_EDITIONS)  # type: ignore[arg-type]
        self._bots += 1
        bot = ShopBot(f"prices_{self._bots}")
        await bot.start()
        return bot

    def changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("TTL", 30, 60), ConfigChange.modified("SIZE", 10, 20)]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("TTL", 30, 90), ConfigChange.modified("SIZE", 10, 5)]

    def invalid_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("SIZE", 10, 20), ConfigChange.modified("TTL", 30, -1)]

    def snapshot(self, subject: ShopBot) -> object:
        return subject.in_force()
