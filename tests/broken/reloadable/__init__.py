"""Broken implementations of Reloadable: each proves that the suite catches one mistake.

One module per clause, named after the mistake. A subject breaks the clauses its entry names and
no other MUST clause, read as sharply as the contract allows; what it does besides is correct.
They are no examples to copy: see `tests/conforming/reloadable` for those.
"""

from tests.broken.entry import Broken

from . import (
    blocked_loops,
    early_work,
    empty_sets,
    half_rollback,
    hangs,
    leaked_secrets,
    leftovers,
    lossy_inverses,
    lost_cancellation,
    lost_updates,
    order_dependence,
    partial_refusals,
    readiness,
    repetition,
    shared_values,
    silent_refusals,
    stuck_refusals,
    timeouts,
    torn_reads,
    unknown_settings,
)

__all__ = ["BROKEN", "Broken"]

BROKEN: list[Broken] = [
    *timeouts.SUBJECTS,
    *readiness.SUBJECTS,
    *empty_sets.SUBJECTS,
    *repetition.SUBJECTS,
    *early_work.SUBJECTS,
    *lost_cancellation.SUBJECTS,
    *half_rollback.SUBJECTS,
    *hangs.SUBJECTS,
    *silent_refusals.SUBJECTS,
    *partial_refusals.SUBJECTS,
    *stuck_refusals.SUBJECTS,
    *lossy_inverses.SUBJECTS,
    *lost_updates.SUBJECTS,
    *torn_reads.SUBJECTS,
    *shared_values.SUBJECTS,
    *leftovers.SUBJECTS,
    *blocked_loops.SUBJECTS,
    *unknown_settings.SUBJECTS,
    *leaked_secrets.SUBJECTS,
    *order_dependence.SUBJECTS,
]
