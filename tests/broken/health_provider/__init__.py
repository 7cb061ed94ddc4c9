"""Broken implementations of HealthProvider: each proves that the suite catches one mistake.

One module per clause, named after the mistake. A subject breaks the clauses its entry names and
no other, read as sharply as the contract allows; what it does besides is correct. What a clause
presupposes is no mistake of its own: who never ends has no answer to be judged.
They are no examples to copy: see `tests/conforming/health_provider` for those.
"""

from tests.broken.entry import Broken

from . import (
    blocked_loops,
    disturbed_checks,
    duplicate_reports,
    effects,
    endless_waits,
    foreign_statuses,
    hangs,
    hidden_failures,
    leaked_secrets,
    leftovers,
    lost_cancellation,
    nameless_reports,
    no_answers,
    odd_details,
    shared_answers,
    stuck_failures,
    wrong_beginnings,
    wrong_times,
)

__all__ = ["BROKEN", "Broken"]

BROKEN: list[Broken] = [
    *no_answers.SUBJECTS,
    *nameless_reports.SUBJECTS,
    *foreign_statuses.SUBJECTS,
    *duplicate_reports.SUBJECTS,
    *wrong_times.SUBJECTS,
    *hangs.SUBJECTS,
    *endless_waits.SUBJECTS,
    *lost_cancellation.SUBJECTS,
    *hidden_failures.SUBJECTS,
    *stuck_failures.SUBJECTS,
    *disturbed_checks.SUBJECTS,
    *shared_answers.SUBJECTS,
    *leftovers.SUBJECTS,
    *leaked_secrets.SUBJECTS,
    *blocked_loops.SUBJECTS,
    *wrong_beginnings.SUBJECTS,
    *effects.SUBJECTS,
    *odd_details.SUBJECTS,
]
