"""Settings, and two modules that reload them correctly: what the broken subjects deviate from.

A subject in this folder is one of these modules with one named mistake, or a module of its own
shape that borrows the values. Nothing here breaks a clause; the self-test of the folder relies on
it, because otherwise a subject could be caught for a mistake that it does not name.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import timedelta
from typing import Protocol

from pytest_policy_contracts import ConfigChange, ReloadableHarness

Values = dict[str, object]

TOKEN = "tok-initial-7f3a91"
NEXT_TOKEN = "tok-rotated-c02b4e"
REFUSED_TOKEN = "tok-refused-5510de"

ABSENT = object()


class Readable(Protocol):
    """A module that shows its settings."""

    def settings(self) -> Values: ...


class ReloadError(Exception):
    """The changes were refused; the module goes on with the settings it had."""


class BusyError(ReloadError):
    """Another reload is under way."""


def _positive(value: object) -> bool:
    return type(value) is int and value > 0


def _word(value: object) -> bool:
    return isinstance(value, str) and value != "" and " " not in value


SCHEMA: Mapping[str, Callable[[object], bool]] = {
    "cache.ttl": _positive,
    "cache.size": _positive,
    "cache.burst": _positive,
    "cache.region": _word,
    "cache.legacy": lambda value: type(value) is bool,
    "cache.limits": lambda value: isinstance(value, dict),
    "cache.hosts": lambda value: isinstance(value, list),
    "cache.weights": lambda value: isinstance(value, tuple),
    "api.token": _word,
}


def initial_values() -> Values:
    """The settings of a fresh module, never shared between two of them."""
    return {
        "cache.ttl": 30,
        "cache.size": 100,
        "cache.legacy": True,
        "cache.limits": {"soft": 5, "grace": 2, "hosts": ["a", "b"]},
        "api.token": TOKEN,
    }


def checked(change: ConfigChange) -> object:
    """The value that the change asks for, as a copy; ABSENT for a removal.

    Raises ReloadError, which names the setting and never a value: a value may be a secret.
    """
    if change.kind == "removed":
        return ABSENT
    if not SCHEMA[change.path](change.new):
        raise ReloadError(f"{change.path} cannot take the value it was given")
    return deepcopy(change.new)


def known(changes: Iterable[ConfigChange]) -> list[ConfigChange]:
    """The changes to settings this module has; the others are not its business."""
    return [change for change in changes if change.path in SCHEMA]


def planned(changes: Iterable[ConfigChange]) -> list[tuple[str, object]]:
    """Path and new value of every known change; raises ReloadError when one is refused."""
    return [(change.path, checked(change)) for change in known(changes)]


def put(values: Values, path: str, value: object) -> None:
    """Write one planned value into `values`."""
    if value is ABSENT:
        values.pop(path, None)
    else:
        values[path] = value


def drafted(values: Mapping[str, object], changes: Iterable[ConfigChange]) -> Values:
    """What `values` become under the changes; raises ReloadError and touches nothing given."""
    draft = dict(values)
    for path, value in planned(changes):
        put(draft, path, value)
    return draft


class AsyncSettings:
    """A correct asynchronous module: drafts, waits for its pool, swaps; one reload at a time."""

    reload_timeout: timedelta | Callable[[], timedelta] = timedelta(seconds=30)

    def __init__(self) -> None:
        self._values = initial_values()
        self._lock = asyncio.Lock()

    def can_reload(self) -> object:
        return True

    def settings(self) -> Values:
        return dict(self._values)

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._lock:
            draft = self._draft(changes)
            await self._prepare(draft)
            self._values = draft

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        return drafted(self._values, changes)

    async def _prepare(self, draft: Values) -> None:
        await asyncio.sleep(0.2)
        await asyncio.sleep(0.1)


class SyncSettings:
    """A correct synchronous module: drafts, warms up, swaps; one reload at a time."""

    reload_timeout: timedelta | Callable[[], timedelta] = timedelta(seconds=30)

    def __init__(self) -> None:
        self._values = initial_values()
        self._lock = threading.Lock()

    def can_reload(self) -> object:
        return True

    def settings(self) -> Values:
        return dict(self._values)

    def reload(self, changes: Sequence[ConfigChange]) -> object:
        with self._lock:
            draft = self._draft(deepcopy(list(changes)))
            self._prepare(draft)
            self._values = draft
        return None

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        return drafted(self._values, changes)

    def _prepare(self, draft: Values) -> None:
        time.sleep(0.2)


class SettingsHarness(ReloadableHarness):
    """Every capability that needs no clean-up, for modules that hold the settings above."""

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.ttl", 30, 60),
            ConfigChange.modified("cache.size", 100, 200),
            ConfigChange.added("cache.region", "eu-west"),
            ConfigChange.removed("cache.legacy", True),
            ConfigChange.modified(
                "cache.limits",
                {"soft": 5, "grace": 2, "hosts": ["a", "b"]},
                {"soft": 8, "grace": 3, "hosts": ["a", "c"]},
            ),
            ConfigChange.modified("api.token", TOKEN, NEXT_TOKEN, sensitive=True),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.ttl", 30, 90),
            ConfigChange.added("cache.burst", 7),
        ]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("cache.size", 100, 250),
            ConfigChange.modified("api.token", TOKEN, REFUSED_TOKEN, sensitive=True),
            ConfigChange.modified("cache.ttl", 30, -1),
        ]

    def snapshot(self, subject: Readable) -> object:
        return subject.settings()

    def secrets(self) -> list[str]:
        return [TOKEN, NEXT_TOKEN, REFUSED_TOKEN]
