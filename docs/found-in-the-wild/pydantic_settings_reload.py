"""`pydantic-settings`, reloaded in place, held to the contract Reloadable.

Its documentation says how a settings object is reloaded: change the source, then call `__init__` on
the object again. The environment is the source here, one per subject.
"""

import threading
from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from pytest_policy_contracts import ConfigChange, ReloadableHarness

TOKEN = "tok-5f1d09b2c7"
NEXT_TOKEN = "tok-c20e77a4d1"
SHORT_TOKEN = "tok-9"


class _Environment(EnvSettingsSource):
    """Reads the variables of one subject where the original reads `os.environ`."""

    def __init__(self, settings: type[BaseSettings], variables: dict[str, str]) -> None:
        self._variables = variables
        super().__init__(settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._variables


class ShopSettings(BaseSettings):
    """The settings of a small program."""

    model_config = SettingsConfigDict(extra="ignore")

    ttl: int = Field(default=30, gt=0)
    size: int = Field(default=10, gt=0)
    token: SecretStr = Field(default=SecretStr(TOKEN), min_length=10)


class ReloadedSettings:
    """One settings object and the variables it reads."""

    reload_timeout = timedelta(seconds=5)

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._variables = {"ttl": "30", "size": "10", "token": TOKEN}
        variables = self._variables

        class Settings(ShopSettings):
            @classmethod
            def settings_customise_sources(cls, settings_cls, **_):  # type: ignore[no-untyped-def]
                return (_Environment(settings_cls, variables),)

        self.settings = Settings()

    def can_reload(self) -> bool:
        return True

    def reload(self, changes: list[ConfigChange]) -> None:
        # The environment is the caller's, and so is taking turns with it.
        with self._turn:
            before = dict(self._variables)
            self._variables.update({change.path: str(change.new) for change in changes})
            try:
                self.settings.__init__()  # type: ignore[misc]
            except Exception:
                self._variables.clear()
                self._variables.update(before)
                raise


class PydanticSettingsContract(ReloadableHarness):
    """Reloading in place, as documented, with a secret among the settings."""

    def create(self) -> ReloadedSettings:
        return ReloadedSettings()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("ttl", 30, 60),
            ConfigChange.modified("size", 10, 20),
            ConfigChange.modified("token", TOKEN, NEXT_TOKEN, sensitive=True),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("ttl", 30, 90), ConfigChange.modified("size", 10, 5)]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("size", 10, 20),
            ConfigChange.modified("token", TOKEN, SHORT_TOKEN, sensitive=True),
        ]

    def snapshot(self, subject: ReloadedSettings) -> object:
        return subject.settings.model_dump() | {"token": subject.settings.token.get_secret_value()}

    def secrets(self) -> list[str]:
        return [TOKEN, NEXT_TOKEN, SHORT_TOKEN]
