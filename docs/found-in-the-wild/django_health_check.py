"""django-health-check's view with two of its checks, held to the contract HealthProvider.

The view and the checks are the real ones, asked for JSON as a monitor asks. The database is SQLite
in memory; the cache is a stand-in, a backend of Django's cache framework, because a simulated world
has no sockets.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import django
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache

from pytest_policy_contracts import HealthProviderHarness, HealthReport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_site.settings")
django.setup()

from django.test import RequestFactory  # noqa: E402
from health_check.checks import Cache, Database  # noqa: E402
from health_check.views import HealthCheckView  # noqa: E402


class CacheServer:
    """What the backend talks to; `state` is ok, broken or hanging."""

    def __init__(self) -> None:
        self.state = "ok"
        self.kept: dict[str, object] = {}

    @asynccontextmanager
    async def reached(self) -> AsyncIterator[dict[str, object]]:
        await asyncio.sleep(86_400 if self.state == "hanging" else 0.01)
        if self.state == "broken":
            raise ConnectionRefusedError("the cache does not answer")
        yield self.kept


class ShopCache(BaseCache):
    """A backend for Django's cache framework, reached without a thread."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._server = _SERVERS[location]

    async def aset(self, key: str, value: object, timeout: Any = None, version: Any = None) -> None:
        async with self._server.reached() as kept:
            kept[self.make_and_validate_key(key, version)] = value

    async def aget(self, key: str, default: object = None, version: Any = None) -> object:
        async with self._server.reached() as kept:
            return kept.get(self.make_and_validate_key(key, version), default)


_SERVERS: dict[str, CacheServer] = {}
_NUMBERS = count(1)


class ShopHealth:
    """The page under `/health/` of a small site."""

    def __init__(self) -> None:
        alias = f"shop-{next(_NUMBERS)}"
        self.cache = _SERVERS[alias] = CacheServer()
        caches.settings[alias] = {"BACKEND": f"{__name__}.ShopCache", "LOCATION": alias}
        self._view: Any = HealthCheckView.as_view(checks=[(Cache, {"alias": alias}), (Database, {"alias": "orders"})])

    async def health_check(self) -> list[HealthReport]:
        response = await self._view(RequestFactory().get("/health/", {"format": "json"}))
        now = datetime.now(UTC)  # the library gives no time
        return [
            HealthReport(
                module="health_check",
                component=check.partition("(")[0],
                status="healthy" if text == "OK" else "degraded" if text.startswith("Warning") else "unhealthy",
                message=text,
                checked_at=now,
                observed_since=now,
            )
            for check, text in json.loads(response.content).items()
        ]


class HealthCheckViewContract(HealthProviderHarness):
    """The check takes 5 seconds at most, and one more in which a client can report its own time-out."""

    check_timeout = timedelta(seconds=6)

    def create(self) -> ShopHealth:
        return ShopHealth()

    def break_dependency(self, subject: ShopHealth) -> None:
        subject.cache.state = "broken"

    def hang_dependency(self, subject: ShopHealth) -> None:
        subject.cache.state = "hanging"

    def restore_dependency(self, subject: ShopHealth) -> None:
        subject.cache.state = "ok"
