"""Reading published events: whatever shape they have, and whatever they do when they are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1.http import CloudEvent as OlderCloudEvent

from pytest_policy_contracts.steps.cloud_events import (
    attribute,
    data_of,
    is_kind,
    is_timestamp,
    kind_of,
    of_kind,
    problem_of,
    told,
)

ATTRIBUTES = {
    "id": "1",
    "source": "/health",
    "type": "health.evaluated",
    "specversion": "1.0",
    "correlationid": "c-7",
}
DATA = {"health": "degraded", "reports": [1, 2]}


@dataclass
class OwnEvent:
    id: str = "1"
    source: str = "/health"
    type: str = "health.evaluated"
    specversion: str = "1.0"
    correlationid: str = "c-7"
    data: Any = None


class HostileEvent:
    """Raises whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


EVENTS = [
    {**ATTRIBUTES, "data": DATA},
    {**ATTRIBUTES, "data": '{"health": "degraded", "reports": [1, 2]}'},
    CloudEvent(ATTRIBUTES, DATA),
    CloudEvent(ATTRIBUTES, b'{"health": "degraded", "reports": [1, 2]}'),
    OlderCloudEvent(ATTRIBUTES, DATA),
    OwnEvent(data=DATA),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__module__.partition(".")[0])
def test_an_event_is_read_whatever_its_shape(event: Any) -> None:
    """Type, attributes and data are the same for mappings, for both kinds of the SDK, and for an own type."""
    assert kind_of(event) == "health.evaluated"
    assert attribute(event, "correlationid") == "c-7"
    assert attribute(event, "subject") is None
    assert data_of(event) == DATA
    assert problem_of(event) == ""


def test_a_type_matches_as_it_is_or_behind_a_dot() -> None:
    """A prefix ends in a dot; a name that merely ends alike is another type."""
    kinds = ["health.evaluated", "com.acme.health.evaluated", "unhealth.evaluated", "health.evaluated.v2", 7]
    events = [{"type": kind} for kind in kinds]

    assert [is_kind(event, "health.evaluated") for event in events] == [True, True, False, False, False]
    assert of_kind(events, "health.evaluated", "evaluated.v2") == [events[0], events[1], events[3]]
    assert told(events) == "health.evaluated, com.acme.health.evaluated, unhealth.evaluated, health.evaluated.v2, 7"
    assert told([]) == "no events"


@pytest.mark.parametrize("event", [HostileEvent(), None, 7, "an event", [1]], ids=lambda one: type(one).__name__)
def test_what_is_no_event_is_read_without_an_error(event: Any) -> None:
    """Whatever was published, reading it raises nothing, and it is no valid event."""
    assert kind_of(event) == ""
    assert not is_kind(event, "health.evaluated")
    assert data_of(event) != DATA
    assert problem_of(event).startswith("id is ")


def test_data_that_is_no_json_stays_what_it_is() -> None:
    """Text that is not JSON is returned as text, and none as None."""
    assert data_of({"data": "{"}) == "{"
    assert data_of({}) is None


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"id": ""}, "id is '', not a text with something in it"),
        ({"source": None}, "source is None, not a text with something in it"),
        ({"type": 3}, "type is 3, not a text with something in it"),
        ({"specversion": "0.3"}, "specversion is '0.3', not '1.0'"),
        ({"subject": ""}, "subject is '', not a text with something in it"),
        ({"time": "yesterday"}, "time is 'yesterday', not a moment of RFC 3339 with a timezone"),
        (
            {"correlation_id": "c"},
            "an attribute is named 'correlation_id', not with lower-case letters and digits only",
        ),
    ],
)
def test_what_is_wrong_with_an_event_is_said(changed: dict[str, Any], problem: str) -> None:
    """One fault of an otherwise valid event is named with its value."""
    assert problem_of({**ATTRIBUTES, **changed}) == problem


@pytest.mark.parametrize(
    ("value", "sound"),
    [
        ("2026-11-25T21:50:28Z", True),
        ("2026-11-25T21:50:28.123456789+01:00", True),
        ("2026-11-25t21:50:28z", True),
        (datetime(2026, 11, 25, tzinfo=UTC), True),
        (datetime(2026, 11, 25), False),
        ("2026-11-25T21:50:28", False),
        ("2026-13-25T21:50:28Z", False),
        ("20261125T215028Z", False),
        (1764107428, False),
    ],
)
def test_a_timestamp_has_a_date_a_time_and_a_zone(value: object, sound: bool) -> None:
    """RFC 3339 and datetimes with a zone are moments, anything else is none."""
    assert is_timestamp(value) is sound
