"""A synchronous guard of a program that has its own modes, kinds, records and errors, of the same shape."""

import threading
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from pytest_policy_contracts import GuardConfig, TenantGuardHarness, TenantViolation, ViolationKind
from pytest_policy_contracts.contracts.tenants import Publish


class Mode(Enum):
    STRICT = "enforce"
    LENIENT = "watch"
    DISABLED = "off"


class Kind(Enum):
    CROSS_TENANT = auto()
    INVALID_CONTEXT = auto()
    MISSING_CONTEXT = auto()
    UNAUTHORIZED = auto()


KINDS = {kind.name.lower(): kind for kind in Kind}
UNKNOWN = "unknown"
TEXTS = (str, ViolationKind)


class AccessDenied(Exception):
    """The gatekeeper did not let somebody through."""


class TenantContextMissingError(AccessDenied):
    """The gatekeeper does not know who is asking."""


@dataclass
class Incident:
    """An access that the gatekeeper noted; a kind it does not know is only called unknown."""

    kind: Kind | str
    severity: Any
    tenant_id: Any
    target_id: Any
    timestamp: datetime
    details: Mapping[str, object]


class Gatekeeper:
    """A ring of incidents, written at a place that goes round; ids that are no plain texts belong to nobody."""

    def __init__(self, mode: Mode, allowed: Mapping[str, frozenset[str]], capacity: int, publish: Publish) -> None:
        self.mode = mode
        self._allowed = allowed
        self._ring: list[Incident | None] = [None] * capacity
        self._written = 0
        self._lock = threading.Lock()
        self._publish = publish

    def validate_access(self, asked: TenantViolation) -> None:
        if self.mode is Mode.DISABLED:
            return
        kind = KINDS.get(str(asked.kind), UNKNOWN) if type(asked.kind) in TEXTS else UNKNOWN
        if kind is Kind.CROSS_TENANT and self._may_reach(asked.tenant_id, asked.target_id):
            return
        self._tell(*self._note(kind, asked))
        if self.mode is Mode.STRICT:
            if kind is Kind.MISSING_CONTEXT:
                raise TenantContextMissingError("access denied: nobody is asking")
            raise AccessDenied("access denied")

    def _may_reach(self, tenant: object, target: object) -> bool:
        if type(tenant) is not str or type(target) is not str or not tenant or not target:
            return False
        return tenant == target or target in self._allowed.get(tenant, frozenset())

    def _note(self, kind: Kind | str, asked: TenantViolation) -> tuple[Incident, int]:
        severity, tenant, target = map(self._part, (asked.severity, asked.tenant_id, asked.target_id))
        details = self._details(asked.details)
        with self._lock:
            moment = asked.timestamp if asked.timestamp is not None else self._now()
            incident = Incident(kind, severity, tenant, target, moment, details)
            self._ring[self._written % len(self._ring)] = incident
            self._written += 1
            return incident, self._written

    @staticmethod
    def _part(value: object) -> Any:
        try:
            return deepcopy(value)
        except Exception:
            return f"<{type(value).__name__}>"

    def _details(self, details: Mapping[str, object]) -> Mapping[str, object]:
        try:
            return {self._part(name): self._part(value) for name, value in details.items()}
        except Exception:
            return {"not noted": type(details).__name__}

    @staticmethod
    def _now() -> datetime:
        try:
            return datetime.now(UTC)
        except Exception:
            return datetime(1, 1, 1, tzinfo=UTC)

    def _tell(self, incident: Incident, number: int) -> None:
        try:
            kind = incident.kind.name if isinstance(incident.kind, Kind) else incident.kind
            event = {"specversion": "1.0", "id": f"incident-{number}", "type": "incident", "source": "/gatekeeper"}
            self._publish({**event, "data": {**deepcopy(vars(incident)), "kind": kind}})
        except Exception:
            return

    def recent_violations(self) -> list[Incident]:
        with self._lock:
            place = self._written % len(self._ring)
            ring = self._ring[place:] + self._ring[:place]
        return [deepcopy(incident) for incident in ring if incident is not None]


class GatekeeperContract(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Publish) -> Gatekeeper:
        allowed = {tenant: frozenset(targets) for tenant, targets in config.whitelist.items()}
        capacity = config.max_violations if config.max_violations >= 1 else 1000
        return Gatekeeper(Mode[config.mode.upper()], allowed, capacity, publish)
