"""The failure text that every face shows."""

import pytest

from pytest_policy_contracts.report import failure_text
from tests.samples.verdicts import broken, passed, violated

DESIGNED = """\
RLD-007 MUST  violated   a cancelled reload leaves the old state or the new one, never a mixture
  Then its settings are the original or the new ones every time
  expected  {'ttl': 30, 'size': 10} or {'ttl': 60, 'size': 20}
  observed  {'ttl': 60, 'size': 10}
  when      cancelled at place 2 of 3: cache.py:41 in reload, `await self.pool.resize(...)`
  reach     schedule 17 of 200, shrunk to 2 switches; shown in stock order
  replay    pytest --policy-contracts-replay=RLD-007:1:s2"""


def test_it_has_the_designed_shape() -> None:
    """The text is the one of the design, character for character."""
    assert failure_text(violated()) == DESIGNED


def test_only_the_replay_line_differs_between_faces() -> None:
    """A command with a place for the token shows the token there, and changes nothing else."""
    text = failure_text(violated(), "policy-contracts replay {token} 'my caches.py:Cache'")

    assert text.splitlines()[:-1] == DESIGNED.splitlines()[:-1]
    assert text.splitlines()[-1] == ("  replay    policy-contracts replay RLD-007:1:s2 'my caches.py:Cache'")


@pytest.mark.parametrize("field", ["expected", "observed", "when", "reach", "replay"])
def test_a_line_without_a_value_is_left_out(field: str) -> None:
    """An empty value leaves no label behind."""
    text = failure_text(violated(**{field: ""}))

    assert f"\n  {field} " not in text
    assert len(text.splitlines()) == len(DESIGNED.splitlines()) - 1


def test_further_lines_stand_under_the_first() -> None:
    """A value of several lines is indented under its label."""
    lines = failure_text(violated(observed="first\n\n  second")).splitlines()

    at = lines.index("  observed  first")
    assert lines[at + 1 : at + 3] == ["", "              second"]


def test_should_takes_the_room_it_needs() -> None:
    """A SHOULD clause is told in the same columns, moved by its one letter more."""
    assert failure_text(violated(level="SHOULD")).startswith("RLD-007 SHOULD violated   a canc")


def test_a_deviation_is_one_more_line() -> None:
    """What is known about the violation follows the replay line."""
    text = failure_text(violated(deviation="known deviation of team-a: slow"))

    assert text.splitlines()[-1] == "  deviation known deviation of team-a: slow"


def test_a_broken_clause_shows_where_it_broke() -> None:
    """The message stands in place of the step, and the traceback follows."""
    assert failure_text(broken()).splitlines()[1:] == [
        "  RuntimeError: gone",
        "  details   Traceback",
        "              here",
    ]


def test_a_stack_of_a_violation_is_left_out() -> None:
    """A violation shows the frame in its lines, not a stack."""
    assert failure_text(violated(details="a long stack")) == DESIGNED


@pytest.mark.parametrize(
    ("title", "shown"),
    [("The state stays", "the state stays"), ("HTTP stays up", "HTTP stays up"), ("A b", "a b")],
)
def test_a_title_stands_in_the_middle_of_a_sentence(title: str, shown: str) -> None:
    """A title begins small, unless with an abbreviation."""
    assert failure_text(passed(title=title)).splitlines()[0].endswith(f" {shown}")
