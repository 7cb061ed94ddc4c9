"""What is read out of the events of an orchestrator, in whatever shape they come."""

from __future__ import annotations

import enum
import json
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_policy_contracts.steps.reload_events import (
    claim_event_names,
    claim_event_rollback,
    claim_kinds,
    claim_one_end_each,
    claim_valid,
    names_in,
    rollback_in,
)
from pytest_policy_contracts.steps.words import shown_word, words_of
from pytest_policy_contracts.verification.violations import ContractViolation, Precondition


def event(kind: str, correlation: str = "r1", number: int = 1, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": str(number), "source": "/gate", "type": f"org.example.config.reload.{kind}",
        "correlationid": correlation, "data": data,
    }  # fmt: skip


class Undo(enum.Enum):
    PARTIAL = 7


# -- one event ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"rollback": "partial"}, {"partial"}),
        ({"rollback": Undo.PARTIAL}, {"partial"}),
        ({"rollbackStatus": "PARTIAL"}, {"partial"}),
        ({"outcome": {"rollback": {"status": "partial", "modules": ["cache"]}}}, {"partial"}),
        ({"status": "failed"}, set()),
        ({}, set()),
    ],
)
def test_the_rollback_is_found_under_its_name(data: dict[str, Any], words: set[str]) -> None:
    """The word stands at or below a name with rollback in it; the status of the request is no rollback."""
    assert rollback_in(event("failed", **data)) == words


def test_data_may_be_json_and_events_objects() -> None:
    """A text of JSON is read as what it says, and an event with its attributes as fields like a mapping."""
    data = json.dumps({"rollback": "complete", "rolled_back": ["cache"]})
    own = SimpleNamespace(type="config.reload.failed", data=data)

    assert rollback_in(own) == {"complete"} and names_in(own, "rolled") == {"cache"}


@pytest.mark.parametrize(
    "value", [["cache", "routes"], ("routes", "cache"), {"cache": 1, "routes": 2}, {"cache", "routes"}]
)
def test_names_are_found_in_any_collection(value: Any) -> None:
    """Names of modules may be listed, or be the keys of a mapping."""
    assert names_in(event("failed", outcome={"dirty_modules": value}), "dirty") == {"cache", "routes"}


def test_a_missing_name_or_word_is_a_violation_that_shows_the_data() -> None:
    """Whoever does not say it gets told what the data says instead."""
    silent = event("failed", dirty=["cache"])

    claim_event_names(silent, "dirty", ["cache"])
    with pytest.raises(ContractViolation, match="routes under 'dirty'"):
        claim_event_names(silent, "dirty", ["cache", "routes"])
    with pytest.raises(ContractViolation, match="'partial' under 'rollback'"):
        claim_event_rollback(silent, "partial")


# -- all events --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "events",
    [
        [event("started"), event("completed")],
        [event("started"), event("started", "r2"), event("failed", "r2"), event("completed")],
        [event("noop")],
        [event("failed")],
        [{"type": "org.example.audit", "correlationid": "r1"}, event("noop")],
        [],
    ],
)
def test_one_end_for_each_beginning(events: list[Any]) -> None:
    """Requests may overlap, end without having begun, and be told of in events of other types."""
    claim_one_end_each(events)


@pytest.mark.parametrize(
    "events",
    [
        [event("started")],
        [event("completed"), event("started")],
        [event("started"), event("completed"), event("failed")],
        [event("started"), event("started"), event("completed")],
        [event("failed"), event("failed")],
        [event("started"), event("completed", "r2")],
    ],
)
def test_other_ends_are_violations(events: list[Any]) -> None:
    """No end, two of them, one before its beginning or of somebody else's request break the promise."""
    with pytest.raises(ContractViolation):
        claim_one_end_each(events)


def test_a_noop_with_company_is_left_to_its_own_clause() -> None:
    """What is published where nothing changed is the matter of ORC-003."""
    with pytest.raises(Precondition, match="ORC-003"):
        claim_one_end_each([event("started"), event("noop")])


def test_events_are_valid_and_each_has_an_id() -> None:
    """An id may stand twice only where the source differs, and no event lacks what the specification asks for."""
    claim_valid([event("started", number=1), event("completed", number=2), {**event("noop", number=1), "source": "/b"}])
    for wrong, told in (
        ([event("started"), event("completed")], "'1' twice"),
        ([{**event("noop"), "specversion": "0.3"}], "specversion"),
        ([{**event("noop"), "correlationid": ""}], "correlationid is ''"),
    ):
        with pytest.raises(ContractViolation, match=told):
            claim_valid(wrong)


def test_the_kinds_are_those_of_reloads_only() -> None:
    """Other events beside those of reloads are nobody's business."""
    claim_kinds([event("started"), {"type": "audit"}, event("failed")], ["started", "failed"])
    with pytest.raises(ContractViolation, match="failed"):
        claim_kinds([event("started"), event("failed")], ["started", "completed"])


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("COMPLETED", {"completed"}),
        (Undo.PARTIAL, {"partial"}),
        (enum.StrEnum("S", ["DONE"]).DONE, {"done"}),
        (3, set()),
    ],
)
def test_words_of_statuses(value: object, words: set[str]) -> None:
    """A status is meant by its name or its value, in any case; what is neither text nor enum means nothing."""
    assert words_of(value) == words
    assert shown_word(value) == (min(words) if words else repr(value))
