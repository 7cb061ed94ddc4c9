"""A module that takes new settings, complete: adopters give it what to check and what to prepare."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import deepcopy
from datetime import timedelta
from inspect import isawaitable
from types import MappingProxyType

from pytest_policy_contracts.contracts import ChangeKind, ConfigChange

Settings = Mapping[str, object]
"""Dotted paths and their values; what it holds belongs to the module and is read only."""

Check = Callable[[Settings], object]
"""Raises where the settings cannot work. Quick, and without effects."""

Prepare = Callable[[Settings], Awaitable[object] | object]
"""Makes ready what the settings need, such as a new pool of connections, and raises where it cannot.

It is called before the settings are taken, and may be cancelled; what it has made by then is its own to undo.
"""


class SettingsModule:
    """Holds settings and takes changes all at once or not at all; of the contract `Reloadable`.

    Who reads `settings` before, during or after a reload sees the old ones or the new ones [RLD-014]: they are computed,
    checked and prepared aside, and then taken in one assignment. Reloads wait for each other [RLD-013].
    """

    def __init__(
        self,
        settings: Settings,
        *,
        check: Check = lambda settings: None,
        prepare: Prepare = lambda settings: None,
        timeout: timedelta = timedelta(seconds=30),
    ) -> None:
        self.reload_timeout = timeout
        self._check = check
        self._prepare = prepare
        self._turn = asyncio.Lock()
        self._settings = _frozen(dict(settings))
        check(self._settings)

    @property
    def settings(self) -> Settings:
        """The settings as they are now; they do not change with the module."""
        return self._settings

    def can_reload(self) -> bool:
        """Say that it can, always [RLD-002]."""
        return True

    async def reload(self, changes: list[ConfigChange], /) -> None:
        """Take all of `changes`, or raise and take none.

        Raises what the check or the preparation raises.
        """
        changes = deepcopy(list(changes))  # the caller may do with its own as it likes while this waits [RLD-015]
        async with self._turn:
            settings = _frozen(_after(self._settings, changes))
            self._check(settings)
            prepared = self._prepare(settings)
            if isawaitable(prepared):
                await prepared
            self._settings = settings


def _after(settings: Settings, changes: Iterable[ConfigChange]) -> dict[str, object]:
    """Return the settings with the changes; taking out what is not there changes nothing, so that twice is as once [RLD-004]."""
    new = dict(settings)
    for change in changes:
        if change.kind == ChangeKind.REMOVED:
            new.pop(change.path, None)
        else:
            new[change.path] = change.new
    return new


def _frozen(settings: dict[str, object]) -> Settings:
    return MappingProxyType(deepcopy(settings))
