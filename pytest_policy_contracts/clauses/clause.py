"""What a feature file says, as values: contract, clause, scenario, step.

Rules: frozen and hashable, so a clause can be a key and be cached for the life of the process. A
scenario is complete by itself: its needs and marks already include those of its clause, and the
steps of the backgrounds stand before its own. These values must not say how a step is run.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pytest_policy_contracts.contracts.errors import UsageError
from pytest_policy_contracts.contracts.near_matches import did_you_mean


class Level(StrEnum):
    """How much a clause binds: a MUST fails the run, a SHOULD warns."""

    MUST = "MUST"
    SHOULD = "SHOULD"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a scenario."""

    keyword: str
    """`Given`, `When` or `Then`; `And`, `But` and `*` are resolved to what they continue."""
    shown_keyword: str
    """The keyword as written."""
    text: str
    line: int
    docstring: str | None = None
    datatable: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way of testing a clause; one row of an outline is a scenario of its own."""

    clause_id: str
    number: int
    """1-based within the clause; replay tokens hold it, so it never changes once released."""
    name: str
    steps: tuple[Step, ...]
    file: Path
    line: int
    needs: tuple[str, ...] = ()
    """Capabilities without which it cannot run; those of the clause come first."""
    without: tuple[str, ...] = ()
    """Capabilities with which it does not run, because a stronger scenario then does."""
    tags: tuple[str, ...] = ()
    """The tags that are not explained by another field, without the `@`."""
    every_interleaving: bool = False
    every_place: bool = False
    sync_only: bool = False
    async_only: bool = False
    template: str = ""
    """The name as written in the file; differs from `name` for a row of an outline only."""
    example: tuple[tuple[str, str], ...] = ()
    """Column and value of the outline's row."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise of a contract: a `Rule` of its feature file."""

    id: str
    level: Level
    contract: str
    title: str
    """The promise, in one sentence."""
    scenarios: tuple[Scenario, ...]
    file: Path
    line: int
    rationale: str = ""
    needs: tuple[str, ...] = ()
    every_interleaving: bool = False
    """The sign ∿: every scenario is re-run under further schedules; set by the rule or by each."""
    every_place: bool = False
    """The sign ✂: every scenario cancels at each place where the subject waits."""
    after: tuple[str, ...] = ()
    """Clauses that must have passed, else this one is untested."""
    since: str = "1.0"
    """The contract version in which it appeared."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A named, versioned set of clauses, ordered by id."""

    name: str
    version: str
    clauses: tuple[Clause, ...]

    def clause(self, clause_id: str) -> Clause:
        """Answer the clause of that id, else raise `UsageError` naming the nearest ones."""
        for clause in self.clauses:
            if clause.id == clause_id:
                return clause
        known = (clause.id for clause in self.clauses)
        raise UsageError(f"{self.name} has no clause {clause_id!r}. {did_you_mean(clause_id, known)}")
