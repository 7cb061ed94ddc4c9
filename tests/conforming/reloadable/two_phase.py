"""Two participants, one decision: both prepare, one assignment decides, both are told.

The decision is what readers see. Telling the participants is shielded, because a decision that was
taken cannot be taken back by a caller who leaves.
"""

import asyncio
from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

from .values import Values, count, merged, text

RULES = {"index.shards": count, "index.name": text, "store.copies": count, "store.class": text}


class Participant:
    """Holds what it was told last, and what it has promised to take next."""

    def __init__(self, prefix: str, values: Values) -> None:
        self._prefix = prefix
        self.told = self._mine(values)
        self.promised: Values | None = None

    async def prepare(self, values: Values) -> None:
        await asyncio.sleep(0.1)
        self.promised = self._mine(values)

    def abort(self) -> None:
        self.promised = None

    async def commit(self) -> None:
        await asyncio.sleep(0.1)
        if self.promised is not None:
            self.told, self.promised = self.promised, None

    def _mine(self, values: Values) -> Values:
        return {path: value for path, value in values.items() if path.startswith(self._prefix)}


class Coordinator:
    """Runs the two phases, one reload at a time."""

    reload_timeout = timedelta(minutes=1)

    def __init__(self) -> None:
        self._decided: Values = {"index.shards": 1, "store.copies": 2, "store.class": "hot"}
        self._turn = asyncio.Lock()
        self.participants = [Participant(name, self._decided) for name in ("index.", "store.")]

    def can_reload(self) -> bool:
        return not self._turn.locked()

    def settings(self) -> Values:
        return dict(self._decided)

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        changes = deepcopy(list(changes))
        async with self._turn:
            proposal = merged(self._decided, changes, RULES)
            await self._prepare(proposal)
            self._decided = proposal
            await self._tell()

    async def _prepare(self, proposal: Values) -> None:
        try:
            async with asyncio.TaskGroup() as phase:
                for participant in self.participants:
                    phase.create_task(participant.prepare(proposal))
        except BaseException:
            for participant in self.participants:
                participant.abort()
            raise

    async def _tell(self) -> None:
        telling = asyncio.ensure_future(self._commit_all())
        try:
            await asyncio.shield(telling)
        except asyncio.CancelledError:
            await asyncio.wait({telling})
            raise

    async def _commit_all(self) -> None:
        for participant in self.participants:
            await participant.commit()


class CoordinatorContract(ReloadableHarness):
    def create(self) -> Coordinator:
        return Coordinator()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("index.shards", 1, 4),
            ConfigChange.added("index.name", "orders"),
            ConfigChange.modified("store.copies", 2, 3),
            ConfigChange.removed("store.class", "hot"),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("index.shards", 1, 2),
            ConfigChange.modified("store.copies", 2, 1),
        ]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("index.shards", 1, 8),
            ConfigChange.modified("store.copies", 2, -2),
        ]

    def snapshot(self, subject: Coordinator) -> object:
        return subject.settings()
