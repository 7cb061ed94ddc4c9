"""The library face."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from pytest_policy_contracts import ContractReport, SuiteError, verify
from pytest_policy_contracts.contracts import UsageError
from tests.samples.caches import Bare, Conforming, Deviating, Halfway, Stale, Unusable


def test_a_conforming_subject() -> None:
    """Every clause of a conforming subject passes, and the report says so."""
    report = verify(Conforming, level="should")

    assert isinstance(report, ContractReport)
    assert {one.id: one.outcome for one in report.clauses.values() if one.outcome != "passed"} == {}
    assert (len(report.clauses), report.verdict) == (20, "conformant")


def test_a_violating_subject() -> None:
    """A broken promise is found with everything that a caller may ask of it."""
    clause = verify(Halfway, clauses="RLD-007").clauses["RLD-007"]

    assert (clause.id, clause.level, clause.outcome) == ("RLD-007", "MUST", "violated")
    assert clause.message == "its settings are the original or the new ones every time"
    assert "{'ttl': 30, 'size': 10" in clause.expected
    assert "{'ttl': 60, 'size': 10" in clause.observed
    assert (clause.realism, clause.replay) == ("shown in stock order", "RLD-007:1:s1")
    assert "shown in stock order" in clause.reach


def test_an_instance_is_as_good_as_its_class() -> None:
    """The report does not depend on which of the two was given."""
    by_class, by_instance = (verify(one, clauses="RLD-007") for one in (Halfway, Halfway()))

    assert by_class == by_instance


def test_a_running_event_loop_is_no_obstacle() -> None:
    """A caller inside asyncio gets the same report, and its loop goes on."""

    async def inside() -> ContractReport:
        report = verify(Halfway, clauses=["RLD-007", "RLD-001"])
        await asyncio.sleep(0)
        return report

    assert asyncio.run(inside()) == verify(Halfway, clauses="RLD-007,RLD-001")


def test_the_same_run_gives_the_same_document() -> None:
    """Two runs with one seed differ in the run object only, byte for byte."""

    def document() -> str:
        made = json.loads(verify(Halfway, schedules=30, seed=4).to_json())
        assert made.pop("run")["host"]
        return json.dumps(made)

    assert document() == document()


def test_missing_needs_are_no_pass() -> None:
    """A clause whose needs the harness lacks is untested with the reason, and alone not green."""
    report = verify(Bare, clauses="RLD-007")

    assert report.clauses["RLD-007"].outcome == "untested"
    assert "snapshot()" in report.clauses["RLD-007"].message
    assert report.verdict == "incomplete"


def test_a_failing_harness_is_no_violation() -> None:
    """What the harness's own code raises breaks the run and blames nobody."""
    report = verify(Unusable, clauses="RLD-008")

    assert report.clauses["RLD-008"].outcome == "broken"
    assert "the fixture file is gone" in report.clauses["RLD-008"].message
    assert report.verdict == "broken"


def test_a_known_deviation_is_accepted() -> None:
    """A violation that is listed as it is does not fail the run."""
    report = verify(Deviating, clauses=["RLD-001", "RLD-007"])

    assert report.clauses["RLD-007"].outcome == "known"
    assert report.verdict == "conformant"


def test_a_stale_deviation_fails() -> None:
    """A listed clause that holds fails the run until the entry is taken out."""
    report = verify(Stale, clauses=["RLD-001", "RLD-007"])

    assert report.verdict == "violated"
    assert "take the entry out" in report.clauses["RLD-007"].deviation


@pytest.mark.parametrize(
    ("harness", "options"),
    [
        (Conforming, {"clauses": "RLD-700"}),
        (Conforming, {"clauses": []}),
        (Conforming, {"clauses": " , "}),
        (Conforming, {"clauses": "RLD-001,RLD-700"}),
        (Conforming, {"clauses": 7}),
        (Conforming, {"level": "may"}),
        (Conforming, {"schedules": -1}),
        (Conforming, {"seed": -1}),
        ("tests.samples.caches:Conforming", {}),
        (None, {}),
    ],
)
def test_wrong_arguments_are_refused(harness: Any, options: dict[str, Any]) -> None:
    """A call that makes no sense raises `UsageError` and runs nothing."""
    with pytest.raises(UsageError) as refused:
        verify(harness, **options)

    assert isinstance(refused.value, SuiteError)


@pytest.mark.parametrize(
    "imports",
    [
        "from pytest_policy_contracts import verify",
        "import pytest_policy_contracts.verify; from pytest_policy_contracts import verify",
        "from pytest_policy_contracts import verify; import pytest_policy_contracts.verify",
        "from pytest_policy_contracts.verify import verify",
        ("from pytest_policy_contracts.verify import verify as _; from pytest_policy_contracts import verify"),
        "import pytest_policy_contracts.verify as verify",
        ("import pytest_policy_contracts, pytest_policy_contracts.verify; verify = pytest_policy_contracts.verify"),
        "import pytest_policy_contracts; verify = pytest_policy_contracts.verify",
    ],
)
def test_verify_can_be_called_however_it_was_imported(imports: str) -> None:
    """Module and function share a name; whoever imports first gets something to call."""
    script = f"{imports}\nfrom tests.samples.caches import Bare\nprint(verify(Bare, clauses='RLD-001').verdict)\n"
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("conformant\n", "")
