"""Claim: reloading ten modules through the reference orchestrator costs at most three times calling them bare.

Bare means the ten coroutines one after the other, each under `asyncio.timeout`: what a program would do that wants
nothing but a limit for each. The modules do nothing, so all that is measured is the orchestrator's own work. A hundred
thousand reloads leave no memory behind. Run: `python -m benchmarks.orchestrator`; `--profile` shows where time goes.
"""

import argparse
import asyncio
import cProfile
import gc
import pstats
import sys
import tracemalloc
from collections.abc import Callable
from datetime import timedelta

from benchmarks.measuring import by_turns, reached
from pytest_policy_contracts import ConfigChange, ConfigDiff, ReloadTrigger
from reference_impl.orchestrator import Orchestrator

REACH = 3.0
RELOADS_A_SECOND = 5_000
FLAT_MIB = 0.5
MODULES = 10
RELOADS = 2_000
ROUNDS = 7
LONG_RUN = 100_000


class Idle:
    """A module whose reload does nothing."""

    reload_timeout = timedelta(seconds=30)

    def can_reload(self) -> bool:
        """It can."""
        return True

    async def reload(self, changes: list[ConfigChange]) -> None:
        """Do nothing with them."""


NAMES = [f"module{number}" for number in range(MODULES)]
DIFF = ConfigDiff.of(ConfigChange.modified(f"{name}.ttl", 30, 60) for name in NAMES)


async def bare() -> None:
    """Call the modules one after the other, each with a limit."""
    modules = [(Idle(), [change]) for change in DIFF.changes]
    for _ in range(RELOADS):
        for module, changes in modules:
            async with asyncio.timeout(30):
                await module.reload(changes)


async def orchestrated(reloads: int = RELOADS) -> Orchestrator:
    """Reload them as one."""
    orchestrator = Orchestrator()
    for name in NAMES:
        orchestrator.register(name, Idle())
    await orchestrator.start()
    for _ in range(reloads):
        outcome = await orchestrator.request_reload(DIFF, trigger=ReloadTrigger.MANUAL)
        if len(outcome.applied) != MODULES:
            raise RuntimeError(f"the benchmark's own reload did not work: {outcome}")
    await orchestrator.stop()
    return orchestrator


def main() -> int:
    """Measure, print and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--profile", action="store_true", help="show where the orchestrator's time goes")
    if parser.parse_args().profile:
        _profile(lambda: asyncio.run(orchestrated()))
        return 0
    bare_s, ours_s = by_turns([lambda: asyncio.run(bare()), lambda: asyncio.run(orchestrated())], ROUNDS)
    print(f"ten modules: {bare_s / RELOADS * 1e6:.0f} us bare, {ours_s / RELOADS * 1e6:.0f} us orchestrated "
          f"({RELOADS / ours_s:,.0f} reloads a second)")  # fmt: skip
    held = [
        reached("orchestrated / bare", ours_s / bare_s, REACH),
        reached(f"seconds for {RELOADS_A_SECOND:,} reloads", RELOADS_A_SECOND * ours_s / RELOADS, 1.0, " s"),
        reached(f"memory after {LONG_RUN:,} reloads", _grown_mib(), FLAT_MIB, " MiB"),
    ]
    return 0 if all(held) else 1


def _grown_mib() -> float:
    """Return what a long run leaves behind, against a short one."""
    return (_traced(LONG_RUN) - _traced(RELOADS)) / 2**20


def _traced(reloads: int) -> int:
    gc.collect()
    tracemalloc.start()
    kept = asyncio.run(orchestrated(reloads))
    gc.collect()
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return size


def _profile(function: Callable[[], object]) -> None:
    profile = cProfile.Profile()
    profile.runcall(function)
    pstats.Stats(profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    sys.exit(main())
