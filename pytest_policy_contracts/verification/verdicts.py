"""What is known about a scenario and about a clause after they were run.

These values carry text and numbers only, so that they can cross a process boundary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The verdict of a clause."""

    PASSED = "passed"
    VIOLATED = "violated"
    UNTESTED = "untested"
    NOT_APPLICABLE = "not applicable"
    KNOWN = "known"
    BROKEN = "broken"


SEVERITY = (
    Outcome.BROKEN,
    Outcome.VIOLATED,
    Outcome.KNOWN,
    Outcome.UNTESTED,
    Outcome.PASSED,
    Outcome.NOT_APPLICABLE,
)
"""Which outcome stands for several scenarios: the first of these that any of them has."""


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """How one scenario ended.

    `message` is the reason of an outcome that is no violation, or the claim that failed; `step` the failing step with its
    keyword; `reach` says how much was tried; `replay` the token of the failing run; `precondition` the clauses that had to hold first, joined by ` or `; `optional` marks a scenario that only
    some harnesses can run, whose absence does not count.
    """

    clause_id: str
    number: int
    name: str
    outcome: Outcome
    message: str = ""
    step: str = ""
    step_number: int = 0
    expected: str = ""
    observed: str = ""
    when: str = ""
    reach: str = ""
    realism: str = ""
    is_real_today: bool = True
    replay: str = ""
    journal: tuple[str, ...] = ()
    precondition: str = ""
    in_first_run: bool = False
    killed: bool = False
    details: str = ""
    optional: bool = False

    @property
    def preconditions(self) -> tuple[str, ...]:
        """The clauses of which each may be what was broken on the way."""
        return tuple(filter(None, self.precondition.split(" or ")))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of one clause for one harness; the fields that adopters read, and the scenarios behind it."""

    id: str
    level: str
    title: str
    outcome: Outcome
    message: str = ""
    expected: str = ""
    observed: str = ""
    when: str = ""
    step: str = ""
    reach: str = ""
    realism: str = ""
    replay: str = ""
    is_real_today: bool = True
    details: str = ""
    scenarios: tuple[ScenarioResult, ...] = ()
    deviation: str = ""


def verdict_of(clause_id: str, level: str, title: str, results: tuple[ScenarioResult, ...]) -> Verdict:
    """Fold the scenarios of a clause into its verdict: the most severe outcome speaks."""
    counted = [result for result in results if not result.optional] or list(results)
    speaking = min(counted, key=lambda result: (SEVERITY.index(result.outcome), not result.is_real_today))
    return Verdict(
        id=clause_id,
        level=level,
        title=title,
        outcome=speaking.outcome,
        message=speaking.message,
        expected=speaking.expected,
        observed=speaking.observed,
        when=speaking.when,
        step=speaking.step,
        reach=_widest_reach(speaking, counted),
        realism=speaking.realism,
        replay=speaking.replay,
        is_real_today=speaking.is_real_today,
        details=speaking.details,
        scenarios=results,
    )


_REACHES = ("sampled", "exhaustive", "single run")
_NUMBER = re.compile(r"\d+")


def _widest_reach(speaking: ScenarioResult, results: list[ScenarioResult]) -> str:
    """Return of a passed clause the reach of the scenario that was tried most."""
    if speaking.outcome is not Outcome.PASSED:
        return speaking.reach
    return max((one.reach for one in results if one.outcome is Outcome.PASSED), key=_width)


def _width(reach: str) -> tuple[int, int]:
    kind = next((-rank for rank, prefix in enumerate(_REACHES) if reach.startswith(prefix)), -len(_REACHES))
    number = _NUMBER.search(reach)
    return kind, int(number.group()) if number else 0
