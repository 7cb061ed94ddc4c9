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


def test_one_check_that_hangs_fails_the_whole_probe() -> None:
    """With probe_timeout_ms, a check that has passed is reported unhealthy because another one hangs."""
    page = module_of("fast_healthchecks_probe:ProbeTimeoutContract")

    answer = asyncio.run(answer_beside(page, asyncio.Event().wait, probe_timeout_ms=50))

    assert answer == {"stock": "unhealthy", "other": "unhealthy"}


def test_a_limit_for_each_check_keeps_the_others() -> None:
    """With a timeout for each check, only the one that hangs is unhealthy."""
    page = module_of("fast_healthchecks_probe:ProbeTimeoutContract")

    answer = asyncio.run(answer_beside(page, asyncio.Event().wait))

    assert answer == {"stock": "healthy", "other": "unhealthy"}


def test_a_check_that_ends_as_cancelled_cancels_the_probe() -> None:
    """A check whose own connection was cancelled ends the whole probe, and whoever asked, as cancelled."""
    page = module_of("fast_healthchecks_probe:ProbeTimeoutContract")

    async def awaits_what_was_cancelled() -> None:
        connection = asyncio.get_running_loop().create_future()
        connection.cancel()
        await connection

    async def story() -> bool:
        caller = asyncio.ensure_future(answer_beside(page, awaits_what_was_cancelled))
        await asyncio.wait([caller])
        return caller.cancelled()

    assert asyncio.run(story())


def test_a_check_that_ends_late_holds_up_the_probe() -> None:
    """A check with a timeout of 50 ms that takes half a second to end when it is cut off holds up the answer as long."""
    page = module_of("fast_healthchecks_probe:ProbeTimeoutContract")

    async def ends_late() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.5)

    began = time.monotonic()
    asyncio.run(answer_beside(page, ends_late))

    assert time.monotonic() - began >= 0.5


async def answer_beside(page: Any, other: Any, **limits: int) -> dict[str, str]:
    """Ask a probe with a check that passes and another one, which have 50 ms each unless there are other limits."""

    class Provider:
        def __init__(self, check: Any) -> None:
            self._check = check

        async def health_check(self) -> list[object]:
            await self._check()
            return []

    seconds = 3600 if limits else 0.05
    health = page.ProbeHealth(page.RunPolicy(mode="reporting", **limits), page.timedelta(seconds=seconds))
    health.add_provider("stock", Provider(lambda: asyncio.sleep(0)))
    health.add_provider("other", Provider(other))
    answer = await health.check()
    return {report.module: report.status for report in answer.reports}
