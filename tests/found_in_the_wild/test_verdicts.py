"""What the contract says about code that nobody here wrote, pinned; and the same without the suite."""

import asyncio
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from pytest_policy_contracts import ConfigChange, verify
from pytest_policy_contracts.harness import Harness
from pytest_policy_contracts.harness.loading import load_harness

ROOT = Path(__file__).parents[2]
FOLDER = "docs/found-in-the-wild"

# Importing discord.py imports audioop, which Python 3.11 and 3.12 deprecate.
pytestmark = pytest.mark.filterwarnings("ignore:.audioop. is deprecated:DeprecationWarning")

VIOLATED = {
    "logging_dictconfig": ["RLD-010", "RLD-014"],
    "pydantic_settings_reload": ["RLD-019"],
    "discord_reload_extension": ["RLD-007", "RLD-014"],
    "psycopg_pool_resize": [],
}


def harness_of(page: str) -> type[Harness]:
    return load_harness(f"{FOLDER}/{page}.py", ROOT)


def module_of(page: str) -> ModuleType:
    return sys.modules[harness_of(page).__module__]


@pytest.mark.parametrize("page", VIOLATED)
def test_a_verdict_is_as_published(page: str) -> None:
    """The clauses that a page says are violated are violated, and no others."""
    report = verify(harness_of(page), schedules=60)

    assert [one.id for one in report.clauses.values() if one.outcome == "violated"] == VIOLATED[page]
    assert report.verdict == ("violated" if VIOLATED[page] else "conformant")


def test_dictconfig_keeps_half_of_what_it_refused() -> None:
    """Without the suite, too: a refused dictConfig leaves other levels in force than before."""
    tree = module_of("logging_dictconfig").LoggingTree()
    before = tree.in_force()

    with pytest.raises(ValueError, match="root"):
        tree.reload(
            [
                ConfigChange.modified("loggers.shop.level", "WARNING", "ERROR"),
                ConfigChange.modified("root.level", "INFO", "LOUD"),
            ]
        )

    assert tree.in_force() != before


def test_a_cancelled_reload_extension_leaves_the_bot_without_it() -> None:
    """Without the suite, too: on stock asyncio a time-out unloads the extension for good."""
    harness: Any = harness_of("discord_reload_extension")()

    async def story() -> tuple[object, object]:
        bot = await harness.create()
        before = bot.in_force()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await bot.reload(harness.changes())
        await asyncio.sleep(0.2)
        return before, bot.in_force()

    before, after = asyncio.run(story())

    assert before == {"TTL": 30, "SIZE": 10}
    assert after == {"TTL": None, "SIZE": None}


def test_the_remedy_for_the_refused_secret_helps() -> None:
    """With hide_input_in_errors the text of the error holds no secret, and without it it does."""

    class Loud(BaseSettings):
        token: SecretStr = Field(min_length=10)

    class Quiet(Loud):
        model_config = SettingsConfigDict(**ConfigDict(hide_input_in_errors=True))

    assert "hunter22" in refusal(Loud)
    assert "hunter22" not in refusal(Quiet)


def refusal(settings: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        settings(token="hunter22")
    return str(caught.value)
