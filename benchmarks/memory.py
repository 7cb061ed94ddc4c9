"""Claim: memory stays flat over 100,000 schedules.

One exploration through the whole engine: three tasks over 100,000 schedules, three threads over fewer, because
each of theirs costs more. After a warm-up the resident memory must not grow by more than noise, and the memory
that Python has allocated (tracemalloc, which is slow and so sees fewer of them) must not grow with the schedules.
Run: `python -m benchmarks.memory`.
"""

import gc
import os
import sys
import tracemalloc
from collections.abc import Callable
from itertools import pairwise

from benchmarks.measuring import middle, reached
from benchmarks.subjects.three_callers import ThreeCallers, ThreeThreads, exploration, three_callers
from pytest_policy_contracts.verification.verdicts import Outcome

TASK_SCHEDULES = 100_000
THREAD_SCHEDULES = 10_000
TRACED_TASK_SCHEDULES = 25_000
TRACED_THREAD_SCHEDULES = 10_000

SAMPLES = 10
WARM = 2
"""The sample that growth is counted from; before it caches fill, arenas are taken and the workers of threads hired."""

RESIDENT_REACH_MIB = 0.5
TRACED_REACH_BYTES = 4.0
"""Growth for each schedule; a forgotten world would be tens of thousands."""

STATUS = "/proc/self/statm"


def main() -> int:
    """Measure, print and return the exit status."""
    if not os.path.exists(STATUS):
        print(f"not measured: {sys.platform} has no {STATUS}")
        return 0
    held = []
    for harness, schedules, traced in (
        (ThreeCallers, TASK_SCHEDULES, TRACED_TASK_SCHEDULES),
        (ThreeThreads, THREAD_SCHEDULES, TRACED_THREAD_SCHEDULES),
    ):
        held.append(_resident_is_flat(harness, schedules))
        held.append(_traced_is_flat(harness, traced))
    return 0 if all(held) else 1


def _resident_is_flat(harness: type[ThreeCallers], schedules: int) -> bool:
    samples = _sampled(harness, schedules, _resident_mib)
    print(f"       {harness.__name__}: " + " ".join(f"{mib:.2f}" for mib in samples) + " MiB")
    grown = max(samples[-2:]) - samples[WARM]
    return reached(f"{harness.__name__}, {schedules:,} schedules, resident growth", grown, RESIDENT_REACH_MIB, " MiB")


def _traced_is_flat(harness: type[ThreeCallers], schedules: int) -> bool:
    tracemalloc.start()
    try:
        samples = _sampled(harness, schedules, _traced_bytes)
    finally:
        tracemalloc.stop()
    # The middle one of the steps: what leaks does so in each of them, while a table of the interpreter (the interned strings
    # have one of 2 MB) grows in a single one.
    grown = middle([later - sooner for sooner, later in pairwise(samples[WARM:])]) / (schedules / SAMPLES)
    return reached(
        f"{harness.__name__}, {schedules:,} schedules, allocated growth each", grown, TRACED_REACH_BYTES, " bytes"
    )


def _sampled(harness: type[ThreeCallers], schedules: int, measure: Callable[[], float]) -> list[float]:
    """Explore, and measure after each tenth of the schedules."""
    samples: list[float] = []

    def watch(number: int) -> None:
        if number > 1 and number % (schedules // SAMPLES) == 0:
            gc.collect()
            samples.append(measure())

    result = exploration(harness, three_callers(), schedules, watch).result()
    if result.outcome is not Outcome.PASSED or len(samples) != SAMPLES:
        raise RuntimeError(f"{harness.__name__} was not explored as it should: {result}")
    return samples


def _resident_mib() -> float:
    with open(STATUS, encoding="ascii") as status:
        return int(status.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _traced_bytes() -> float:
    return float(tracemalloc.get_traced_memory()[0])


if __name__ == "__main__":
    sys.exit(main())
