"""Records that the guard and its callers hold in common: TNT-010."""

from copy import copy
from dataclasses import replace
from typing import Any

from pytest_policy_contracts import GuardConfig, TenantViolation
from pytest_policy_contracts.contracts.tenants import Publish
from tests.broken.entry import Broken

from .guards import AsyncGuard, GuardHarness, SyncGuard


def shallow(value: Any) -> Any:
    """A copy of the outermost level, or the value where that cannot be copied."""
    try:
        return copy(value)
    except Exception:
        return value


class KeepsTheirDetails(SyncGuard):
    """Records the details it was handed, not a copy of them."""

    def _copy_in(self, asked: TenantViolation) -> TenantViolation:
        return replace(super()._copy_in(asked), details=asked.details)


class CopiesOneLevelIn(AsyncGuard):
    """Copies the details it was handed, but not what is inside them."""

    def _copy_in(self, asked: TenantViolation) -> TenantViolation:
        return replace(super()._copy_in(asked), details=shallow(asked.details))


class HandsOutItsRecords(AsyncGuard):
    """Answers a new list of the records themselves."""

    def _copy_out(self, record: TenantViolation) -> TenantViolation:
        return record


class CopiesOneLevelOut(SyncGuard):
    """Answers copies of the records, whose details are copied one level deep."""

    def _copy_out(self, record: TenantViolation) -> TenantViolation:
        return replace(record, details=shallow(record.details))


class SharesItsAnswer(AsyncGuard):
    """Makes an answer once and gives it to everybody until something new is recorded."""

    def __init__(self, config: GuardConfig, publish: Publish) -> None:
        super().__init__(config, publish)
        self._answer: list[TenantViolation] | None = None

    async def _keep(self, record: TenantViolation) -> TenantViolation:
        self._answer = None
        return await super()._keep(record)

    def recent_violations(self) -> list[TenantViolation]:
        if self._answer is None:
            self._answer = super().recent_violations()
        return self._answer


class KeepsTheirDetailsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> KeepsTheirDetails:
        return KeepsTheirDetails(config, publish)


class CopiesOneLevelInContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> CopiesOneLevelIn:
        return CopiesOneLevelIn(config, publish)


class HandsOutItsRecordsContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> HandsOutItsRecords:
        return HandsOutItsRecords(config, publish)


class CopiesOneLevelOutContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> CopiesOneLevelOut:
        return CopiesOneLevelOut(config, publish)


class SharesItsAnswerContract(GuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> SharesItsAnswer:
        return SharesItsAnswer(config, publish)


SUBJECTS = [
    Broken(KeepsTheirDetailsContract, ("TNT-010",), "'details': {'altered by the suite"),
    Broken(CopiesOneLevelInContract, ("TNT-010",), "'path': ['altered by the suite"),
    Broken(HandsOutItsRecordsContract, ("TNT-010",), "'details': {'altered by the suite"),
    Broken(CopiesOneLevelOutContract, ("TNT-010",), "'path': ['altered by the suite"),
    Broken(SharesItsAnswerContract, ("TNT-010",), "[{'record': 'altered by the suite"),
]
