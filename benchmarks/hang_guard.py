"""Claim: every kind of hang gets its verdict within its budget and one second.

Runs each kind of `tests/simulation/hangs.py` in a guarded child and prints what it ended in, how
long that took and which frame was named. Exits 1 when an ending is wrong, late, or has no frame
although one was on the stack. Run: `python benchmarks/hang_guard.py`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pytest_policy_contracts.simulation import guard  # noqa: E402
from tests.simulation import hangs  # noqa: E402

BUDGET_SECONDS = 0.5
ALLOWANCE_SECONDS = 1.0
ROUNDS = 200


def verdict(kind: Callable[[], None]) -> tuple[bool, str]:
    """Guard one kind; return whether the claim held, and the table's line."""
    seen = guard.run_in_child(lambda beat: kind(), budget_seconds=BUDGET_SECONDS)
    held = (
        seen.outcome == hangs.ENDING[kind.__name__]
        and seen.seconds <= BUDGET_SECONDS + ALLOWANCE_SECONDS
        and hangs.FRAME.get(kind.__name__, "") in seen.frame
    )
    mark = "ok" if held else "MISSED"
    place = seen.frame or seen.detail
    return held, f"{mark:7}{kind.__name__:17}{seen.outcome:9}{seen.seconds:6.2f} s  {place}"


def milliseconds_per_call() -> float:
    """Return what a guarded call costs that does nothing."""
    begun = time.perf_counter()
    for _ in range(ROUNDS):
        guard.run_in_child(lambda beat: None, budget_seconds=30)
    return (time.perf_counter() - begun) / ROUNDS * 1000


def main() -> int:
    """Print the table; return the exit status."""
    if not guard.child_available():
        print(f"not measured: {guard.child_unavailable_reason()}")
        return 0
    missed = 0
    for kind in hangs.KINDS:
        held, line = verdict(kind)
        missed += not held
        print(line, flush=True)
    print(f"{milliseconds_per_call():.2f} ms per guarded call that ends")
    print(f"{len(hangs.KINDS) - missed} of {len(hangs.KINDS)} kinds answered in time")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
