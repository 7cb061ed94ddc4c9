"""Choosing clauses by id, prefix and glob."""

from pathlib import Path

import pytest

from pytest_policy_contracts.clauses import Clause, Level, select_clauses
from pytest_policy_contracts.contracts import UsageError

IDS = ["RLD-001", "RLD-002", "RLD-010", "HLT-001"]
CLAUSES = [Clause(one, Level.MUST, "X", "t", (), Path("x.feature"), 1) for one in IDS]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (None, IDS),
        (["RLD-002"], ["RLD-002"]),
        ("RLD-002", ["RLD-002"]),
        (["rld-002 "], ["RLD-002"]),
        (["RLD-00*"], ["RLD-001", "RLD-002"]),
        (["*-001"], ["RLD-001", "HLT-001"]),
        (["RLD"], ["RLD-001", "RLD-002", "RLD-010"]),
        (["RLD-01?", "HLT", "RLD-010"], ["RLD-010", "HLT-001"]),
        (iter(["HLT-001", "RLD-001"]), ["RLD-001", "HLT-001"]),
    ],
)
def test_patterns_choose_in_the_order_of_the_clauses(patterns: list[str] | None, expected: list[str]) -> None:
    """Ids, prefixes and globs choose; each clause comes once and in its place."""
    assert expected == [clause.id for clause in select_clauses(CLAUSES, patterns)]


@pytest.mark.parametrize(
    ("patterns", "says"),
    [
        (["RLD-021"], r"No clause matches 'RLD-021'\. Did you mean RLD-0"),
        (["RLD-001", "RDL"], r"No clause matches 'RDL'\. Did you mean RLD"),
        (["TNT-*"], r"No clause matches 'TNT-\*'"),
        (["RLD-0"], "No clause matches 'RLD-0'"),
        ([""], "No clause matches ''"),
        ([], "No clause is selected"),
    ],
)
def test_pattern_without_a_match_is_refused(patterns: list[str], says: str) -> None:
    """A pattern that matches nothing is an error with near matches, never an empty run."""
    with pytest.raises(UsageError, match=says):
        select_clauses(CLAUSES, patterns)
