"""The choice among clauses: by id, by prefix, by glob.

Rules: `RLD-007` is one clause, `RLD` all of that prefix, `RLD-00*` and `*-00?` globs; case does not
count. The answer keeps the order of the clauses, each once. A pattern that matches nothing is an
error, because a typing mistake would else turn into a green run of nothing.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from pytest_policy_contracts.clauses.clause import Clause
from pytest_policy_contracts.contracts.errors import UsageError
from pytest_policy_contracts.contracts.near_matches import did_you_mean


def select_clauses(clauses: Sequence[Clause], patterns: str | Iterable[str] | None = None) -> tuple[Clause, ...]:
    """Answer the clauses that match any pattern, all for `None`; else raise `UsageError`."""
    if patterns is None:
        return tuple(clauses)
    wanted = [patterns] if isinstance(patterns, str) else list(patterns)
    if not wanted:
        raise UsageError("No clause is selected. Name at least one, or leave the selection out.")
    ids = {clause_id for pattern in wanted for clause_id in _matching(pattern, clauses)}
    return tuple(clause for clause in clauses if clause.id in ids)


def _matching(pattern: str, clauses: Sequence[Clause]) -> list[str]:
    upper = pattern.strip().upper()
    known = [clause.id for clause in clauses]
    found = [one for one in known if fnmatchcase(one, upper) or one.startswith(f"{upper}-")]
    if not found:
        raise UsageError(f"No clause matches {pattern!r}. {_remedy(upper, known)}")
    return found


def _remedy(pattern: str, known: Sequence[str]) -> str:
    prefixes = {clause_id.partition("-")[0] for clause_id in known}
    return did_you_mean(pattern, [*known, *prefixes])
