"""Guards that publish too many events or too few: TNT-013."""

from pytest_policy_contracts import GuardConfig, GuardMode, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, Event, GuardHarness, SyncGuard, copied, crosses_between_ids


class EventPerAccess(SyncGuard):
    """Publishes every access it is asked about, also one that is none of its business."""

    def validate_access(self, asked: TenantViolation) -> None:
        if self._mode is not GuardMode.DISABLED and self._excused(asked):
            self._announce(copied(asked))
        super().validate_access(asked)


class EventForTheWhitelisted(AsyncGuard):
    """Leaves an event for what the whitelist allows, for the auditors."""

    async def validate_access(self, asked: TenantViolation) -> None:
        if self._mode is not GuardMode.DISABLED and crosses_between_ids(asked):
            if asked.tenant_id != asked.target_id and self._whitelisted(asked.tenant_id, asked.target_id):
                await self._announce(copied(asked))
        await super().validate_access(asked)


class TwoEventsPerDenial(AsyncGuard):
    """Publishes that it recorded, and then that it denies."""

    async def _announce(self, record: TenantViolation) -> None:
        await super()._announce(record)
        if self._mode is GuardMode.STRICT:
            await super()._announce(record)


class SilentWhenFull(SyncGuard):
    """Publishes what makes its records longer; once they are full, nothing does."""

    def validate_access(self, asked: TenantViolation) -> None:
        if self._lets_pass(asked):
            return
        full = len(self._kept) == self._kept.maxlen
        record = self._keep(self._copy_in(asked))
        if not full:
            self._announce(record)
        self._refuse(asked)


class SilentWhenRepeated(AsyncGuard):
    """Publishes no violation that is between the same two as the one before it."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._last: tuple[object, object] | None = None

    async def _announce(self, record: TenantViolation) -> None:
        ids = (record.tenant_id, record.target_id)
        if ids != self._last:
            self._last = ids
            await super()._announce(record)


class SilentWhenLenient(SyncGuard):
    """Publishes its denials, not its records."""

    def _announce(self, record: TenantViolation) -> None:
        if self._mode is GuardMode.STRICT:
            super()._announce(record)


def to_nobody(_event: Event) -> None:
    """Where events go that nobody wired."""


class NobodyIsWired(AsyncGuard):
    """Is built without the publisher, as the builder of the program does it, and tells nobody anything."""

    def __init__(self, config: GuardConfig, _publish: Publish) -> None:
        super().__init__(config, to_nobody)  # type: ignore[arg-type]


class EventPerAccessContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> EventPerAccess:
        return EventPerAccess(config, publish)


class EventForTheWhitelistedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> EventForTheWhitelisted:
        return EventForTheWhitelisted(config, publish)


class TwoEventsPerDenialContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> TwoEventsPerDenial:
        return TwoEventsPerDenial(config, publish)


class SilentWhenFullContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SilentWhenFull:
        return SilentWhenFull(config, publish)


class SilentWhenRepeatedContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SilentWhenRepeated:
        return SilentWhenRepeated(config, publish)


class SilentWhenLenientContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SilentWhenLenient:
        return SilentWhenLenient(config, publish)


class NobodyIsWiredContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> NobodyIsWired:
        return NobodyIsWired(config, publish)


SUBJECTS = [
    Broken(EventPerAccessContract, ("TNT-013",), "19 events for 17 records"),
    Broken(EventForTheWhitelistedContract, ("TNT-013",), "18 events for 17 records"),
    Broken(TwoEventsPerDenialContract, ("TNT-013",), "34 events for 17 records"),
    Broken(SilentWhenFullContract, ("TNT-013",), "2 events"),
    Broken(SilentWhenRepeatedContract, ("TNT-013",), "2 events for 17 records"),
    Broken(SilentWhenLenientContract, ("TNT-013",), "0 events for 16 records"),
    Broken(NobodyIsWiredContract, ("TNT-013",), "0 events for 17 records"),
]
