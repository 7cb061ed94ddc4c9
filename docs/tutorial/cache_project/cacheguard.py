"""Which tenant may read whose entries of the cache, decided twice."""

import copy
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pytest_policy_contracts import (
    GuardConfig,
    GuardMode,
    TenantContextMissingError,
    TenantIsolationError,
    TenantViolation,
    ViolationKind,
)


class CacheGuard:
    """Remembers first, tells second, decides last; whatever fails on the way, it does not allow more."""

    def __init__(self, config: GuardConfig, publish: Callable[[Mapping[str, object]], object]) -> None:
        if config.max_violations < 1:
            raise ValueError("max_violations has to be at least 1")
        self.mode = GuardMode(config.mode)
        self._pairs = pairs_of(config.whitelist)
        self._room = config.max_violations
        self._records: list[TenantViolation] = []
        self._turn = threading.Lock()
        self._publish = publish

    def validate_access(self, violation: TenantViolation) -> None:
        if self.mode is GuardMode.DISABLED or self._is_permitted(violation):
            return
        record = copied(violation)
        self._keep(record)
        with suppress(Exception):
            self._publish(event_of(record))
        if self.mode is GuardMode.STRICT:
            raise denial(violation)

    def recent_violations(self) -> list[TenantViolation]:
        return list(map(copied, self._records))

    def _keep(self, record: TenantViolation) -> None:
        with self._turn:
            longer = list(self._records)
            longer.append(record)
            self._records = longer[-self._room :]

    def _is_permitted(self, asked: TenantViolation) -> bool:
        ids = (asked.tenant_id, asked.target_id)
        if asked.kind != ViolationKind.CROSS_TENANT or not all(type(one) is str and one for one in ids):
            return False
        return ids[0] == ids[1] or ids in self._pairs


class ForgetfulCacheGuard(CacheGuard):
    """Does the same, and saves the lock: a list that is replaced as a whole is always whole."""

    def _keep(self, record: TenantViolation) -> None:
        longer = list(self._records)
        longer.append(record)
        self._records = longer[-self._room :]


def pairs_of(whitelist: Mapping[str, Collection[str]]) -> frozenset[tuple[str, str]]:
    return frozenset((tenant, target) for tenant, targets in whitelist.items() for target in targets)


def copied(violation: TenantViolation) -> TenantViolation:
    """Answer a deep copy with a timestamp; details that cannot be copied are named instead."""
    try:
        own = copy.deepcopy(violation)
    except Exception:
        own = replace(violation, details={"not copied": type(violation.details).__name__})
    return own if own.timestamp else replace(own, timestamp=datetime.now(UTC))


def event_of(record: TenantViolation) -> dict[str, Any]:
    data = {"kind": str(record.kind), "tenant_id": record.tenant_id, "target_id": record.target_id}
    return {"specversion": "1.0", "id": str(id(record)), "source": "/cache", "type": "tenant.violation", "data": data}


def denial(violation: TenantViolation) -> TenantIsolationError:
    if violation.kind == ViolationKind.MISSING_CONTEXT:
        return TenantContextMissingError(f"nobody asks for {violation.target_id!r}")
    return TenantIsolationError(f"{violation.tenant_id!r} may not read what belongs to {violation.target_id!r}")
