"""The summary as plain text."""

import pytest

from pytest_policy_contracts.report import ReportBuilder, Rules
from pytest_policy_contracts.report.document import ContractReport
from pytest_policy_contracts.report.terminal import (
    count_line,
    failing,
    progress_line,
    summary_lines,
    table_lines,
    verdict_lines,
)
from pytest_policy_contracts.verification.verdicts import Outcome
from tests.samples.verdicts import broken, events_of, harness_of, passed, untested, violated

RULES = Rules(free_threaded=False)


def report_of(*verdicts: object) -> ContractReport:
    builder = ReportBuilder()
    for event in events_of(*verdicts):  # type: ignore[arg-type]
        builder.listen(event)
    return builder.report()


def test_a_row_a_clause() -> None:
    """Each clause has one row with id, level, outcome and its reach or reason, in columns."""
    lines = table_lines(harness_of(passed(), untested(), violated(level="SHOULD")), RULES)

    assert lines == [
        "Cache · Reloadable 1.0",
        "  RLD-001  MUST    passed    single run",
        "  RLD-003  MUST    untested  needs snapshot() in the harness",
        ("  RLD-007  SHOULD  violated  warning only: its settings are the original or the new ones every time…"),
    ]


def test_a_clause_that_did_not_run_has_its_row() -> None:
    """What is missing is seen, in its place."""
    lines = table_lines(harness_of(violated(), expected=["RLD-002", "RLD-007"]), RULES)

    assert lines[1].split(maxsplit=1) == ["RLD-002", "did not run"]


@pytest.mark.parametrize("width", [1, 40, 57, 80, 200])
def test_rows_are_never_wider_than_asked(width: int) -> None:
    """Rows are cut at the width, 40 columns at least, and several lines become one."""
    harness = harness_of(passed(), violated(message="a\nb" * 90), broken())

    lines = [*table_lines(harness, RULES, width), progress_line(violated(), RULES, width)]

    assert max(map(len, lines)) <= max(width, 40)
    assert not any("\n" in line for line in lines)


def test_counts_name_what_there_is() -> None:
    """Outcomes that nobody has are left out."""
    report = report_of(passed(), passed("RLD-002"), untested())

    assert count_line(report) == "3 clauses: 2 passed, 1 untested"


def test_the_verdict_is_a_sentence_with_the_reason() -> None:
    """A red run says its exit code and each reason; a green one says what holds."""
    assert verdict_lines(report_of(passed(), violated())) == ["violated (exit code 1): Cache violates RLD-007."]
    assert verdict_lines(report_of(passed(), violated(), broken())) == [
        (
            "broken (exit code 4): RLD-002 of Cache could not be judged, because the suite or the "
            "harness failed; that says nothing about the subject."
        ),
        "  also: Cache violates RLD-007.",
    ]
    assert verdict_lines(report_of(passed(), violated(outcome=Outcome.KNOWN), violated("RLD-017", level="SHOULD"))) == [
        "conformant: 1 of 3 tested clauses hold, 1 deviate as known, 1 violated as warning only."
    ]


def test_the_summary_ends_with_the_verdict() -> None:
    """Table, counts and verdict stand in this order."""
    lines = summary_lines(report_of(passed(), violated()))

    assert lines[0].startswith("Cache")
    assert lines[-2:] == [
        "2 clauses: 1 passed, 1 violated",
        "violated (exit code 1): Cache violates RLD-007.",
    ]


def test_failure_texts_are_for_what_is_wrong() -> None:
    """Violated and broken clauses are told in full, the others are not."""
    found = [one.id for one in failing(harness_of(passed(), broken(), untested(), violated()))]

    assert found == ["RLD-002", "RLD-007"]
