"""Time limits that nobody can plan with: RLD-001."""

import random
import time
from datetime import timedelta

from tests.broken.entry import Broken

from .settings import AsyncSettings, SettingsHarness, SyncSettings, Values


class JitteredTimeout(SyncSettings):
    """Spreads its deadline against thundering herds, anew each time somebody asks."""

    @property
    def reload_timeout(self) -> timedelta:  # type: ignore[override]
        return timedelta(seconds=30 + random.uniform(0, 5))


class RemainingTimeout(AsyncSettings):
    """Reports what is left of its maintenance window instead of a limit."""

    WINDOW_SECONDS = 3600.0

    def __init__(self) -> None:
        super().__init__()
        self._opened = time.monotonic()

    @property
    def reload_timeout(self) -> timedelta:  # type: ignore[override]
        left = self.WINDOW_SECONDS - (time.monotonic() - self._opened)
        return timedelta(seconds=max(left, 60.0))


class ZeroMeansUnlimited(SyncSettings):
    """Takes zero for "no limit", as its configuration file does."""

    reload_timeout = timedelta(0)

    def _prepare(self, draft: Values) -> None:
        """Nothing to warm up: this one ends within zero seconds, so only its promise is wrong."""


class WeekLongTimeout(AsyncSettings):
    """Gives itself a week, so that the limit never gets in the way."""

    def reload_timeout(self) -> timedelta:
        return timedelta(days=7)


class JitteredTimeoutContract(SettingsHarness):
    def create(self) -> JitteredTimeout:
        return JitteredTimeout()


class RemainingTimeoutContract(SettingsHarness):
    def create(self) -> RemainingTimeout:
        return RemainingTimeout()


class ZeroMeansUnlimitedContract(SettingsHarness):
    def create(self) -> ZeroMeansUnlimited:
        return ZeroMeansUnlimited()


class WeekLongTimeoutContract(SettingsHarness):
    def create(self) -> WeekLongTimeout:
        return WeekLongTimeout()


SUBJECTS = [
    Broken(JitteredTimeoutContract, ("RLD-001",), "timeout"),
    Broken(RemainingTimeoutContract, ("RLD-001",), "timeout"),
    Broken(ZeroMeansUnlimitedContract, ("RLD-001",), "timeout"),
    Broken(WeekLongTimeoutContract, ("RLD-001",), "timeout"),
]
