"""The memory of a guard: the newest violations, and how often which of them came back.

Rules: both memories are bounded, also while ever new tenants are made up [TNT-009, TNT-019]. Only records of our own are
handled while the lock is held, so that no code of anybody else can run there.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from datetime import datetime
from threading import RLock

from pytest_policy_contracts.contracts import TenantViolation, ViolationKind
from reference_impl.guard.records import Record, violation_of

JOURNAL_LENGTH = 100


@dataclass(slots=True)
class Repeat:
    """How often one tenant reached for one target in one way, and when first and last."""

    kind: ViolationKind | str
    tenant_id: str
    target_id: str
    first_seen: datetime
    last_seen: datetime
    count: int = 1


class Evidence:
    """Remembers the newest `room` violations, and counts the `max_repeats` sorts of them that were seen last.

    Whoever adds a violation only writes it into a journal. It is brought into the books when the journal is long, and
    before anybody reads them.
    """

    def __init__(self, room: int, max_repeats: int) -> None:
        self._room = room
        self._max_repeats = max_repeats
        self._journal: deque[Record] = deque()
        self._newest: deque[Record] = deque(maxlen=room)
        self._repeats: OrderedDict[tuple[str, str, str], Repeat] = OrderedDict()
        self._total = 0
        # Reentrant: a signal handler or a finalizer may come here again on the thread that holds it, at any line.
        self._lock = RLock()

    def add(self, record: Record) -> bool:
        """Remember a violation; tell whether an older one has to make room."""
        journal = self._journal
        journal.append(record)  # atomic: none is lost or torn, whoever else is here [TNT-012]
        drops = len(self._newest) + len(journal) > self._room
        if len(journal) >= JOURNAL_LENGTH:
            self._keep_books()
        return drops

    def _keep_books(self) -> None:
        with self._lock:
            for _ in range(len(self._journal)):
                try:
                    record = self._journal.popleft()
                except IndexError:
                    return  # whoever came here in between, on this very thread, has done the rest
                self._newest.append(record)
                self._total += 1
                kind, _, tenant_id, target_id, timestamp, _ = record
                key = (kind, tenant_id, target_id)
                repeat = self._repeats.get(key)
                if repeat is None:
                    self._begin_to_count(key, timestamp)
                else:
                    repeat.count += 1
                    repeat.last_seen = timestamp
                    self._repeats.move_to_end(key)

    def _begin_to_count(self, key: tuple[ViolationKind | str, str, str], timestamp: datetime) -> None:
        self._repeats[key] = Repeat(*key, timestamp, timestamp)
        if len(self._repeats) > self._max_repeats:
            self._repeats.popitem(last=False)

    def recent(self) -> list[TenantViolation]:
        """Return deep copies of the newest violations, the oldest first [TNT-009, TNT-010]."""
        with self._lock:
            self._keep_books()
            records = list(self._newest)
        return [violation_of(record) for record in records]

    def repeats(self) -> list[Repeat]:
        """Return copies of the counts, of the violation seen last at the end."""
        with self._lock:
            self._keep_books()
            return [replace(repeat) for repeat in self._repeats.values()]

    @property
    def dropped(self) -> int:
        """How many violations made room for newer ones."""
        with self._lock:
            self._keep_books()
            return self._total - len(self._newest)
