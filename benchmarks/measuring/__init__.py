"""What the benchmarks share: taking turns, and saying how a measurement compares with what it has to reach.

Rules: two things are compared only within one process and by turns, so that a slow moment of the machine meets
both; the best round counts, because noise only ever adds. It must not know what is measured.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def by_turns(
    calls: Sequence[Callable[[], object]], rounds: int, clock: Callable[[], float] = time.process_time
) -> list[float]:
    """Call each once per round, by turns; return the processor seconds of the best round of each.

    Processor time, because other processes of the machine take their share of the wall time; with `time.thread_time` as
    the clock, that of the calling thread alone.
    """
    best = [float("inf")] * len(calls)
    for _ in range(rounds):
        for index, call in enumerate(calls):
            begun = clock()
            call()
            best[index] = min(best[index], clock() - begun)
    return best


def reached(what: str, value: float, reach: float, unit: str = "") -> bool:
    """Print one measurement beside what it has to reach (at most that); return whether it does."""
    held = value <= reach
    mark = "ok" if held else "MISSED"
    print(f"{mark:7}{what}: {value:.3g}{unit} (reach: <= {reach:g}{unit})", flush=True)
    return held


def on_one_core(command: Sequence[str]) -> list[str]:
    """Return the command, bound to one core where the machine lets us."""
    if not hasattr(os, "sched_getaffinity"):
        return list(command)
    core = min(os.sched_getaffinity(0))
    return [sys.executable, "-c", _BIND, str(core), *command]


_BIND = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); os.execv(sys.argv[2], sys.argv[2:])"


def seconds_of(command: Sequence[str], directory: Path, *, status: int = 0) -> float:
    """Run a command and return its wall seconds; raise `RuntimeError` with its output on another exit status."""
    begun = time.perf_counter()
    done = subprocess.run(list(command), cwd=directory, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode != status:
        raise RuntimeError(
            f"{' '.join(command)} ended with {done.returncode} instead of {status}:\n{done.stdout}{done.stderr}"
        )
    return seconds


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)
