"""Events on their way into an outbox and out of it, without anybody who delivers."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat

from reference_impl.errors import ConfigurationError
from reference_impl.events import EVENT_TYPES, Counts, Outbox

from .fakes import NOON, STARTED, outbox_of, started


def test_an_event_is_a_cloud_event() -> None:
    """It has every attribute of CloudEvents 1.0, and its JSON is read by the library as the same event."""
    outbox = outbox_of()
    outbox.emit(STARTED, started(7), subject="config", correlation_id="42")
    event = dict(outbox.take() or {})
    read = JSONFormat().read(None, json.dumps(event))

    assert len(str(event.pop("id"))) >= 32
    assert event == {
        "specversion": "1.0",
        "source": "/tests",
        "type": STARTED,
        "time": "2030-01-01T12:00:00Z",
        "subject": "config",
        "correlationid": "42",
        "datacontenttype": "application/json",
        "data": started(7),
    }
    assert (read.get_type(), read.get_time(), read.get_data()) == (STARTED, NOON, started(7))


def test_attributes_without_a_value_are_left_out() -> None:
    """Without subject and correlation id an event has no such attributes, because empty ones are not allowed."""
    outbox = outbox_of()
    outbox.emit(STARTED, started())

    assert {"subject", "correlationid"}.isdisjoint(outbox.take() or {"subject"})


def test_ids_are_unique() -> None:
    """No two events have the same id."""
    outbox = outbox_of(50)
    for number in range(50):
        outbox.emit(STARTED, started(number))
    events = [outbox.take() or {} for _ in range(50)]
    assert len({event["id"] for event in events}) == 50


def test_the_moment_is_that_of_the_happening() -> None:
    """An event shows the moment handed in with it, else that of its emission, and none where the clock fails or is naive."""
    moments = iter([NOON])
    outbox = Outbox("/tests", now=lambda: next(moments))
    outbox.emit(STARTED, started(), at=NOON - timedelta(hours=1))
    outbox.emit(STARTED, started(), at=NOON.replace(tzinfo=None))
    outbox.emit(STARTED, started())
    outbox.emit(STARTED, started())

    assert [(outbox.take() or {}).get("time") for _ in range(4)] == [
        "2030-01-01T11:00:00Z",
        None,
        "2030-01-01T12:00:00Z",
        None,
    ]


def test_data_is_copied_or_told_later() -> None:
    """A mapping is copied when it is emitted, and a callable is called when the event is taken."""
    outbox, data = outbox_of(), started()
    outbox.emit(STARTED, data)
    outbox.emit(STARTED, lambda: data)
    data["settings"] = "altered"

    settings: list[Any] = [(outbox.take() or {})["data"] for _ in range(2)]
    assert [one["settings"] for one in settings] == [["cache.ttl"], "altered"]


def test_a_type_that_is_not_in_the_catalogue_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """It is counted and not delivered, and logged once, with the list of all types."""
    outbox = outbox_of()
    for kind in ("config.reload.strated", "config.reload.strated", ["config"]):
        outbox.emit(kind, started())  # type: ignore[arg-type]

    assert outbox.take() is None and outbox.counts == Counts(refused=3)
    (line, _) = [one.getMessage() for one in caplog.records]
    assert "config.reload.strated" in line and all(kind in line for kind in EVENT_TYPES)


def test_a_full_outbox_drops_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    """What finds no room is dropped and counted; the log has a line for each time that it began."""
    outbox = outbox_of(2)
    for _ in range(2):
        for number in range(4):
            outbox.emit(STARTED, started(number))
        assert [bool(outbox.take()) for _ in range(3)] == [True, True, False]
    assert outbox.counts == Counts(dropped=4) and len(caplog.records) == 2


def test_failing_deliveries_are_logged_when_they_begin(caplog: pytest.LogCaptureFixture) -> None:
    """The log has one line when deliveries begin to fail, and another one when they do again after one that arrived."""
    outbox = outbox_of()
    for error in (OSError(), OSError(), None, OSError()):
        if error is None:
            outbox.delivered()
        else:
            outbox.failed(error)
    assert [one.getMessage() for one in caplog.records] == ["events of /tests do not arrive: OSError"] * 2


def test_what_cannot_become_an_event_is_counted() -> None:
    """Data that is none is refused; data that fails when it is told, and attributes that cannot be, have failed."""
    outbox = outbox_of()
    outbox.emit(STARTED, None)  # type: ignore[arg-type]
    outbox.emit(STARTED, lambda: {}[1])
    outbox.emit(STARTED, started(), subject=7)  # type: ignore[arg-type]
    outbox.emit(STARTED, started(1))

    event: Any = outbox.take()
    assert event["data"]["number"] == 1 and outbox.take() is None
    assert outbox.counts == Counts(refused=1, failed=2)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_event_that_lacks_a_field_is_delivered_and_counted(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each type has its fields: with all of them nothing is said, without one of them the log names it."""
    outbox, fields = outbox_of(), sorted(EVENT_TYPES[kind])
    outbox.emit(kind, dict.fromkeys(fields))
    assert outbox.take() and outbox.counts == Counts() and not caplog.records
    outbox.emit(kind, dict.fromkeys(fields[1:]))
    assert outbox.take() and outbox.counts == Counts(incomplete=1)
    assert fields[0] in caplog.records[0].getMessage()


def test_who_cannot_be_woken_is_tried_again() -> None:
    """A deliverer whose waking fails harms nobody, and the next event tries again."""
    outbox, tries = outbox_of(), []

    def wake() -> None:
        tries.append(len(outbox))
        if len(tries) == 1:
            raise RuntimeError("can't start new thread")

    outbox.attach(wake)
    for number in range(3):
        outbox.emit(STARTED, started(number))
    assert tries == [1, 2] and len(outbox) == 3


@pytest.mark.parametrize(("source", "capacity"), [("", 1), ("/tests", 0)])
def test_settings_that_cannot_work_are_refused(source: str, capacity: int) -> None:
    """An outbox has a source, and room."""
    with pytest.raises(ConfigurationError):
        Outbox(source, capacity=capacity)
