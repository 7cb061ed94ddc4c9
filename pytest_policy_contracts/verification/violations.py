"""What a step may say when a scenario does not simply go on.

ContractViolation   the subject broke the promise (an AssertionError; the only one that blames the subject)
Ending              the scenario ends here, without blame
├── NotApplicable       the situation cannot exist for this subject
├── Untested            the situation did not arise, or could not be judged
├── Precondition        another promise, named by its clause, was broken on the way
└── EnoughSeen          this run was only there to be counted
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class ContractViolation(AssertionError):
    """The subject broke a promise: what was expected, what was observed, and when.

    `text` is the whole failure text once the runner has judged the scenario; raised by a step it holds the claim only.
    """

    def __init__(self, *, expected: str, observed: str, when: str = "", text: str = "") -> None:
        super().__init__(text or f"expected {expected}, observed {observed}")
        self.expected = expected
        self.observed = observed
        self.when = when


class Ending(Exception):
    """Ends a scenario without blaming the subject."""


class NotApplicable(Ending):
    """The situation cannot exist for this subject."""


class Untested(Ending):
    """The situation could not be brought about or judged."""


class Precondition(Ending):
    """The promise of another clause was broken on the way, so that the own one cannot be judged.

    `clause_ids` names the clauses that may be it. Where none of them is violated, the own clause has to speak after all.
    """

    def __init__(self, *clause_ids: str, expected: str, observed: str, when: str = "") -> None:
        super().__init__(f"precondition: {' or '.join(clause_ids)}")
        self.clause_ids = clause_ids
        self.expected = expected
        self.observed = observed
        self.when = when


@contextmanager
def left_to(*clause_ids: str) -> Iterator[None]:
    """Leave a claim that fails in here to other clauses, if they say it: one mistake is reported once."""
    try:
        yield
    except ContractViolation as failed:
        if not clause_ids:
            raise
        raise Precondition(
            *clause_ids, expected=failed.expected, observed=failed.observed, when=failed.when
        ) from failed


class EnoughSeen(Ending):
    """This run has shown what it was made for; its claims say nothing."""
