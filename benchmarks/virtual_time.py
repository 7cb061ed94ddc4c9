"""Claim: a 30 s timeout or a 2 min back-off inside a scenario costs less than 5 ms of real time.

Each is a subject's own wait, asynchronous and on a thread, in a scenario of the contract ("a reload of valid
changes ends", RLD-008). What is measured is one run of it through the engine, wall time, the median of many.
Run: `python -m benchmarks.virtual_time`.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from benchmarks.measuring import middle, reached
from benchmarks.subjects.three_callers import ThreeCallers, watched_trial
from pytest_policy_contracts import ConfigChange
from pytest_policy_contracts.clauses import Scenario, load_contract
from pytest_policy_contracts.simulation.clock import real_time
from pytest_policy_contracts.verification.scenario_run import Effort, ScenarioRun
from pytest_policy_contracts.verification.verdicts import Outcome

REACH_MS = 5.0
RUNS = 200
TIMEOUT_SECONDS = 30.0
BACK_OFF_SECONDS = 120.0

_now = real_time["perf_counter"]


class Waiting:
    """What the four have in common; none may take longer than it says."""

    reload_timeout = timedelta(minutes=10)

    def __init__(self) -> None:
        self.waited_seconds = 0.0

    def can_reload(self) -> bool:
        return True


class TimesOut(Waiting):
    """Waits 30 s for an answer that never comes."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await asyncio.Event().wait()
        except TimeoutError:
            self.waited_seconds = time.monotonic() - begun


class BacksOff(Waiting):
    """Tries again after two minutes."""

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        begun = time.monotonic()
        await asyncio.sleep(BACK_OFF_SECONDS)
        self.waited_seconds = time.monotonic() - begun


class TimesOutOnAThread(Waiting):
    """Waits 30 s for an event that nobody sets."""

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        begun = time.monotonic()
        threading.Event().wait(TIMEOUT_SECONDS)
        self.waited_seconds = time.monotonic() - begun


class BacksOffOnAThread(Waiting):
    """Tries again after two minutes."""

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        begun = time.monotonic()
        time.sleep(BACK_OFF_SECONDS)
        self.waited_seconds = time.monotonic() - begun


CASES = (
    (TimesOut, TIMEOUT_SECONDS),
    (BacksOff, BACK_OFF_SECONDS),
    (TimesOutOnAThread, TIMEOUT_SECONDS),
    (BacksOffOnAThread, BACK_OFF_SECONDS),
)


class Timed(ThreeCallers):
    """Remembers the subjects that it made, to see whether they really waited."""

    kind: type[Waiting]
    made: list[Waiting]

    def create(self) -> Any:
        subject = type(self).kind()
        type(self).made.append(subject)
        return subject


def main() -> int:
    """Measure, print and return the exit status."""
    scenario = load_contract("Reloadable").clause("RLD-008").scenarios[0]
    held = [_holds(kind, seconds, scenario) for kind, seconds in CASES]
    return 0 if all(held) else 1


def _holds(kind: type[Waiting], seconds: float, scenario: Scenario) -> bool:
    harness: type[Timed] = type(kind.__name__, (Timed,), {"kind": kind, "made": []})
    milliseconds = _run_milliseconds(harness, scenario)
    # The engine's first look makes a subject that it does not reload.
    waited = {round(one.waited_seconds, 3) for one in harness.made} - {0.0}
    if waited != {seconds}:
        raise RuntimeError(f"{kind.__name__} waited {waited} seconds of virtual time instead of {seconds:g}")
    return reached(f"{seconds:g} s in {kind.__name__}", milliseconds, REACH_MS, " ms")


def _run_milliseconds(harness: type[ThreeCallers], scenario: Scenario) -> float:
    """Return what one run of the scenario takes, with its share of what is put in place around the runs."""
    times: list[float] = []
    trial = watched_trial(harness, scenario)
    for _ in range(RUNS):
        trial.runs = 0
        begun = _now()
        result = ScenarioRun(scenario, trial, Effort(1), lambda number: None).result()
        times.append((_now() - begun) * 1000 / trial.runs)
        if result.outcome is not Outcome.PASSED:
            raise RuntimeError(f"{harness.__name__} did not pass: {result}")
    return middle(times)


if __name__ == "__main__":
    sys.exit(main())
