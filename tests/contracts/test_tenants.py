"""What a tenant guard is set up with and asked about, and the errors with which it denies."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_policy_contracts.contracts import (
    GuardConfig,
    GuardMode,
    Severity,
    SuiteError,
    TenantContextMissingError,
    TenantGuard,
    TenantIsolationError,
    TenantViolation,
    ViolationKind,
)


def violation(**fields: Any) -> TenantViolation:
    values = {"kind": ViolationKind.CROSS_TENANT, "severity": Severity.HIGH, "tenant_id": "acme", "target_id": "globex"}
    return TenantViolation(**{**values, **fields})


class Plain:
    mode = GuardMode.STRICT

    def validate_access(self, violation: TenantViolation, /) -> None: ...

    def recent_violations(self) -> Sequence[TenantViolation]:
        return []


class Async:
    @property
    def mode(self) -> str:
        return "strict"

    async def validate_access(self, violation: TenantViolation, /) -> None: ...

    async def recent_violations(self) -> Sequence[TenantViolation]:
        return []


class Forgetful:
    mode = "strict"

    def validate_access(self, violation: TenantViolation, /) -> None: ...


class Modeless:
    def validate_access(self, violation: TenantViolation, /) -> None: ...

    def recent_violations(self) -> Sequence[TenantViolation]:
        return []


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (GuardMode, ["strict", "lenient", "disabled"]),
        (ViolationKind, ["cross_tenant", "invalid_context", "missing_context", "unauthorized"]),
        (Severity, ["low", "medium", "high", "critical"]),
    ],
)
def test_the_words_are_those_of_the_contract(words: Any, values: list[str]) -> None:
    """Modes, kinds and severities are the words of the contract, and each is its own plain string."""
    assert [one.value for one in words] == values
    assert all(str(one) == one == words(one.value) for one in words)


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "field"), [(violation, "tenant_id"), (GuardConfig, "mode")])
def test_values_cannot_be_altered(make: Callable[[], object], field: str) -> None:
    """A violation and a configuration are frozen, without room for other attributes."""
    made = make()

    with pytest.raises(FrozenInstanceError):
        setattr(made, field, "other")
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        made.extra = 1  # type: ignore[attr-defined]
    assert not hasattr(made, "__dict__")


def test_a_violation_happens_now_and_has_no_details_unless_it_says_otherwise() -> None:
    """Without a word a violation has no timestamp and empty details, which no two violations share."""
    one, two = violation(), violation()

    assert (one.timestamp, one.details) == (None, {})
    assert one.details is not two.details


def test_a_configuration_denies_everybody_unless_it_says_otherwise() -> None:
    """The default is the safe one: strict, with an own empty whitelist, and room for a thousand violations."""
    one, two = GuardConfig(), GuardConfig()

    assert (one.mode, one.whitelist, one.max_violations) == (GuardMode.STRICT, {}, 1000)
    assert one.whitelist is not two.whitelist


def test_the_whitelist_is_handed_over_as_it_is() -> None:
    """A configuration does not copy the mapping: that it does so itself is the promise of a guard."""
    whitelist = {"acme": ["globex"]}

    assert GuardConfig(whitelist=whitelist).whitelist is whitelist


def test_plain_strings_are_as_good_as_the_words() -> None:
    """A violation and a configuration with plain strings are equal to those with the enums."""
    assert violation(kind="cross_tenant", severity="high") == violation()
    assert GuardConfig("strict") == GuardConfig()


def test_violations_are_values() -> None:
    """Copies of a violation, also through pickle, are equal to it, and a changed one is not."""
    made = violation(timestamp=datetime(2026, 3, 1, tzinfo=UTC), details={"path": ["/data"]})

    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made
    assert replace(made, target_id="initech") != made


# -- errors ------------------------------------------------------------------------------------------------------------


def test_a_denial_is_a_permission_error() -> None:
    """Code that handles denied permissions handles a denial, and may tell a missing context from it."""
    assert TenantIsolationError.__mro__[:2] == (TenantIsolationError, PermissionError)
    assert TenantContextMissingError.__mro__[:2] == (TenantContextMissingError, TenantIsolationError)
    assert not issubclass(TenantIsolationError, TenantContextMissingError)


@pytest.mark.parametrize("error", [TenantIsolationError, TenantContextMissingError])
def test_a_denial_is_neither_a_suite_error_nor_an_assertion(error: type[Exception]) -> None:
    """What a guard raises to deny is never taken for a broken promise or a run that cannot be made."""
    assert not issubclass(error, (SuiteError, AssertionError))
    assert str(error("acme may not reach globex")) == "acme may not reach globex"


# -- guards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("guard", [Plain(), Async()], ids=lambda one: type(one).__name__)
def test_sync_and_async_guards_fit_the_protocol(guard: object) -> None:
    """A guard fits with an attribute or a property as mode, and with sync or async methods."""
    assert isinstance(guard, TenantGuard)


@pytest.mark.parametrize("other", [Forgetful(), Modeless(), object()], ids=lambda one: type(one).__name__)
def test_what_lacks_a_part_is_no_guard(other: object) -> None:
    """The protocol can be asked at run time, and wants mode, decision and memory."""
    assert not isinstance(other, TenantGuard)
