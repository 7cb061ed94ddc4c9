"""Who may reach whom: directed pairs of exact ids, each for a reason, perhaps for a while, and counted when used.

Rules: a pair is looked up as it is, never folded, stripped, matched or joined [TNT-005]. Only cross-tenant access can be
excused, and an entry that claims more is refused [TNT-006]. What was handed in is copied [TNT-007].
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import RLock

from pytest_policy_contracts.contracts import ViolationKind
from reference_impl.errors import ConfigurationError
from reference_impl.guard.records import is_id
from reference_impl.ports import Now

EXCUSABLE = frozenset({ViolationKind.CROSS_TENANT})
"""A missing or invalid context or a missing authorization is nothing that two tenants could agree on."""


@dataclass(frozen=True, slots=True)
class WhitelistEntry:
    """`tenant_id` may reach `target_id`, not the other way round, because of `reason`.

    At `expires_at` (timezone-aware; None for never) the entry has ended. `kinds` says what it excuses. Raises
    `ConfigurationError` where any of that cannot be.
    """

    tenant_id: str
    target_id: str
    reason: str
    expires_at: datetime | None = None
    kinds: frozenset[ViolationKind] = EXCUSABLE

    def __post_init__(self) -> None:
        for name in (self.tenant_id, self.target_id, self.reason):
            if not is_id(name):
                raise ConfigurationError(f"{self}: ids and the reason are texts with something in them, not {name!r}")
        if self.expires_at is not None and self.expires_at.utcoffset() is None:
            raise ConfigurationError(f"{self}: expires_at has no timezone; give one, such as datetime.UTC")
        if not self.kinds or not self.kinds <= EXCUSABLE:
            raise ConfigurationError(f"{self}: only {set(map(str, EXCUSABLE))} can be excused, not {set(self.kinds)}")


@dataclass(frozen=True, slots=True)
class WhitelistUse:
    """How often an entry has excused an access."""

    entry: WhitelistEntry
    uses: int


class Whitelist:
    """The entries, by their pairs; safe from any thread. `pairs` are those of all entries, ended ones included."""

    def __init__(self, pairs: Mapping[str, Collection[str]], entries: Iterable[WhitelistEntry], now: Now) -> None:
        self._entries: dict[tuple[str, str], WhitelistEntry] = {}
        for entry in (*_from_pairs(pairs), *entries):
            pair = entry.tenant_id, entry.target_id
            if pair in self._entries:
                raise ConfigurationError(f"two whitelist entries let {pair[0]!r} reach {pair[1]!r}; keep one of them")
            self._entries[pair] = entry
        self.pairs = frozenset(self._entries)
        self._uses = dict.fromkeys(self._entries, 0)
        self._now = now
        self._lock = RLock()

    def excuses(self, tenant_id: str, target_id: str) -> bool:
        """Tell whether a cross-tenant access is excused, and count that it was."""
        pair = tenant_id, target_id
        entry = self._entries.get(pair)
        if entry is None or not self._is_in_force(entry):
            return False
        with self._lock:
            self._uses[pair] += 1
        return True

    def _is_in_force(self, entry: WhitelistEntry) -> bool:
        if entry.expires_at is None:
            return True
        try:
            return self._now() < entry.expires_at
        except Exception:
            return False  # without a clock nobody knows whether it still holds [TNT-015]

    def uses(self) -> list[WhitelistUse]:
        """Return how often each entry was used, those of the plain mapping first."""
        with self._lock:
            return [WhitelistUse(entry, self._uses[pair]) for pair, entry in self._entries.items()]


def _from_pairs(pairs: Mapping[str, Collection[str]]) -> Iterator[WhitelistEntry]:
    for tenant_id, targets in pairs.items():
        if isinstance(targets, str):
            raise ConfigurationError(f"the whitelist of {tenant_id!r} is the text {targets!r}; give a list of targets")
        for target_id in dict.fromkeys(targets):
            yield WhitelistEntry(tenant_id, target_id, "in the configuration")
