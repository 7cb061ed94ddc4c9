"""What was found, as values: the clauses of a harness, how the run was set, where it was made.

Rules: frozen; clauses stand in the order of their ids whatever order they were judged in. No value
here decides whether a run fails.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pytest_policy_contracts.verification.verdicts import Outcome, Verdict

DID_NOT_RUN = "did not run"
"""Stands among the outcomes for a clause that was expected and has no verdict."""

_NO_VERSIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How the run was asked for; the defaults are those of every face."""

    schedules: int = 200
    seed: int = 0
    level: str = "must"
    strict: bool = False


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Where and when the run was made: the only part that differs between two identical runs."""

    started: str = ""
    """The moment, UTC, as ISO 8601."""
    duration_seconds: float = 0.0
    host: str = ""
    versions: Mapping[str, str] = field(default_factory=lambda: _NO_VERSIONS)


@dataclass(frozen=True, slots=True)
class HarnessReport:
    """The verdicts of one harness."""

    name: str
    contract: str
    version: str
    expected: tuple[str, ...]
    """The ids of the clauses that were to be judged, sorted."""
    clauses: Mapping[str, Verdict]
    """Id → verdict, in the order of the ids."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The expected clauses that have no verdict."""
        return tuple(one for one in self.expected if one not in self.clauses)

    @property
    def counts(self) -> dict[str, int]:
        """Outcome → number of clauses, with the zeros, and those that did not run."""
        return counted([self])

    def ids(self, *outcomes: Outcome) -> tuple[str, ...]:
        """Answer the ids of the clauses with one of the outcomes."""
        return tuple(one.id for one in self.clauses.values() if one.outcome in outcomes)


def counted(harnesses: Iterable[HarnessReport]) -> dict[str, int]:
    """Answer outcome → number of clauses over all harnesses, with the zeros."""
    found: Counter[str] = Counter()
    for harness in harnesses:
        found.update(verdict.outcome.value for verdict in harness.clauses.values())
        found[DID_NOT_RUN] += len(harness.missing)
    return {name: found[name] for name in (*(one.value for one in Outcome), DID_NOT_RUN)}
