"""What goes wrong only after a while, or only among many: AGG-016."""

from collections import Counter
from typing import Any

from pytest_policy_contracts import AggregatedHealth, HealthReport
from tests.broken.entry import Broken

from .aggregators import UNHEALTHY, Aggregator, AggregatorContract, Entry


class GivesUpOnIt(Aggregator):
    """Does not believe a provider any more that has failed three times in a row, not even when it is well again."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._failures: Counter[str] = Counter()

    async def _asked(self, entry: Entry) -> list[HealthReport]:
        reports = await super()._asked(entry)
        if self._failures[entry.name] >= 3:
            return [self._failed(entry, UNHEALTHY, "it has failed too often")]
        failed = any("RuntimeError" in report.message for report in reports)
        self._failures[entry.name] = self._failures[entry.name] + 1 if failed else 0
        return reports


class RemembersTheName(Aggregator):
    """Keeps a provider that was removed, and takes it out again when one of its name is added."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._known: dict[str, Any] = {}

    def add_provider(self, name: str, provider: Any, /, *, optional: bool = False) -> None:
        super().add_provider(name, self._known.setdefault(name, provider), optional=optional)


class ShedsLoad(Aggregator):
    """Gives the last answer that there was, however old it is, when more than forty are waiting."""

    MOST = 40

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._waiting = 0
        self._last: AggregatedHealth | None = None

    async def check(self, *, force_refresh: bool = False) -> AggregatedHealth:
        if self._waiting >= self.MOST and self._last is not None and not force_refresh:
            return self._copied(self._last)
        self._waiting += 1
        try:
            self._last = await super().check(force_refresh=force_refresh)
        finally:
            self._waiting -= 1
        return self._copied(self._last)


class GivesUpOnItContract(AggregatorContract):
    kind = GivesUpOnIt


class RemembersTheNameContract(AggregatorContract):
    kind = RemembersTheName


class ShedsLoadContract(AggregatorContract):
    kind = ShedsLoad


SUBJECTS = [
    Broken(GivesUpOnItContract, ("AGG-016",), "flaky as it was when evaluation"),
    Broken(RemembersTheNameContract, ("AGG-016",), "guest-1"),
    Broken(ShedsLoadContract, ("AGG-016",), "s old"),
]
