"""Broken implementations of TenantGuard: each proves that the suite catches one mistake.

One module per clause, named after the mistake. A subject breaks the clauses its entry names and
no other MUST clause, read as sharply as the contract allows; what it does besides is correct.
They are no examples to copy: see `tests/conforming/tenant_guard` for those.
"""

from tests.broken.entry import Broken

from . import (
    bindings,
    bursts,
    disabled_gaps,
    error_types,
    events,
    growth,
    lenient_gaps,
    loose_whitelists,
    lost_records,
    modes,
    open_failures,
    publishers,
    reentrance,
    rings,
    shared_config,
    shared_records,
    strict_gaps,
    telling_texts,
    timestamps,
    unbound,
    wide_whitelists,
)

__all__ = ["BROKEN", "Broken"]

BROKEN: list[Broken] = [
    *modes.SUBJECTS,
    *strict_gaps.SUBJECTS,
    *lenient_gaps.SUBJECTS,
    *disabled_gaps.SUBJECTS,
    *loose_whitelists.SUBJECTS,
    *wide_whitelists.SUBJECTS,
    *shared_config.SUBJECTS,
    *error_types.SUBJECTS,
    *rings.SUBJECTS,
    *shared_records.SUBJECTS,
    *timestamps.SUBJECTS,
    *lost_records.SUBJECTS,
    *events.SUBJECTS,
    *publishers.SUBJECTS,
    *open_failures.SUBJECTS,
    *reentrance.SUBJECTS,
    *bursts.SUBJECTS,
    *bindings.SUBJECTS,
    *unbound.SUBJECTS,
    *growth.SUBJECTS,
    *telling_texts.SUBJECTS,
]
