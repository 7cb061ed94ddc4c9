"""Broken implementations of HealthAggregator: each proves that the suite catches one mistake.

One module per clause, named after the mistake. A subject is the aggregator of `aggregators` but for one method; it
breaks the clauses its entry names and no other. They are no examples to copy: see `tests/conforming/health_aggregator`
for those.
"""

from tests.broken.entry import Broken

from . import (
    bursts,
    caches,
    ends,
    errors,
    events,
    flights,
    forgotten_options,
    hangs,
    late_evaluations,
    orders,
    panics,
    publishers,
    queues,
    shared_answers,
    sums,
    unknowns,
)

__all__ = ["BROKEN", "Broken"]

BROKEN: list[Broken] = [
    *sums.SUBJECTS,
    *unknowns.SUBJECTS,
    *panics.SUBJECTS,
    *errors.SUBJECTS,
    *hangs.SUBJECTS,
    *forgotten_options.SUBJECTS,
    *queues.SUBJECTS,
    *caches.SUBJECTS,
    *flights.SUBJECTS,
    *late_evaluations.SUBJECTS,
    *shared_answers.SUBJECTS,
    *events.SUBJECTS,
    *orders.SUBJECTS,
    *ends.SUBJECTS,
    *publishers.SUBJECTS,
    *bursts.SUBJECTS,
]
