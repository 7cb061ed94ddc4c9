"""fastapi-healthchecks' router with its `SettingsCheck`, held to the contract HealthProvider.

What the check depends on is the environment, one per subject. It is asked through the endpoint that
the router has made, so what is judged is the body that a caller of the URL gets.
"""

import json
from datetime import UTC, datetime
from typing import Any

from fastapi_healthchecks.api.router import HealthcheckRouter, Probe
from fastapi_healthchecks.checks.settings import SettingsCheck
from pydantic import SecretStr
from pydantic_settings import BaseSettings, EnvSettingsSource

from pytest_policy_contracts import HealthProviderHarness, HealthReport

PASSWORD = "pw-9b27d1f604"


class _Environment(EnvSettingsSource):
    """Reads the variables of one subject where the original reads `os.environ`."""

    def __init__(self, settings: type[BaseSettings], variables: dict[str, str]) -> None:
        self._variables = variables
        super().__init__(settings)

    def _load_env_vars(self) -> dict[str, str]:
        return self._variables


class ShopHealth:
    """The readiness probe of a small program."""

    def __init__(self) -> None:
        self.variables = variables = {"database_password": PASSWORD, "workers": "4"}

        class ShopSettings(BaseSettings):
            database_password: SecretStr
            workers: int

            @classmethod
            def settings_customise_sources(cls, settings_cls, **_):  # type: ignore[no-untyped-def]
                return (_Environment(settings_cls, variables),)

        router = HealthcheckRouter(Probe("readiness", [SettingsCheck("settings", ShopSettings)]))
        self._route: Any = router.routes[0]

    async def health_check(self) -> list[HealthReport]:
        response = await self._route.endpoint()
        now = datetime.now(UTC)  # the library gives no time
        return [
            HealthReport(
                module="readiness",
                component=check["name"],
                status="healthy" if check["passed"] else "unhealthy",
                message=check["details"] or "",
                checked_at=now,
                observed_since=now,
            )
            for check in json.loads(response.body)["checks"]
        ]


class SettingsCheckContract(HealthProviderHarness):
    """Two settings, of which one is a secret and the other goes missing."""

    def create(self) -> ShopHealth:
        return ShopHealth()

    def break_dependency(self, subject: ShopHealth) -> None:
        del subject.variables["workers"]

    def restore_dependency(self, subject: ShopHealth) -> None:
        subject.variables["workers"] = "4"

    def secrets(self) -> list[str]:
        return [PASSWORD]
