"""CloudEvents 1.0, made with the library of its authors, which refuses what the specification does not allow."""

from datetime import datetime
from uuid import uuid4

from cloudevents.core.v1.event import CloudEvent

from reference_impl.events.json_values import json_object
from reference_impl.ports import Data, Event

Occurrence = tuple[str, Data, str, str, datetime | None]
"""What was emitted: type, data, subject, correlation id, and when.

A plain tuple, because it is made on the way of whoever emits.
"""


def event_of(occurrence: Occurrence, source: str) -> tuple[Event, dict[str, object]]:
    """Return the event by its attribute names, and its data.

    `json.dumps` of the event is `application/cloudevents+json`. Raises what the data raises, and
    `CloudEventValidationError` for what cannot be a CloudEvent.
    """
    kind, data, subject, correlation_id, moment = occurrence
    values = json_object(data() if callable(data) else data)
    if moment is not None and moment.utcoffset() is None:
        moment = None  # nobody knows when that was
    attributes = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": source,
        "type": str(kind),
        "datacontenttype": "application/json",
        **_given(time=moment, subject=subject, correlationid=correlation_id),
    }
    CloudEvent(
        dict(attributes), values
    )  # refuses what is wrong; it would write a time of its own into what it is given
    event: dict[str, object] = {**attributes, "data": values}
    if moment is not None:
        event["time"] = moment.isoformat().replace("+00:00", "Z")
    return event, values


def _given(**attributes: object) -> dict[str, object]:
    """An attribute without a value is left out: an empty one is not allowed."""
    return {name: value for name, value in attributes.items() if value}
