"""What the pages say was found, shown on stock asyncio and threads."""

import asyncio
import random
import time
from threading import Thread
from typing import Any

import pytest
from pydantic import ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from pytest_policy_contracts import ConfigChange
from tests.found_in_the_wild.pages import harness_of, module_of

# Importing discord.py imports audioop, which Python 3.11 and 3.12 deprecate.
pytestmark = pytest.mark.filterwarnings("ignore:.audioop. is deprecated:DeprecationWarning")


def test_dictconfig_keeps_half_of_what_it_refused() -> None:
    """A refused dictConfig leaves other levels in force than before."""
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
    """On stock asyncio a time-out unloads the extension for good."""
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


def test_py_healthcheck_waits_as_long_as_its_checker() -> None:
    """By default the answer takes as long as what is checked, and then it says healthy."""
    subject = module_of("py_healthcheck:DefaultsContract").ShopHealth()
    subject.stock.hangs_for = 0.3
    subject.stock.state = "hanging"

    began = time.monotonic()
    (report,) = subject.health_check()

    assert time.monotonic() - began >= 0.3
    assert report.status == "healthy"


def test_the_limit_of_py_healthcheck_fails_every_check_off_the_main_thread() -> None:
    """With error_timeout a check in order is unhealthy on any thread but the main one."""
    subject = module_of("py_healthcheck:DefaultsContract").ShopHealth(error_timeout=2)
    answers: list[Any] = []

    worker = Thread(target=lambda: answers.extend(subject.health_check()))
    worker.start()
    worker.join()

    assert [one.status for one in answers] == ["unhealthy"]
    assert "main thread" in answers[0].message


def test_a_missing_setting_shows_the_others_on_the_health_page() -> None:
    """SettingsCheck answers with the values of all settings that were there, secrets in clear."""
    page = module_of("fastapi_healthchecks_settings")
    subject = page.ShopHealth()
    del subject.variables["workers"]

    (report,) = asyncio.run(subject.health_check())

    assert report.status == "unhealthy"
    assert page.PASSWORD in report.message


def test_hiding_the_input_does_not_keep_a_secret_off_the_health_page() -> None:
    """What SettingsCheck writes is ValidationError.json(), which hide_input_in_errors does not reach."""

    class Quiet(BaseSettings):
        model_config = SettingsConfigDict(**ConfigDict(hide_input_in_errors=True))
        token: SecretStr
        workers: int

    with pytest.raises(ValidationError) as caught:
        Quiet(token="hunter22")  # type: ignore[call-arg]

    assert "hunter22" not in str(caught.value)
    assert "hunter22" in caught.value.json()
    assert "hunter22" not in caught.value.json(include_input=False)


def test_a_redis_check_takes_many_times_its_timeout() -> None:
    """A RedisHealthCheck that is told to take 10 ms is still at it half a second later."""
    page = module_of("fast_healthchecks_redis:DefaultsContract")

    async def story() -> None:
        subject = page.ShopHealth(page.RunPolicy(mode="reporting"), timeout=0.01)
        subject.redis.state = "hanging"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await subject.health_check()
        await subject.runner.close()

    asyncio.run(story())


def test_redis_checks_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the server down the second of two callers waits for the retries of both."""
    page = module_of("fast_healthchecks_redis:DefaultsContract")
    # redis-py draws how long it waits before it tries again; this is about 0.4 s for all tries of one check.
    monkeypatch.setattr(random, "random", lambda: 0.02)

    async def story() -> tuple[float, float]:
        subject = page.ShopHealth(page.RunPolicy(mode="reporting"))
        subject.redis.state = "broken"
        alone = await duration_of(subject.health_check())
        both = [duration_of(subject.health_check()) for _ in range(2)]
        together = await asyncio.gather(*both)
        await subject.runner.close()
        return alone, max(together)

    alone, together = asyncio.run(story())

    assert together > 1.7 * alone


def test_a_limit_for_the_probe_helps() -> None:
    """With probe_timeout_ms the answer comes in time, and says unhealthy."""
    page = module_of("fast_healthchecks_redis:DefaultsContract")

    async def story() -> tuple[float, str]:
        subject = page.ShopHealth(page.RunPolicy(mode="reporting", probe_timeout_ms=50))
        subject.redis.state = "hanging"
        began = time.monotonic()
        (report,) = await subject.health_check()
        await subject.runner.close()
        return time.monotonic() - began, report.status

    seconds, status = asyncio.run(story())

    assert seconds < 0.5
    assert status == "unhealthy"


async def duration_of(check: Any) -> float:
    began = time.monotonic()
    await check
    return time.monotonic() - began


def test_a_task_reads_what_belongs_to_another_tenant() -> None:
    """With django-tenants a task reads the cache of the tenant that another task has bound."""
    schemas = module_of("django_tenants_context").Schemas()
    from django.core.cache import cache
    from django.db import connection

    async def visit(tenant: str) -> str:
        with schemas.bound(tenant):
            cache.set("greeting", f"welcome to {tenant}")
            await asyncio.sleep(0.01)
            return str(cache.get("greeting"))

    async def view() -> list[str]:
        assert connection.schema_name == "public"  # the tasks share what their common parent has used
        return await asyncio.gather(visit("red"), visit("blue"))

    greeting_of_red, _ = asyncio.run(view())

    assert greeting_of_red == "welcome to blue"


def test_a_task_outlives_its_tenant() -> None:
    """With django-tenants a task that was started inside a binding is on the public schema after it."""
    schemas = module_of("django_tenants_context").Schemas()
    from django.db import connection

    async def background() -> str:
        await asyncio.sleep(0.01)
        return str(connection.schema_name)

    async def view() -> tuple[str, str]:
        with schemas.bound("red"):
            task = asyncio.create_task(background())
            inside = connection.schema_name
        return inside, await task

    assert asyncio.run(view()) == ("red", "public")


def test_a_thread_of_the_inside_does_not_see_the_tenant() -> None:
    """With django-tenants to_thread and sync_to_async work on the public schema, although a tenant is bound."""
    schemas = module_of("django_tenants_context").Schemas()
    from asgiref.sync import sync_to_async
    from django.db import connection

    def schema() -> str:
        return str(connection.schema_name)

    async def view() -> list[str]:
        with schemas.bound("red"):
            return [schema(), await asyncio.to_thread(schema), await sync_to_async(schema)()]

    assert asyncio.run(view()) == ["red", "public", "public"]


def test_tenantshield_reads_everything_with_nothing_bound() -> None:
    """With nothing bound a SELECT answers the rows of every tenant; with a tenant bound, only its own."""
    page = module_of("tenantshield_sqlalchemy:ReadsContract")
    invoices = filed(page)

    everything = tenants_read(page, invoices)
    with invoices.bound("red"):
        bound = tenants_read(page, invoices)

    assert everything == ["red", "blue"]
    assert bound == ["red"]
    invoices.engine.dispose()


def test_tenantshield_lets_a_bulk_update_through() -> None:
    """With red bound, an UPDATE statement takes the invoice of blue."""
    page = module_of("tenantshield_sqlalchemy:ReadsContract")
    from sqlalchemy import update

    invoices = filed(page)

    with invoices.bound("red"), page.Session(invoices.engine) as session:
        session.execute(update(page.Invoice).where(page.Invoice.tenant_id == "blue").values(tenant_id="red"))
        session.commit()

    assert tenants_read(page, invoices) == ["red", "red"]
    invoices.engine.dispose()


def filed(page: Any) -> Any:
    invoices = page.Invoices()
    invoices.file("red")
    invoices.file("blue")
    return invoices


def tenants_read(page: Any, invoices: Any) -> list[str]:
    with page.Session(invoices.engine) as session:
        return [one.tenant_id for one in session.scalars(page.select(page.Invoice))]
