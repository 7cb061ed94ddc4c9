"""Settings in a frozen dataclass: optional ones, nested ones, and a secret that stays in."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

from .values import Refused, count, text

_log = logging.getLogger("ledger.settings")

PASSWORD = "pw-initial-2c9e"
NEXT_PASSWORD = "pw-rotated-81fa"
MALFORMED_PASSWORD = "pw refused 03d7"


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that shows itself only to those who ask for it."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """None stands for a setting that is not there; no setting can have it as its value."""

    retention: int | None
    currency: str | None
    password: Secret
    limits: Mapping[str, object]
    region: str | None = None


RULES: dict[str, Callable[[object], bool]] = {
    "retention": count,
    "currency": text,
    "region": text,
    "password": lambda value: text(value) and " " not in str(value),
    "limits": lambda value: isinstance(value, dict),
}
REQUIRED = {"password", "limits"}


def _accepted(name: str, change: ConfigChange) -> object:
    if change.kind == "removed":
        if name in REQUIRED:
            raise Refused(f"{change.path} cannot be removed")
        return None
    if not RULES[name](change.new):
        raise Refused(f"{change.path} cannot take the value it was given")
    return Secret(str(change.new)) if name == "password" else deepcopy(change.new)


class LedgerModule:
    """Builds the next settings whole, then assigns them; logs names and never values."""

    reload_timeout = timedelta(seconds=30)

    def __init__(self) -> None:
        limits = {"daily": 1000, "by_team": {"ops": [1, 2], "web": [3]}}
        self._settings = LedgerSettings(90, "EUR", Secret(PASSWORD), limits)
        self._turn = threading.Lock()

    def __repr__(self) -> str:
        return f"LedgerModule({self._settings!r})"

    def can_reload(self) -> bool:
        return not self._turn.locked()

    def settings(self) -> dict[str, object]:
        now = self._settings
        shown = {one.name: getattr(now, one.name) for one in fields(now)}
        shown["password"] = now.password.value
        return {name: value for name, value in shown.items() if value is not None}

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        with self._turn:
            accepted: dict[str, object] = {}
            for change in changes:
                section, _, name = change.path.partition(".")
                if section == "ledger" and name in RULES:
                    accepted[name] = _accepted(name, change)
            time.sleep(0.5)
            self._settings = replace(self._settings, **accepted)  # type: ignore[arg-type]
            _log.info("reloaded %s", ", ".join(sorted(accepted)))


class LedgerModuleContract(ReloadableHarness):
    def create(self) -> LedgerModule:
        return LedgerModule()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("ledger.retention", 90, 365),
            ConfigChange.removed("ledger.currency", "EUR"),
            ConfigChange.added("ledger.region", "eu-west"),
            ConfigChange.modified(
                "ledger.limits",
                {"daily": 1000, "by_team": {"ops": [1, 2], "web": [3]}},
                {"daily": 500, "by_team": {"ops": [1, 4]}},
            ),
            ConfigChange.modified("ledger.password", PASSWORD, NEXT_PASSWORD, sensitive=True),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("ledger.retention", 90, 30),
            ConfigChange.modified("ledger.currency", "EUR", "CHF"),
        ]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("ledger.retention", 90, 30),
            ConfigChange.modified("ledger.password", PASSWORD, MALFORMED_PASSWORD, sensitive=True),
        ]

    def snapshot(self, subject: LedgerModule) -> object:
        return subject.settings()

    def secrets(self) -> list[str]:
        return [PASSWORD, NEXT_PASSWORD, MALFORMED_PASSWORD]
