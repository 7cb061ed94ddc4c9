"""Decides whether an access stays within its tenant.

Rules: deny first, tell later. What is told (metrics, events, the log) is told after the decision and cannot change it; the
caller's path makes neither events nor copies that nobody asked for (benchmarks/guard_denial.py).
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import partial

from pytest_policy_contracts.contracts import GuardConfig, GuardMode, Severity, TenantViolation, ViolationKind
from reference_impl.errors import AccessDeniedError, ConfigurationError, TenantMissingError
from reference_impl.guard.evidence import Evidence, Repeat
from reference_impl.guard.records import Record, copied, is_id, known_kind, record_of, text_of
from reference_impl.guard.tenant_scope import TenantScope
from reference_impl.guard.violation_log import LogLimit, ViolationLog
from reference_impl.guard.whitelist import Whitelist, WhitelistEntry, WhitelistUse
from reference_impl.ports import SILENT, Events, GuardMetrics, Now, utc_now

RECORDED = "tenant.violation.recorded"

_CROSS_TENANT, _MISSING_CONTEXT, _DISABLED = (
    ViolationKind.CROSS_TENANT,
    ViolationKind.MISSING_CONTEXT,
    GuardMode.DISABLED,
)


class TenantGuard:
    """Allows, denies, and remembers; every method may be called from any task and thread, and waits for no listener.

    `config.mode` may be given as text in any case. `entries` add to `config.whitelist` what a plain mapping cannot say.
    `max_repeats` is how many sorts of violations are counted, `log_limit` how many are logged. Raises
    `ConfigurationError` for settings that cannot work, a mode that is not known among them.
    """

    def __init__(
        self,
        config: GuardConfig,
        *,
        entries: Iterable[WhitelistEntry] = (),
        events: Events = SILENT,
        metrics: GuardMetrics = SILENT,
        now: Now = utc_now,
        max_repeats: int = 256,
        log_limit: LogLimit = LogLimit(),  # noqa: B008  (it is frozen)
    ) -> None:
        self._mode = _mode_of(config.mode)
        self._denies = self._mode is GuardMode.STRICT
        self._action = "denied" if self._denies else "allowed"
        self._whitelist = Whitelist(config.whitelist, entries, now)
        self._pairs = self._whitelist.pairs  # looked into first: most accesses are of no pair
        self._evidence = Evidence(
            _positive("max_violations", config.max_violations), _positive("max_repeats", max_repeats)
        )
        self._scope = TenantScope()
        self._log = ViolationLog(log_limit)
        self._events = events
        self._metrics = metrics
        self._now = now

    @property
    def mode(self) -> GuardMode:
        """What is done with a violation [TNT-001]."""
        return self._mode

    # -- deciding --

    def validate_access(self, violation: TenantViolation, /) -> None:
        """Return to allow the access. Raises `AccessDeniedError`, or `TenantMissingError` for a missing context."""
        if self._mode is _DISABLED:
            return
        try:
            if self._is_permitted(violation.kind, violation.tenant_id, violation.target_id):
                return
        except Exception:
            pass  # what has no fields has no permission [TNT-015]
        record = record_of(violation, self._now)
        self._remember(record)
        if self._denies:
            raise _denial(record)

    def access(self, target_id: str) -> None:
        """Reach for what belongs to `target_id` as the tenant that is bound; raises as `validate_access` does [TNT-018]."""
        tenant_id = self._scope.tenant_id()
        kind = _CROSS_TENANT if is_id(tenant_id) else _MISSING_CONTEXT
        if self._mode is _DISABLED or self._is_permitted(kind, tenant_id, target_id):
            return
        self.validate_access(
            TenantViolation(kind, Severity.HIGH, text_of("" if tenant_id is None else tenant_id), target_id)
        )

    def bound_to(self, tenant_id: str) -> AbstractContextManager[None]:
        """Let the running context, and what is started in it, work for a tenant: `with guard.bound_to("acme"): …`.

        An id that is empty, or no text, binds nobody and hides who is bound around it.
        """
        return self._scope.bound_to(tenant_id)

    def _is_permitted(self, kind: object, tenant_id: object, target_id: object) -> bool:
        """Tell whether it is no violation at all; only an access that claims no more than to cross the border can be none."""
        if kind is not _CROSS_TENANT and known_kind(kind) is not _CROSS_TENANT:
            return False
        if type(tenant_id) is not str or type(target_id) is not str or not tenant_id or not target_id:
            return False
        return tenant_id == target_id or (
            (tenant_id, target_id) in self._pairs and self._is_excused(tenant_id, target_id)
        )

    def _is_excused(self, tenant_id: str, target_id: str) -> bool:
        if not self._whitelist.excuses(tenant_id, target_id):
            return False
        try:
            self._metrics.whitelist_used()
        except Exception:
            pass
        return True

    # -- remembering and telling --

    def _remember(self, record: Record) -> None:
        drops = self._evidence.add(record)
        try:
            self._metrics.violation(record[0], self._mode, self._action)
            if drops:
                self._metrics.dropped()
        except Exception:
            pass  # who counts does not decide, and neither does who listens [TNT-014]
        try:
            self._events.emit(RECORDED, partial(self._event_data, record), subject=record[2], at=record[4])
        except Exception:
            pass
        self._log.write(record, self._action)

    def _event_data(self, record: Record) -> dict[str, object]:
        kind, severity, tenant_id, target_id, timestamp, details = record
        return {
            "kind": str(kind),
            "severity": str(severity),
            "tenant_id": tenant_id,
            "target_id": target_id,
            "timestamp": timestamp.isoformat(),
            "details": copied(details),
            "mode": str(self._mode),
            "action": self._action,
        }

    def recent_violations(self) -> list[TenantViolation]:
        """Return deep copies of the newest violations, the oldest first [TNT-009, TNT-010]."""
        return self._evidence.recent()

    def repeats(self) -> list[Repeat]:
        """Return how often which tenant reached for which target, the pair seen last at the end.

        Bounded: of ever new pairs, those that were not seen for the longest time are forgotten [TNT-019].
        """
        return self._evidence.repeats()

    def whitelist_uses(self) -> list[WhitelistUse]:
        """Return how often each entry of the whitelist has excused an access; one that is never used can go."""
        return self._whitelist.uses()

    @property
    def dropped(self) -> int:
        """How many violations are not among the recent ones any more."""
        return self._evidence.dropped


def _denial(record: Record) -> AccessDeniedError:
    """Return an error that tells nothing but what the caller said, whoever exists [TNT-020]."""
    kind, _, tenant_id, target_id, _, _ = record
    if kind is _MISSING_CONTEXT:
        return TenantMissingError(f"no tenant is known that asks for {target_id!r}")
    reason = kind if type(kind) is ViolationKind else "unknown kind"
    return AccessDeniedError(f"{tenant_id!r} may not reach {target_id!r} ({reason})")


def _mode_of(mode: object) -> GuardMode:
    try:
        return GuardMode(mode.lower())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        raise ConfigurationError(f"there is no mode {mode!r}; the modes are {', '.join(GuardMode)}") from None


def _positive(name: str, number: object) -> int:
    if type(number) is not int or number < 1:
        raise ConfigurationError(f"{name} has to be a whole number of at least 1, not {number!r}")
    return number
