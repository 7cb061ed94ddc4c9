"""What of the violations is written to the log."""

import logging
from datetime import timedelta

import pytest

from reference_impl.errors import ConfigurationError
from reference_impl.guard import LogLimit
from reference_impl.guard.records import record_of
from reference_impl.guard.violation_log import ViolationLog

from .fakes import Clock, guard_of, violation


class Ticks:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_flood_is_limited_and_the_suppressed_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    """A burst is logged, then one line for each interval, with a note of how many are missing before it."""
    ticks, record = Ticks(), record_of(violation(), Clock())
    log = ViolationLog(LogLimit(burst=2, interval=timedelta(seconds=1)), ticks)

    for seconds, times in ((0.0, 5), (0.99, 1), (1.0, 3), (10.0, 3)):
        ticks.seconds = seconds
        for _ in range(times):
            log.write(record, "denied")
    texts = [one.getMessage() for one in caplog.records]
    line = "tenant violation denied: 'cross_tenant' by 'acme' on 'globex'"
    notes = [f"suppressed {number} tenant violations" for number in (4, 2)]
    assert texts == [line, line, notes[0], line, notes[1], line, line]


def test_a_line_has_its_fields_beside_its_text(caplog: pytest.LogCaptureFixture) -> None:
    """A log record carries the violation as fields, without the details, and an id cannot begin a line of its own."""
    guard = guard_of("lenient", now=Clock())
    guard.validate_access(violation(tenant="acme\nCRITICAL forged", details={"secret": "s3cret"}))

    (line,) = caplog.records
    assert line.levelno == logging.WARNING and "\n" not in line.getMessage()
    assert vars(line)["violation"] == {
        "kind": "cross_tenant",
        "severity": "high",
        "tenant_id": "acme\nCRITICAL forged",
        "target_id": "globex",
        "timestamp": "2030-01-01T12:00:00+00:00",
        "action": "allowed",
    }
    assert "s3cret" not in str(vars(line))


@pytest.mark.parametrize("limit", [{"burst": 0}, {"interval": timedelta(seconds=-1)}], ids=str)
def test_a_limit_that_cannot_be_is_refused(limit: dict[str, object]) -> None:
    """A burst of nothing and a negative interval are no limits."""
    with pytest.raises(ConfigurationError):
        LogLimit(**limit)  # type: ignore[arg-type]
