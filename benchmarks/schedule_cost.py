"""Claim: exploring a schedule costs no more than running the program once with `asyncio.run`.

Three tasks reload one subject at the same time (`subjects/three_callers.py`). In the kernel (simulated loop, recorded
choices, the portfolio of policies) one schedule costs at most 1.0 of a plain run of the same coroutine; through
the whole engine (a scenario of the contract, with its steps, its world and its check) at most 1.5.
Run: `python -m benchmarks.schedule_cost`; `--profile` shows where the engine's time goes.
"""

import argparse
import cProfile
import itertools
import pstats
import sys
from collections.abc import Callable

from benchmarks.measuring import by_turns, reached
from benchmarks.subjects.three_callers import (
    ThreeCallers,
    allowed_outcomes,
    exploration,
    in_kernel,
    plain,
    three_callers,
)
from pytest_policy_contracts.simulation.policies import portfolio

KERNEL_REACH = 1.0
ENGINE_REACH = 1.5
RUNS = 500
ROUNDS = 9
HORIZON = 20


def main() -> int:
    """Measure, print and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--profile", action="store_true", help="show where the engine's time goes")
    if parser.parse_args().profile:
        _profile(_engine_runs)
        return 0
    seconds = by_turns([_plain_runs, _kernel_runs, _engine_runs], ROUNDS)
    plain_us, kernel_us, engine_us = (total / RUNS * 1e6 for total in seconds)
    print(f"one asyncio.run {plain_us:.0f} us, one schedule {kernel_us:.0f} us in the kernel, "
          f"{engine_us:.0f} us through the engine ({1e6 / engine_us:,.0f} a second)")  # fmt: skip
    held = [
        reached("schedule / asyncio.run in the kernel", kernel_us / plain_us, KERNEL_REACH),
        reached("schedule / asyncio.run through the engine", engine_us / plain_us, ENGINE_REACH),
    ]
    return 0 if all(held) else 1


def _plain_runs() -> None:
    allowed = allowed_outcomes()
    for _ in range(RUNS):
        plain(allowed)


def _kernel_runs() -> None:
    allowed = allowed_outcomes()
    horizon = HORIZON
    for number in itertools.islice(itertools.count(), RUNS):
        horizon = max(horizon, in_kernel(allowed, portfolio(number, 0, horizon)))


def _engine_runs() -> None:
    result = exploration(ThreeCallers, three_callers(), RUNS).result()
    if result.reach != f"sampled {RUNS} schedules":
        raise RuntimeError(f"the benchmark's own subject was not explored: {result}")


def _profile(function: Callable[[], None]) -> None:
    function()
    profile = cProfile.Profile()
    profile.runcall(function)
    pstats.Stats(profile).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    sys.exit(main())
