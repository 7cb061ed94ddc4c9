"""Writing reports to files."""

import json
from pathlib import Path

import pytest

from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.report import ReportBuilder
from pytest_policy_contracts.report.formats import check_report_paths, write_report


def test_the_suffix_names_the_format(tmp_path: Path) -> None:
    """A .json file holds the document; its directory is made, and nothing else is left there."""
    path = tmp_path / "reports" / "contracts.JSON"
    write_report(ReportBuilder().report(), path)

    assert json.loads(path.read_text("utf-8"))["schema"] == "policy-contracts-report/1"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["report.xml", "report", "report.json.gz"])
def test_another_suffix_is_refused(name: str) -> None:
    """A format that does not exist is refused with those that do."""
    with pytest.raises(UsageError, match=r"Available: \.json"):
        check_report_paths([Path("fine.json"), Path(name)])


def test_a_directory_is_refused(tmp_path: Path) -> None:
    """A path that is a directory is refused before anything runs."""
    (tmp_path / "out.json").mkdir()

    with pytest.raises(UsageError, match="is a directory"):
        check_report_paths([tmp_path / "out.json"])


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The reason of the operating system reaches the caller."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match="cannot be written"):
        write_report(ReportBuilder().report(), tmp_path / "file" / "out.json")
