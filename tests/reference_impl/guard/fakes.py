"""What stands around a guard in its tests: a clock, ports that remember, and whatever fails."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_policy_contracts import GuardConfig, Severity, TenantViolation, ViolationKind
from reference_impl.guard import TenantGuard

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
CROSS = ViolationKind.CROSS_TENANT
OTHERS = [kind for kind in ViolationKind if kind is not CROSS]


class Clock:
    """Shows the time that a test sets, or fails."""

    def __init__(self) -> None:
        self.now = NOON
        self.fails = False

    def __call__(self) -> datetime:
        if self.fails:
            raise OSError("the clock cannot be read")
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


class KeptEvents:
    """`ports.Events` that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any], str, datetime | None]] = []

    def emit(self, kind: str, data: Any, *, subject: str = "", correlation_id: str = "", at: Any = None) -> None:
        self.told.append((kind, dict(data() if callable(data) else data), subject, at))


class KeptMetrics:
    """`ports.GuardMetrics` that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []

    def violation(self, kind: str, mode: str, action: str) -> None:
        self.told.append(("violation", kind, mode, action))

    def dropped(self) -> None:
        self.told.append(("dropped",))

    def whitelist_used(self) -> None:
        self.told.append(("whitelist used",))


class Failing:
    """Every port at once, each call of which fails."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        def fail(*arguments: object, **named: object) -> None:
            raise ConnectionError(f"{name} has lost its connection")

        return fail


def violation(
    kind: Any = CROSS, tenant: Any = "acme", target: Any = "globex", *, details: Any = None, at: Any = None
) -> TenantViolation:
    return TenantViolation(kind, Severity.HIGH, tenant, target, at, {} if details is None else details)


def guard_of(
    mode: Any = "strict", whitelist: Mapping[str, Any] | None = None, room: int = 10, **parts: Any
) -> TenantGuard:
    return TenantGuard(GuardConfig(mode, whitelist or {}, room), **parts)


def denies(guard: TenantGuard, asked: Any) -> bool:
    try:
        guard.validate_access(asked)
    except PermissionError:
        return True
    return False
