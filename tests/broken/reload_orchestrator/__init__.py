"""Broken implementations of ReloadOrchestrator: each proves that the suite catches one mistake.

One module per clause, named after the mistake. A subject breaks the clauses its entry names and no other MUST clause,
read as sharply as the contract allows; what it does besides is correct. R1 to R13 in a docstring are mistakes that were
found in a reload orchestrator in use. They are no examples to copy: see `tests/conforming/reload_orchestrator` for those.
"""

from tests.broken.entry import Broken

from . import (
    bursts,
    circuits,
    deaf_modules,
    disorder,
    events,
    half_rollbacks,
    impatience,
    leaked_secrets,
    lost_requests,
    lost_rollbacks,
    panics,
    probes,
    publishers,
    registrations,
    shared_changes,
    silent_rollbacks,
    stops,
    timeouts,
    unreloaded,
    unwilling_modules,
    wrong_refusals,
)

__all__ = ["BROKEN", "Broken"]

BROKEN: list[Broken] = [
    *unreloaded.SUBJECTS,
    *unwilling_modules.SUBJECTS,
    *half_rollbacks.SUBJECTS,
    *lost_rollbacks.SUBJECTS,
    *silent_rollbacks.SUBJECTS,
    *panics.SUBJECTS,
    *timeouts.SUBJECTS,
    *deaf_modules.SUBJECTS,
    *disorder.SUBJECTS,
    *lost_requests.SUBJECTS,
    *wrong_refusals.SUBJECTS,
    *stops.SUBJECTS,
    *circuits.SUBJECTS,
    *probes.SUBJECTS,
    *impatience.SUBJECTS,
    *events.SUBJECTS,
    *publishers.SUBJECTS,
    *leaked_secrets.SUBJECTS,
    *registrations.SUBJECTS,
    *shared_changes.SUBJECTS,
    *bursts.SUBJECTS,
]
