"""Scenario outlines: one scenario for each row, named, numbered and filled in."""

from pathlib import Path

import pytest

from pytest_policy_contracts.clauses import ClauseError, Scenario
from pytest_policy_contracts.clauses.feature_files import read_feature

HEAD = """\
@contract-X @version-1.0
Feature: X
  Background:
    Given a module of size <size>

  @XYZ-001 @must
  Rule: It holds
    Scenario: Before
      Then b

"""

OUTLINE = '''\
    @slow
    Scenario Outline: With <size>
      When it takes <size> and <other>
        """
        <size> in <unit>
        """
      Then it is
        | <size> |

      @small
      Examples: small ones
        | size | unit |
        | 1    | kB   |
        | 2    |      |

      @big @needs-snapshot
      Examples:
        | size | unit |
        | 9    | MB   |

    Scenario: Behind
      Then c
'''


def scenarios(folder: Path, text: str) -> tuple[Scenario, ...]:
    """Read the scenarios of the one rule."""
    file = folder / "x.feature"
    file.write_text(HEAD + text, encoding="utf-8")
    return read_feature(file).clauses[0].scenarios


def test_rows_are_numbered_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Each row takes the next number, across tables, and what follows goes on counting."""
    found = scenarios(tmp_path, OUTLINE)

    assert [
        (1, "Before"),
        (2, "With 1"),
        (3, "With 2"),
        (4, "With 9"),
        (5, "Behind"),
    ] == [(one.number, one.name) for one in found]


def test_row_is_put_into_every_text(tmp_path: Path) -> None:
    """Columns are replaced in texts, docstrings, tables and backgrounds; unknown words stay."""
    row = scenarios(tmp_path, OUTLINE)[1]

    assert [
        "a module of size 1",
        "it takes 1 and <other>",
        "it is",
    ] == [step.text for step in row.steps]
    assert "1 in kB" == row.steps[1].docstring
    assert (("1",),) == row.steps[2].datatable
    assert " in " == scenarios(tmp_path, OUTLINE)[2].steps[1].docstring[1:5]  # type: ignore[index]


def test_row_remembers_where_it_comes_from(tmp_path: Path) -> None:
    """A row keeps the outline's name, its own values and its own line."""
    row = scenarios(tmp_path, OUTLINE)[1]

    assert ("With <size>", (("size", "1"), ("unit", "kB"))) == (row.template, row.example)
    assert 23 == row.line


def test_tags_of_the_examples_belong_to_their_rows(tmp_path: Path) -> None:
    """Tags above a table of examples hold for its rows only."""
    found = scenarios(tmp_path, OUTLINE)

    assert [("slow", "small"), ("slow", "small"), ("slow", "big")] == [one.tags for one in found[1:4]]
    assert [(), (), ("snapshot",)] == [one.needs for one in found[1:4]]


def test_name_without_placeholder_gets_the_values(tmp_path: Path) -> None:
    """Rows of an outline whose name varies not are told apart by their values."""
    found = scenarios(tmp_path, OUTLINE.replace("With <size>", "Some size"))

    assert ["Some size [1, kB]", "Some size [2, ]"] == [one.name for one in found[1:3]]


def test_explicit_number_of_an_outline_counts_its_rows(tmp_path: Path) -> None:
    """A number on an outline is that of its first row."""
    found = scenarios(tmp_path, OUTLINE.replace("@slow", "@scenario-7"))

    assert [1, 7, 8, 9, 10] == [one.number for one in found]


def test_plain_scenario_has_itself_as_template(tmp_path: Path) -> None:
    """Outside an outline the name in the file is the name, and there is no example."""
    plain = scenarios(tmp_path, OUTLINE)[0]

    assert ("Before", "Before", ()) == (plain.name, plain.template, plain.example)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (OUTLINE.partition("      @small")[0], "an outline without a row"),
        (OUTLINE.replace("| 2    |", "| 1    |"), "a scenario name that line 23 has already"),
        (OUTLINE.replace("With <size>", "Before"), "a scenario name that line 8 has already"),
        (OUTLINE.replace("Behind", "With 1"), "a scenario name that line 23 has already"),
        (OUTLINE.replace("| 2    |      |", "| 2 |"), "not valid Gherkin"),
    ],
)
def test_outline_that_cannot_be_told_apart_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """An outline without rows, or with names that others have, is an error."""
    with pytest.raises(ClauseError, match=says):
        scenarios(tmp_path, text)
