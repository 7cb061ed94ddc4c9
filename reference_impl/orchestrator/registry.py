"""Who takes part in a reload, in which order, and who does not any more."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pytest_policy_contracts.contracts import ConfigChange, ConfigDiff, Reloadable
from reference_impl.errors import ConfigurationError, DependencyCycleError, DuplicateNameError, UnknownNameError
from reference_impl.model import concerning


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered module."""

    name: str
    module: Reloadable
    settings: tuple[str, ...]
    """The settings that it is concerned with, each with everything below it."""
    after: tuple[str, ...]
    """Modules that are reloaded before it, where they are registered."""


class Registry:
    """The modules by name, each after those it comes after, and in alphabetical order apart from that."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._quarantined: set[str] = set()
        self._order: tuple[Entry, ...] = ()
        self._owners: dict[str, list[str]] = {}

    def add(self, name: str, module: Reloadable, settings: Iterable[str] | None, after: Iterable[str]) -> None:
        """Add a module; one that is quarantined may be replaced, and is out of it then [ORC-009].

        Raises `DuplicateNameError`, and `DependencyCycleError` where it would come after itself.
        """
        if not isinstance(name, str) or not name:
            raise ConfigurationError(f"A module is registered as {name!r}. Give it a name.")
        if name in self._entries and name not in self._quarantined:
            raise DuplicateNameError(
                f"A module is registered as {name!r} already. Choose another name, or remove that one."
            )
        entry = Entry(name, module, (name,) if settings is None else tuple(settings), tuple(after))
        entries = {**self._entries, name: entry}
        self._arrange(entries)
        self._quarantined.discard(name)

    def remove(self, name: str) -> None:
        """Remove a module; an unknown name raises `UnknownNameError`."""
        if name not in self._entries:
            raise UnknownNameError(
                f"No module is registered as {name!r}. There are: {', '.join(self._entries) or 'none'}."
            )
        self._arrange({one: entry for one, entry in self._entries.items() if one != name})
        self._quarantined.discard(name)

    def quarantine(self, entry: Entry) -> None:
        """Leave a module out from now on, unless its name has been given to another one meanwhile."""
        if self._entries.get(entry.name) is entry:
            self._quarantined.add(entry.name)

    @property
    def quarantined(self) -> Collection[str]:
        """The names of those that are left out."""
        return frozenset(self._quarantined)

    def plan(self, diff: ConfigDiff) -> dict[str, tuple[Entry, list[ConfigChange]]]:
        """Return whom a diff concerns, in order, each with its changes [ORC-001]."""
        found = concerning(diff, self._owners)
        return {entry.name: (entry, found[entry.name]) for entry in self._order if entry.name in found}

    def _arrange(self, entries: dict[str, Entry]) -> None:
        self._order = _in_order(entries)
        self._entries = entries
        self._owners = {}
        for entry in self._order:
            for prefix in entry.settings:
                self._owners.setdefault(prefix.rstrip("."), []).append(entry.name)


def _in_order(entries: dict[str, Entry]) -> tuple[Entry, ...]:
    sorter = TopologicalSorter(
        {name: [one for one in entry.after if one in entries] for name, entry in entries.items()},
    )
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " after ".join(error.args[1])
        raise DependencyCycleError(
            f"Modules come after each other in a circle: {circle}. Take one of these out."
        ) from None
    names: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        names += ready
        sorter.done(*ready)
    return tuple(entries[name] for name in names)
