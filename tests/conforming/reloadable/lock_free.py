"""A synchronous module without a lock: every reload is one `dict.update`, which nothing splits."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

from .values import Refused, Rules, Values, count, text

RULES: Rules = {"flag.rollout": count, "flag.name": text, "flag.owner": text}
REMOVED = object()


class FlagModule:
    """A removed setting stays in the dict as a mark, so that removing needs no second step."""

    reload_timeout = timedelta(seconds=2)

    def __init__(self) -> None:
        self._values: Values = {"flag.rollout": 10, "flag.name": "search", "flag.owner": "web"}

    def can_reload(self) -> bool:
        return True

    def settings(self) -> Values:
        values = self._values.copy()
        return {path: value for path, value in values.items() if value is not REMOVED}

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        known = [change for change in changes if change.path in RULES]
        self._values.update({change.path: self._accepted(change) for change in known})

    @staticmethod
    def _accepted(change: ConfigChange) -> object:
        if change.kind == "removed":
            return REMOVED
        if not RULES[change.path](change.new):
            raise Refused(f"{change.path} cannot take the value it was given")
        return deepcopy(change.new)


class FlagModuleContract(ReloadableHarness):
    def create(self) -> FlagModule:
        return FlagModule()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("flag.rollout", 10, 50),
            ConfigChange.modified("flag.name", "search", "find"),
            ConfigChange.removed("flag.owner", "web"),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("flag.rollout", 10, 90),
            ConfigChange.modified("flag.owner", "web", "ops"),
        ]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("flag.name", "search", "seek"),
            ConfigChange.modified("flag.rollout", 10, -5),
        ]

    def snapshot(self, subject: FlagModule) -> object:
        return subject.settings()
