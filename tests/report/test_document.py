"""The report as a value and as a JSON document."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from pytest_policy_contracts.report import ContractReport, ReportBuilder, RunSettings
from pytest_policy_contracts.report.document import report_schema
from pytest_policy_contracts.report.transfer import (
    event_from_dict,
    event_to_dict,
    verdict_from_dict,
    verdict_to_dict,
)
from pytest_policy_contracts.verification.events import Event, RunFinished, RunStarted
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict
from tests.samples.verdicts import broken, events_of, passed, untested, violated

EVERYTHING = [
    passed(),
    broken(),
    untested(),
    violated("RLD-004", outcome=Outcome.KNOWN, deviation="known deviation of team-a: slow"),
    untested("RLD-005", outcome=Outcome.NOT_APPLICABLE),
    violated("RLD-007", realism="needs reordering", is_real_today=False),
]


def report_of(*events: Event) -> ContractReport:
    builder = ReportBuilder()
    for event in events:
        builder.listen(event)
    return builder.report()


def without_run(report: ContractReport) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(report.to_json())
    del document["run"]
    return document


def test_the_document_fits_its_schema() -> None:
    """A document with every outcome is valid, and the schema itself is."""
    schema = report_schema()
    Draft202012Validator.check_schema(schema)
    report = report_of(RunStarted(50, 3, "should", True), *events_of(*EVERYTHING), RunFinished())

    Draft202012Validator(schema).validate(json.loads(report.to_json()))


def test_the_schema_refuses_what_it_does_not_know() -> None:
    """A field more, or one less, is not the same document."""
    document = json.loads(report_of(*events_of(*EVERYTHING)).to_json())
    validator = Draft202012Validator(report_schema())
    clause = document["harnesses"]["Cache"]["clauses"][0]

    clause["extra"] = 1
    assert not validator.is_valid(document)
    del clause["extra"], clause["reach"]
    assert not validator.is_valid(document)


def test_an_empty_run_fits_the_schema_too() -> None:
    """A report of nothing is a document, and not a green one."""
    document = json.loads(report_of().to_json())

    Draft202012Validator(report_schema()).validate(document)
    assert (document["verdict"], document["exit_code"]) == ("incomplete", 2)


def test_the_order_of_events_does_not_show() -> None:
    """Events in another order, as workers send them, give the same document byte for byte."""
    told = [*events_of(*EVERYTHING), *events_of(passed(), name="Another")]

    assert without_run(report_of(*told)) == without_run(report_of(*reversed(told)))


def test_of_two_verdicts_the_more_severe_one_stays() -> None:
    """Two workers that judged parts of one clause cannot hide a violation, in either order."""
    told = [*events_of(passed("RLD-007")), *events_of(violated())]

    for events in (told, told[::-1]):
        assert report_of(*events).clauses["RLD-007"].outcome is Outcome.VIOLATED


def test_clauses_of_one_harness_go_by_their_ids() -> None:
    """A caller with one harness finds a clause by its id, in the order of the ids."""
    report = report_of(*events_of(violated(), passed()))

    assert list(report.clauses) == ["RLD-001", "RLD-007"]
    assert report.clauses["RLD-007"].replay == "RLD-007:1:s2"
    assert report.harnesses["Cache"].clauses == report.clauses


def test_clauses_of_several_harnesses_keep_them_apart() -> None:
    """With several harnesses a key names the harness too."""
    report = report_of(*events_of(passed(), name="B"), *events_of(passed(), name="A"))

    assert list(report.clauses) == ["A::RLD-001", "B::RLD-001"]


def test_settings_come_from_the_run() -> None:
    """What the run was started with decides its verdict."""
    started = RunStarted(50, 3, "should", True)
    report = report_of(started, *events_of(passed(), violated(level="SHOULD")))

    assert report.settings == RunSettings(50, 3, "should", True)
    assert report.verdict == "violated"
    assert report_of(*events_of(passed(), violated(level="SHOULD"))).verdict == "conformant"


def test_stacks_and_addresses_stay_out_of_what_is_compared() -> None:
    """What differs from process to process stands in the run object or is made the same."""

    def report(address: str, stack: str) -> ContractReport:
        observed = f"<Cache object at {address}>"
        return report_of(*events_of(violated(observed=observed), broken(details=stack)))

    one, other = report("0x7f00deadbeef", "line 1"), report("0x55aa0000aaaa", "line 2")

    assert without_run(one) == without_run(other)
    assert json.loads(one.to_json())["run"]["details"] == {"Cache::RLD-002": "line 1"}


def test_a_missing_clause_is_named() -> None:
    """A clause that was expected and has no verdict is counted and listed."""
    started, first, _ = events_of(passed(), violated())
    document = without_run(report_of(started, first))

    assert document["harnesses"]["Cache"]["missing"] == ["RLD-007"]
    assert document["counts"]["did not run"] == 1
    assert (document["verdict"], document["exit_code"]) == ("incomplete", 3)


@pytest.mark.parametrize("verdict", EVERYTHING, ids=lambda verdict: verdict.outcome.value)
def test_a_verdict_survives_the_way_through_json(verdict: Verdict) -> None:
    """A verdict that was sent as JSON is made again, equal in every field and its type."""
    again = verdict_from_dict(json.loads(json.dumps(verdict_to_dict(verdict))))

    assert again == verdict
    assert again.outcome is verdict.outcome


def test_events_survive_the_way_through_json() -> None:
    """A controller that is sent events as JSON makes the same report as one that heard them."""
    told = [RunStarted(50, 3, "must", True), *events_of(*EVERYTHING), RunFinished()]
    sent = json.loads(json.dumps([event_to_dict(event) for event in told]))
    builder = ReportBuilder()
    builder.listen_to_dicts(sent)

    assert [event_from_dict(one) for one in sent] == told
    assert builder.report() == report_of(*told)


def test_text_that_no_encoding_takes_is_escaped() -> None:
    """Half a surrogate pair in a subject's text does not lose the report."""
    report = report_of(*events_of(violated(observed="half \ud800 a pair")))

    assert r"half \\ud800 a pair" in report.to_json().encode("utf-8").decode()
