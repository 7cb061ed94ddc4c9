"""What a step may say when a scenario does not simply go on.

ContractViolation   the subject broke the promise (an AssertionError; the only one that blames the subject)
Ending              the scenario ends here, without blame
├── NotApplicable       the situation cannot exist for this subject
├── Untested            the situation did not arise, or could not be judged
├── Precondition        another promise, named by its clause, was broken on the way
└── EnoughSeen          this run was only there to be counted
"""

from __future__ import annotations


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
    """The promise of clause `clause_id` was broken on the way, so that the own one cannot be judged."""

    def __init__(self, clause_id: str, *, expected: str, observed: str, when: str = "") -> None:
        super().__init__(f"precondition: {clause_id}")
        self.clause_id = clause_id
        self.expected = expected
        self.observed = observed
        self.when = when


class EnoughSeen(Ending):
    """This run has shown what it was made for; its claims say nothing."""
