"""An extension of a small bot, as the documentation of discord.py shows them: two cogs and `setup`."""

import asyncio

from discord.ext import commands

TTL: int
"""Put in place by whoever writes this file anew before a reload."""

SIZE: int


class Prices(commands.Cog):
    """Keeps prices for `TTL` seconds."""

    ttl = TTL

    async def cog_load(self) -> None:
        await asyncio.sleep(0.05)  # opens its cache


class Stock(commands.Cog):
    """Shows `SIZE` articles at a time."""

    size = SIZE

    async def cog_load(self) -> None:
        await asyncio.sleep(0.05)  # reads its articles


async def setup(bot: commands.Bot) -> None:
    if TTL <= 0:
        raise ValueError(f"a price cannot be kept for {TTL} s")
    await bot.add_cog(Prices())
    await bot.add_cog(Stock())
