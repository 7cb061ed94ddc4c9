"""What the guard decides, whatever goes wrong around it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pytest_policy_contracts import GuardConfig, TenantContextMissingError, TenantIsolationError, ViolationKind
from reference_impl.errors import AccessDeniedError, ConfigurationError, TenantMissingError
from reference_impl.guard import TenantGuard

from .fakes import CROSS, OTHERS, Clock, Failing, KeptEvents, KeptMetrics, denies, guard_of, violation


class Evil:
    """Equals everything, cannot be copied, hashed, named or asked."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True

    def __bool__(self) -> bool:
        raise RuntimeError("not to be asked")

    def __deepcopy__(self, memo: object) -> "Evil":
        raise TypeError("not to be copied")

    def __repr__(self) -> str:
        raise RuntimeError("not to be shown")


class Bare:
    """Has no field of a violation, and fails over one of them."""

    @property
    def kind(self) -> str:
        raise RuntimeError("not to be read")


@contextmanager
def failing_log() -> Iterator[None]:
    class Broken(logging.Handler):
        def handle(self, record: logging.LogRecord) -> bool:
            raise OSError("the disk is full")

    handler, logger = Broken(), logging.getLogger("reference_impl.guard")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@pytest.mark.parametrize("mode", ["strict", "STRICT", "Lenient", "disabled"])
def test_a_mode_may_be_written_in_any_case(mode: str) -> None:
    """A mode that is given as text means what it says, in capitals and without."""
    guard = guard_of(mode)

    assert guard.mode == mode.lower()
    assert denies(guard, violation()) is (mode.lower() == "strict")


@pytest.mark.parametrize(
    "config",
    [
        GuardConfig("strictt"),
        GuardConfig(""),
        GuardConfig(None),  # type: ignore[arg-type]
        GuardConfig(b"strict"),  # type: ignore[arg-type]
        GuardConfig(max_violations=0),
        GuardConfig(max_violations=True),
        GuardConfig(max_violations=2.5),  # type: ignore[arg-type]
        GuardConfig(whitelist={"acme": "globex"}),
        GuardConfig(whitelist={"": ["globex"]}),
        GuardConfig(whitelist={"acme": [""]}),
        GuardConfig(whitelist={7: ["globex"]}),  # type: ignore[dict-item]
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(config: GuardConfig) -> None:
    """A guard with an unknown mode, no room or a whitelist of nobody is not made."""
    with pytest.raises(ConfigurationError):
        TenantGuard(config)


def test_a_tenant_reaches_its_own_and_its_friends() -> None:
    """An access to oneself and one of the whitelist return, and leave no record, event or count of a violation."""
    events, metrics = KeptEvents(), KeptMetrics()
    guard = guard_of(whitelist={"acme": ["globex"]}, events=events, metrics=metrics)

    guard.validate_access(violation(tenant="acme", target="acme"))
    guard.validate_access(violation(tenant="acme", target="globex"))
    assert guard.recent_violations() == [] and events.told == []
    assert metrics.told == [("whitelist used",)]
    assert denies(guard, violation(tenant="globex", target="acme"))


@pytest.mark.parametrize("kind", [*OTHERS, "something_else", None, 7, Evil()], ids=lambda kind: type(kind).__name__)
def test_only_a_cross_tenant_access_can_be_excused(kind: object) -> None:
    """Any other kind is denied between friends and to oneself."""
    guard = guard_of(whitelist={"acme": ["globex"]})

    assert denies(guard, violation(kind, "acme", "globex"))
    assert denies(guard, violation(kind, "acme", "acme"))


@pytest.mark.parametrize(
    "tenant", ["", " ", "Acme", None, 7, b"acme", ["acme"], Evil()], ids=lambda one: type(one).__name__
)
def test_what_is_no_id_of_a_friend_is_nobody(tenant: object) -> None:
    """Ids that are empty, look alike, or are no plain text are denied, also when both are the same."""
    guard = guard_of(whitelist={"acme": ["globex"]})

    assert denies(guard, violation(tenant=tenant))
    assert denies(guard, violation(tenant="acme", target=tenant))
    somebody = type(tenant) is str and tenant != ""
    assert denies(guard, violation(tenant=tenant, target=tenant)) is not somebody


def test_the_error_says_whether_a_context_is_missing() -> None:
    """A missing context and a crossed border are two types, and both are of our tree and of the contract's."""
    guard = guard_of()

    with pytest.raises(TenantMissingError) as missing:
        guard.validate_access(violation(ViolationKind.MISSING_CONTEXT))
    with pytest.raises(AccessDeniedError) as crossed:
        guard.validate_access(violation())
    assert isinstance(missing.value, TenantContextMissingError) and isinstance(crossed.value, TenantIsolationError)
    assert not isinstance(crossed.value, TenantContextMissingError)


def test_a_denial_tells_nothing_but_what_was_asked() -> None:
    """The texts for two targets differ in the target alone."""
    guard = guard_of(whitelist={"acme": ["globex"]})
    texts = []
    for target in ("globex", "nobody"):
        with pytest.raises(AccessDeniedError) as denied:
            guard.validate_access(violation(tenant="initech", target=target))
        texts.append(str(denied.value).replace(target, "?"))

    assert texts[0] == texts[1]


@pytest.mark.parametrize("mode", ["strict", "lenient"])
@pytest.mark.parametrize(
    "asked",
    [
        violation(details={"lock": Evil(), "path": "/x"}),
        violation(details=Evil()),
        violation(details=7),
        Bare(),
        None,
        Evil(),
    ],
    ids=lambda asked: type(asked).__name__,
)
def test_whatever_fails_decides_nothing(mode: str, asked: Any) -> None:
    """With every port, the clock and the log failing, and input that is none, strict denies, lenient allows, both record."""
    clock = Clock()
    clock.fails = True
    guard = guard_of(mode, events=Failing(), metrics=Failing(), now=clock)

    with failing_log():
        assert denies(guard, asked) is (mode == "strict")
    assert len(guard.recent_violations()) == 1


def test_what_cannot_be_copied_is_named_and_the_rest_is_kept() -> None:
    """A detail that cannot be copied is recorded as its type, the others as they are."""
    guard = guard_of("lenient")
    guard.validate_access(violation(details={"lock": Evil(), "path": ["/x"], 7: 1}))
    guard.validate_access(violation(details=7))

    assert [one.details for one in guard.recent_violations()] == [
        {"lock": "<Evil>", "path": ["/x"], "<int>": 1},
        {"not copied": "<int>"},
    ]


def test_a_listener_may_ask_the_guard_again() -> None:
    """Events, metrics and log handlers that reach for something themselves are denied as well, and nobody waits."""
    guard: TenantGuard

    class Asking:
        def __init__(self) -> None:
            self.denied = 0

        def __getattr__(self, name: str) -> Any:
            return self.ask

        def ask(self, *arguments: object, **named: object) -> None:
            if self.denied < 3:
                self.denied += 1
                guard.validate_access(violation(tenant="listener"))

    events, metrics = Asking(), Asking()
    guard = guard_of(events=events, metrics=metrics)

    assert denies(guard, violation())
    assert len(guard.recent_violations()) == 7


def test_a_disabled_guard_is_out_of_the_way() -> None:
    """Disabled allows everything, with nothing bound too, and tells nobody."""
    events, metrics = KeptEvents(), KeptMetrics()
    guard = guard_of("disabled", {"acme": ["globex"]}, events=events, metrics=metrics)

    guard.access("globex")
    with guard.bound_to("acme"):
        guard.access("globex")
    for kind in ViolationKind:
        guard.validate_access(violation(kind))
    assert (guard.recent_violations(), guard.repeats(), events.told, metrics.told) == ([], [], [], [])


def test_each_record_is_told_of_once() -> None:
    """A record is one event with its fields and its moment, and one count."""
    events, metrics, clock = KeptEvents(), KeptMetrics(), Clock()
    guard = guard_of("lenient", room=1, events=events, metrics=metrics, now=clock)

    guard.validate_access(violation(details={"path": "/x"}))
    guard.validate_access(violation(at=clock.now))
    kind, data, subject, at = events.told[0]
    assert (kind, subject, at) == ("tenant.violation.recorded", "acme", clock.now)
    assert data == {
        "kind": "cross_tenant",
        "severity": "high",
        "tenant_id": "acme",
        "target_id": "globex",
        "timestamp": "2030-01-01T12:00:00+00:00",
        "details": {"path": "/x"},
        "mode": "lenient",
        "action": "allowed",
    }
    counted = ("violation", CROSS, "lenient", "allowed")
    assert len(events.told) == 2 and metrics.told == [counted, counted, ("dropped",)]
