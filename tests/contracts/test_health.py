"""What a health check answers with: values that stay what they are, and statuses that can be ranked."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from itertools import pairwise, permutations
from typing import Any

import pytest

from pytest_policy_contracts.contracts import HealthProvider, HealthReport, HealthStatus

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FROM_BEST_TO_WORST = (HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.UNKNOWN, HealthStatus.UNHEALTHY)


def report(**fields: Any) -> HealthReport:
    values = {"module": "orders", "component": "db", "status": HealthStatus.HEALTHY, "message": "answered"}
    return HealthReport(**{**values, "checked_at": NOON, "observed_since": NOON, **fields})


class Plain:
    def health_check(self) -> Sequence[HealthReport]:
        return [report()]


class Async:
    async def health_check(self) -> Sequence[HealthReport]:
        return [report()]


class Returning:
    def health_check(self) -> Awaitable[Sequence[HealthReport]]:
        return Async().health_check()


class Unlike:
    def check_health(self) -> Sequence[HealthReport]:
        return [report()]


# -- statuses ----------------------------------------------------------------------------------------------------------


def test_the_statuses_are_the_four_of_the_contract() -> None:
    """There are four statuses, and each is its own plain word, on a wire and in a comparison."""
    assert [status.value for status in HealthStatus] == ["healthy", "degraded", "unhealthy", "unknown"]
    assert json.dumps(list(HealthStatus)) == '["healthy", "degraded", "unhealthy", "unknown"]'
    assert all(str(status) == status == HealthStatus(status.value) for status in HealthStatus)


def test_worse_is_unknown_than_degraded_and_unhealthy_than_unknown() -> None:
    """Of two statuses the worst is the later in healthy, degraded, unknown, unhealthy, wherever it stands."""
    for better, worse in pairwise(FROM_BEST_TO_WORST):
        assert HealthStatus.worst([better, worse]) is HealthStatus.worst([worse, better]) is worse


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_worst_does_not_depend_on_the_order(count: int) -> None:
    """However many statuses there are and in whatever order, the worst of them all is answered."""
    for some in permutations(FROM_BEST_TO_WORST, count):
        assert HealthStatus.worst(some) is max(some, key=FROM_BEST_TO_WORST.index)


@pytest.mark.parametrize("nothing", [[], (), iter(()), {}.values()])
def test_the_worst_of_nothing_is_healthy(nothing: Iterable[HealthStatus]) -> None:
    """Where nobody complains nothing is wrong."""
    assert HealthStatus.worst(nothing) is HealthStatus.HEALTHY


def test_the_worst_is_found_in_one_pass() -> None:
    """A generator, which can be read only once, is as good as a list."""
    assert HealthStatus.worst(status for status in FROM_BEST_TO_WORST) is HealthStatus.UNHEALTHY


# -- reports -----------------------------------------------------------------------------------------------------------


def test_a_report_cannot_be_altered() -> None:
    """A report is frozen, and has no room for an attribute that the contract does not name."""
    made = report()

    with pytest.raises(FrozenInstanceError):
        made.status = HealthStatus.UNHEALTHY  # type: ignore[misc]
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        made.extra = 1  # type: ignore[attr-defined]
    assert not hasattr(made, "__dict__")


def test_a_report_counts_and_has_no_details_unless_it_says_otherwise() -> None:
    """Without a word a report is not optional and has empty details, which no two reports share."""
    one, two = report(), report()

    assert (one.optional, one.details) == (False, {})
    assert one.details is not two.details


def test_a_report_takes_a_plain_string_as_status() -> None:
    """A report with the word is equal to one with the enum, and a word in another case is kept as it is."""
    assert report(status="healthy") == report()
    assert report(status="HEALTHY").status == "HEALTHY"


def test_reports_are_values() -> None:
    """Copies of a report, also through pickle, are equal to it, and a changed one is not."""
    made = report(details={"tried": ["ping"]})

    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made
    assert replace(made, message="slow") != made


# -- providers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", [Plain(), Async(), Returning()], ids=lambda one: type(one).__name__)
def test_sync_and_async_providers_fit_the_protocol(provider: object) -> None:
    """Whether the answer or an awaitable comes back, what has `health_check` is a provider."""
    assert isinstance(provider, HealthProvider)


@pytest.mark.parametrize("other", [Unlike(), object(), None])
def test_what_has_no_health_check_is_no_provider(other: object) -> None:
    """The protocol can be asked at run time, and says no."""
    assert not isinstance(other, HealthProvider)
