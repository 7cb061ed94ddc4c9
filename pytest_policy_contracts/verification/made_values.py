"""Values that are made up for a run: from which bytes, and how many of them are tried.

How bytes become values is for those who know the strategies (steps/); here they are only numbered.
"""

from __future__ import annotations

import random

MAKES_VALUES = "makes values"
"""What the memo of a trial holds once a harness has described values rather than named them; with the bytes of a run, their
texts by the method that described them.
"""

DRAWS = 20
"""How many values are tried where a harness describes them."""

VALUE_BYTES = 2048


def made_from(number: int, seed: int) -> tuple[int, ...]:
    """Return the bytes that draw `number` is made from; those of the first make the simplest values."""
    return tuple(random.Random(f"{seed}:{number}").randbytes(VALUE_BYTES)) if number else ()
