"""What the writer of an unknown name probably meant, in the words every message uses.

Rules: pure, deterministic, and silent when nothing is near. It must not decide what is an error; it
only words the remedy.
"""

from collections.abc import Iterable
from difflib import get_close_matches

# Below this ratio difflib offers names that share a letter or two, which misleads the reader.
_NEAR_ENOUGH = 0.6


def did_you_mean(value: str, known: Iterable[str]) -> str:
    """Word the remedy for an unknown name: the nearest known names, else all of them."""
    names = sorted(set(known))
    by_lower = {name.lower(): name for name in names}
    near = get_close_matches(value.lower(), by_lower, n=3, cutoff=_NEAR_ENOUGH)
    if near:
        return f"Did you mean {' or '.join(by_lower[name] for name in near)}?"
    return f"Known: {', '.join(names)}." if names else "There is none to choose from."
