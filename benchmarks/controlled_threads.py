"""Measure how many schedules of controlled threads a second takes, and exit 1 below the promised rate.

One schedule: three threads call a guard twice each, every source line of the guard is a switch point, and a random walk
decides. A lone call is measured as well, because synchronous subjects are called that way all the time.
"""

from __future__ import annotations

import functools
import sys
import time

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.clock import VirtualClock
from pytest_policy_contracts.simulation.policies import Policy, RandomWalk
from pytest_policy_contracts.simulation.threads import Granularity, ThreadScheduler, controlled_primitives

LEAST_PER_SECOND = 2_000
SECONDS = 1.0
ROUNDS = 3
"""The best round counts: the machine is shared, and only slowness is noise."""


class Guard:
    """A ring buffer that loses records when a thread is interrupted between its lines."""

    def __init__(self) -> None:
        self.records: list[object] = [None] * 16
        self.head = 0

    def record(self, tenant: str) -> None:
        same = tenant == "t0"
        position = self.head
        self.records[position] = (tenant, same)
        self.head = position + 1


def call_twice(guard: Guard, tenant: str) -> None:
    for _ in range(2):
        guard.record(tenant)


def schedule(seed: int, granularity: Granularity) -> bool:
    """Run one schedule; return whether it lost a record."""
    guard = Guard()
    threads = ThreadScheduler(Choices(RandomWalk(seed)), VirtualClock(), files=(__file__,), granularity=granularity)
    threads.run(*[functools.partial(call_twice, guard, f"t{number}") for number in range(3)])
    return guard.head != 6


def rate(granularity: Granularity) -> tuple[float, float]:
    """Return schedules per second and the share of them that lost a record."""
    best = lost = 0.0
    for _ in range(ROUNDS):
        seed = losses = 0
        began = time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            losses += schedule(seed, granularity)
            seed += 1
        best, lost = max(best, seed / (time.perf_counter() - began)), losses / seed
    return best, lost


def lone_call_seconds() -> float:
    """Return what one call costs that runs alone."""
    threads = ThreadScheduler(Choices(Policy()), VirtualClock(), files=(__file__,))
    guard = Guard()
    began = time.perf_counter()
    for _ in range(2_000):
        guard.head = 0
        threads.run(functools.partial(guard.record, "t0"))
    return (time.perf_counter() - began) / 2_000


def main() -> int:
    with controlled_primitives():
        print(f"controlled threads, 3 callers x 2 calls, CPython {sys.version.split()[0]}")
        granularities: tuple[Granularity, ...] = ("line", "gil", "opcode", "none")
        rates = {granularity: rate(granularity) for granularity in granularities}
        for granularity, (per_second, lost) in rates.items():
            print(f"  {granularity:8}{per_second:9,.0f} schedules/s   {lost:4.0%} lose a record")
        print(f"  a lone call {lone_call_seconds() * 1e6:5.0f} us")
    enough = rates["line"][0] >= LEAST_PER_SECOND
    print(f"promised: {LEAST_PER_SECOND:,} schedules/s at `line`: {'kept' if enough else 'MISSED'}")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
