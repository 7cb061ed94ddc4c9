"""Reloads that may not be repeated: RLD-004."""

from collections.abc import Sequence

from pytest_policy_contracts import ConfigChange
from tests.broken.entry import Broken

from .settings import (
    ABSENT,
    AsyncSettings,
    ReloadError,
    SettingsHarness,
    SyncSettings,
    Values,
    checked,
    known,
    put,
)


class GrowsByTheDifference(AsyncSettings):
    """Grows and shrinks by what the change says has changed, whatever it has already."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = dict(self._values)
        for change in known(changes):
            put(draft, change.path, self._grown(draft, change))
        return draft

    @staticmethod
    def _grown(draft: Values, change: ConfigChange) -> object:
        value, current, old = checked(change), draft.get(change.path), change.old
        if type(value) is int and type(current) is int and type(old) is int:
            return current + (value - old)
        return value


class RefusesWhatItHas(SyncSettings):
    """Takes an added setting that it already has for a conflict."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        for change in known(changes):
            if change.kind == "added" and change.path in self._values:
                raise ReloadError(f"{change.path} exists already")
        return super()._draft(changes)


class AppendsArrivals(AsyncSettings):
    """Works out who came and who left from the change, and appends who came."""

    def __init__(self) -> None:
        super().__init__()
        self._values["cache.hosts"] = ["a", "b"]

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        draft = super()._draft(changes)
        for change in known(changes):
            if change.path == "cache.hosts":
                draft["cache.hosts"] = self._joined(change)
        return draft

    def _joined(self, change: ConfigChange) -> list[object]:
        hosts, old, new = self._values["cache.hosts"], change.old, change.new
        assert isinstance(hosts, list) and isinstance(old, list) and isinstance(new, list)
        arrived = [host for host in new if host not in old]
        return [host for host in hosts if host in new or host not in old] + arrived


class ComparesWithOld(SyncSettings):
    """Compares before it sets, and so refuses its own work as stale."""

    def _draft(self, changes: Sequence[ConfigChange]) -> Values:
        for change in known(changes):
            expected = ABSENT if change.kind == "added" else change.old
            if self._values.get(change.path, ABSENT) != expected:
                raise ReloadError(f"{change.path} is no longer what the change starts from")
        return super()._draft(changes)


class GrowsByTheDifferenceContract(SettingsHarness):
    def create(self) -> GrowsByTheDifference:
        return GrowsByTheDifference()


class RefusesWhatItHasContract(SettingsHarness):
    def create(self) -> RefusesWhatItHas:
        return RefusesWhatItHas()


class AppendsArrivalsContract(SettingsHarness):
    def create(self) -> AppendsArrivals:
        return AppendsArrivals()

    def changes(self) -> list[ConfigChange]:
        arrival = ConfigChange.modified("cache.hosts", ["a", "b"], ["a", "b", "c"])
        return [*super().changes(), arrival]


class ComparesWithOldContract(SettingsHarness):
    def create(self) -> ComparesWithOld:
        return ComparesWithOld()


SUBJECTS = [
    Broken(GrowsByTheDifferenceContract, ("RLD-004",), "cache.size"),
    Broken(RefusesWhatItHasContract, ("RLD-004",), "cache.region"),
    Broken(AppendsArrivalsContract, ("RLD-004",), "cache.hosts"),
    Broken(ComparesWithOldContract, ("RLD-004",), "cache.ttl"),
]
