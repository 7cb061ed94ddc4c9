"""How mutants of the reference are judged and told; making them needs Cosmic Ray and is `make mutants`."""

from __future__ import annotations

import pytest

from tests.mutants.judging import JUDGES, breach
from tests.mutants.pages import Judged, explained, markdown, summary


def judged(module: str, *, killed: bool, how: str = "ORC-001 violated") -> Judged:
    return Judged("guard", f"reference_impl/{module}", 7, "AddNot", "if a | b:", "if not a | b:", killed, how)


@pytest.mark.parametrize("part", JUDGES)
def test_an_unchanged_part_has_no_breach(part: str) -> None:
    """The reference as it is keeps every clause, so that a mutant that breaks one is known by it."""
    assert breach(part, schedules=4) == ""


def test_what_is_told_counts_the_killed_and_names_the_survivors() -> None:
    """The page has the share of each part, the clauses that killed, and each survivor's place and change."""
    some = [
        judged("guard/a.py", killed=True),
        judged("guard/b.py", killed=True, how="timeout"),
        judged("guard/c.py", killed=False),
    ]

    assert summary(some) == "guard: 2 of 3 mutants killed (66.7%)"
    page = markdown(some)
    assert "| guard | 3 | 2 | 66.7% |" in page and "| ORC-001 | 1 |" in page and "did not end | 1 |" in page
    assert "| guard/c.py | `if a \\| b:` → `if not a \\| b:` |" in page


def test_a_survivor_needs_a_reason() -> None:
    """A mutant that nobody has written about is not explained."""
    assert explained(judged("guard/nowhere.py", killed=False)) == ""
