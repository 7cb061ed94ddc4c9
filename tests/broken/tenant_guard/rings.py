"""Guards that do not remember the newest violations, the oldest first: TNT-009."""

from datetime import datetime

from pytest_policy_contracts import GuardConfig, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard


class NewestFirst(SyncGuard):
    """Answers as its page shows them."""

    def recent_violations(self) -> list[TenantViolation]:
        return super().recent_violations()[::-1]


class SortsByMoment(AsyncGuard):
    """Sorts by the moments that the violations were given, the newest first."""

    def recent_violations(self) -> list[TenantViolation]:
        return sorted(super().recent_violations(), key=self._seconds, reverse=True)

    @staticmethod
    def _seconds(record: TenantViolation) -> float:
        return record.timestamp.timestamp() if isinstance(record.timestamp, datetime) else 0.0


class KeepsOneLess(SyncGuard):
    """Keeps one place free, as rings with two ends do, and does not make the ring longer for it."""

    def _capacity(self, max_violations: int) -> int | None:
        capacity = super()._capacity(max_violations)
        return capacity if capacity is None or capacity == 1 else capacity - 1


class KeepsOneMore(AsyncGuard):
    """Drops the oldest only when there are already more than it may keep."""

    async def _keep(self, record: TenantViolation) -> TenantViolation:
        async with self._turn:
            record = self._stamped(record)
            while len(self._kept) > self._most:
                self._kept.popleft()
            self._kept.append(record)
        return record

    def _capacity(self, max_violations: int) -> int | None:
        self._most = max_violations
        super()._capacity(max_violations)
        return None


class ShowsTheRingAsItLies(SyncGuard):
    """Answers the ring from its first place on, wherever the oldest may be."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._ring: list[TenantViolation] = []
        self._size = config.max_violations
        self._written = 0

    def _keep(self, record: TenantViolation) -> TenantViolation:
        with self._turn:
            record = self._stamped(record)
            place = self._written % self._size
            self._ring[place : place + 1] = [record]
            self._written += 1
        return record

    def _snapshot(self) -> list[TenantViolation]:
        with self._turn:
            return list(self._ring)


class ForgetsAllWhenFull(AsyncGuard):
    """Makes room by throwing everything away."""

    async def _keep(self, record: TenantViolation) -> TenantViolation:
        if len(self._kept) == self._kept.maxlen:
            self._kept.clear()
        return await super()._keep(record)


class KeepsTheOldest(SyncGuard):
    """Records nothing more once it is full."""

    def _keep(self, record: TenantViolation) -> TenantViolation:
        with self._turn:
            record = self._stamped(record)
            if len(self._kept) != self._kept.maxlen:
                self._kept.append(record)
        return record


class NoneMeansNone(SyncGuard):
    """Takes a capacity below one for the wish to keep nothing."""

    def _capacity(self, max_violations: int) -> int | None:
        return max(0, max_violations)


class NoneMeansUnlimited(AsyncGuard):
    """Takes a capacity below one for the wish to keep everything."""

    def _capacity(self, max_violations: int) -> int | None:
        return max_violations if max_violations >= 1 else None


class NewestFirstContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NewestFirst:
        return NewestFirst(config, publish)


class SortsByMomentContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SortsByMoment:
        return SortsByMoment(config, publish)


class KeepsOneLessContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> KeepsOneLess:
        return KeepsOneLess(config, publish)


class KeepsOneMoreContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> KeepsOneMore:
        return KeepsOneMore(config, publish)


class ShowsTheRingAsItLiesContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> ShowsTheRingAsItLies:
        return ShowsTheRingAsItLies(config, publish)


class ForgetsAllWhenFullContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> ForgetsAllWhenFull:
        return ForgetsAllWhenFull(config, publish)


class KeepsTheOldestContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> KeepsTheOldest:
        return KeepsTheOldest(config, publish)


class NoneMeansNoneContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NoneMeansNone:
        return NoneMeansNone(config, publish)


class NoneMeansUnlimitedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NoneMeansUnlimited:
        return NoneMeansUnlimited(config, publish)


SUBJECTS = [
    Broken(
        NewestFirstContract,
        ("TNT-009",),
        "access 1 (high cross_tenant of 'acme' to 'umbrella'), access 0 (high cross_tenant of 'acme' to 'umbrella')",
    ),
    Broken(
        SortsByMomentContract,
        ("TNT-009",),
        "access 1 (high cross_tenant of 'acme' to 'umbrella'), access 0 (high cross_tenant of 'acme' to 'umbrella')",
    ),
    Broken(
        KeepsOneLessContract,
        ("TNT-009",),
        "the oldest first: access 0 (high cross_tenant of 'acme' to 'umbrella'), access 1 (high cross_tenant of 'acme' to 'umbrella')",
    ),
    Broken(
        KeepsOneMoreContract,
        ("TNT-009",),
        "access 0 (high cross_tenant of 'acme' to 'umbrella'), access 1 (high cross_tenant of 'acme' to 'umbrella')",
    ),
    Broken(
        ShowsTheRingAsItLiesContract,
        ("TNT-009",),
        "access 2 (high cross_tenant of 'acme' to 'umbrella'), access 1 (high cross_tenant of 'acme' to 'umbrella')",
    ),
    Broken(
        ForgetsAllWhenFullContract,
        ("TNT-009",),
        "the oldest first: access 1 (high cross_tenant of 'acme' to 'umbrella'), access 2 (high cross_tenant of 'acme' to 'umbrella')",
    ),
    Broken(KeepsTheOldestContract, ("TNT-009",), "with room for 1, after"),
    Broken(NoneMeansNoneContract, ("TNT-009",), "recorded: nothing"),
    Broken(NoneMeansUnlimitedContract, ("TNT-009",), "1253 records"),
]
