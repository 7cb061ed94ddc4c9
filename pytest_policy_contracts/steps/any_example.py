"""Claims about any value of some kind: Hypothesis makes the values up, and shrinks those for which a claim fails."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, cast

_SEED = 0


def for_any(claim: Callable[..., None], *strategies: Any, examples: int) -> None:
    """Call `claim` with values of the strategies; raise what it raised for the smallest values for which it fails.

    The same program and version of Hypothesis give the same values, so that a token replays them. Nothing is written to a
    database. Must not be called while an event loop is running.
    """
    import hypothesis
    from hypothesis import HealthCheck, Phase, Verbosity

    settings = hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    given, seeded = cast("Any", hypothesis.given), cast("Any", hypothesis.seed)
    state = random.getstate()
    try:
        seeded(_SEED)(settings(given(*strategies)(claim)))()
    finally:
        random.setstate(state)
