"""Secrets that get out by a side door: RLD-019."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    TOKEN,
    AsyncSettings,
    ReloadError,
    SettingsHarness,
    SyncSettings,
    Values,
    drafted,
    initial_values,
    known,
)

_log = logging.getLogger("cache.audit")

MALFORMED_TOKEN = "tok malformed 88c1"
PIN = "739105"
NEXT_PIN = "820416"
REFUSED_PIN = "73910x-pin"


class CauseTellsAll(AsyncSettings):
    """Raises a clean error, and chains the one that quotes the token as its cause."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        for change in known(changes):
            if change.path == "api.token":
                self._authenticate(change)
        return super()._draft(changes)

    def _authenticate(self, change: ConfigChange) -> None:
        try:
            if " " in str(change.new):
                raise ValueError(f"not a token: {change.new!r}")
        except ValueError as error:
            raise ReloadError("api.token was refused") from error


class LogsItsArguments(SyncSettings):
    """Logs each change for debugging, value and all, as arguments of the record."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        for change in changes:
            _log.debug("applying %s = %r", change.path, change.new)
        return super()._draft(changes)


@dataclass(eq=False)
class CredentialModule:
    """A dataclass, whose generated repr shows the settings with the token among them."""

    values: Values = field(default_factory=initial_values)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    reload_timeout: timedelta = timedelta(seconds=30)

    def can_reload(self) -> bool:
        return True

    def settings(self) -> Values:
        return dict(self.values)

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        with self.lock:
            self.values = drafted(self.values, deepcopy(list(changes)))


class ParsesThePin(AsyncSettings):
    """Hides the parser's error behind its own, but leaves it in the context, where it quotes."""

    def __init__(self) -> None:
        super().__init__()
        self._values["api.pin"] = PIN

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = super()._draft(changes)
        for change in changes:
            if change.path == "api.pin" and change.kind != "removed":
                draft["api.pin"] = self._parsed(str(change.new))
        return draft

    @staticmethod
    def _parsed(pin: str) -> str:
        try:
            return f"{int(pin):06d}"
        except ValueError:
            raise ReloadError("api.pin is not a number")


class LogsItsEndpoint(AsyncSettings):
    """Logs where it connects to, and the address carries the token."""

    async def _prepare(self, draft: Values) -> None:
        _log.info(f"connecting to https://cache:{draft['api.token']}@cache.internal:6380")
        await asyncio.sleep(0.2)


class TokenHarness(SettingsHarness):
    """Refuses a malformed token, so that the refusal is about the secret itself."""

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.size", 100, 250),
            ConfigChange.modified("api.token", TOKEN, MALFORMED_TOKEN, sensitive=True),
        ]

    def secrets(self) -> list[str]:
        return [*super().secrets(), MALFORMED_TOKEN]


class CauseTellsAllContract(TokenHarness):
    def create(self) -> CauseTellsAll:
        return CauseTellsAll()


class LogsItsArgumentsContract(TokenHarness):
    def create(self) -> LogsItsArguments:
        return LogsItsArguments()


class CredentialModuleContract(TokenHarness):
    def create(self) -> CredentialModule:
        return CredentialModule()


class ParsesThePinContract(SettingsHarness):
    def create(self) -> ParsesThePin:
        return ParsesThePin()

    def changes(self) -> list[ConfigChange]:
        rotated = ConfigChange.modified("api.pin", PIN, NEXT_PIN, sensitive=True)
        return [*super().changes(), rotated]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.size", 100, 250),
            ConfigChange.modified("api.pin", PIN, REFUSED_PIN, sensitive=True),
        ]

    def secrets(self) -> list[str]:
        return [*super().secrets(), PIN, NEXT_PIN, REFUSED_PIN]


class LogsItsEndpointContract(TokenHarness):
    def create(self) -> LogsItsEndpoint:
        return LogsItsEndpoint()


SUBJECTS = [
    Broken(CauseTellsAllContract, ("RLD-019",), "valueerror"),
    Broken(LogsItsArgumentsContract, ("RLD-019",), "cache.audit"),
    Broken(CredentialModuleContract, ("RLD-019",), "credentialmodule"),
    Broken(ParsesThePinContract, ("RLD-019",), "valueerror"),
    Broken(LogsItsEndpointContract, ("RLD-019",), "cache.audit"),
]
