"""The subject of the benchmarks: three reloads at the same time, with waits that take no time.

`ThreeCallers` and `plain` do the same work: the same subject, the same three calls, the same check of the outcome. One is
for the engine, which explores it under many schedules; the other is one run of the stock event loop.
"""

import asyncio
import copy
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from pytest_policy_contracts import ConfigChange, ReloadableHarness
from pytest_policy_contracts.clauses import Scenario, load_contract
from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.exploration import Plan, Trace
from pytest_policy_contracts.simulation.loop import SimulatedLoop
from pytest_policy_contracts.simulation.policies import Policy
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.scenario_run import Effort, ScenarioRun
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.trial import Trial

Values = dict[str, object]
Watch = Callable[[int], None]

CLAUSE, SCENARIO = "RLD-013", 2
"""The changes are reloaded twice at the same time as the alternative changes."""


class Cache:
    """One reload at a time; two waits in each."""

    reload_timeout = timedelta(seconds=30)

    def __init__(self) -> None:
        self.settings: Values = {"ttl": 30, "size": 10}
        self._turn = asyncio.Lock()

    def can_reload(self) -> bool:
        return True

    async def reload(self, changes: Sequence[ConfigChange]) -> None:
        async with self._turn:
            await asyncio.sleep(0)
            draft = applied(self.settings, changes)
            await asyncio.sleep(0)
            self.settings = draft


class ThreadedCache:
    """The same for threads."""

    reload_timeout = timedelta(seconds=30)

    def __init__(self) -> None:
        self.settings: Values = {"ttl": 30, "size": 10}
        self._turn = threading.Lock()

    def can_reload(self) -> bool:
        return True

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        with self._turn:
            self.settings = applied(self.settings, changes)


def applied(settings: Values, changes: Sequence[ConfigChange]) -> Values:
    """Return the settings after the changes; one that is not positive raises `ValueError`."""
    draft = dict(settings)
    for change in changes:
        name = change.path.removeprefix("cache.")
        if name in draft:
            if not isinstance(change.new, int) or change.new <= 0:
                raise ValueError(f"{change.path} has to be above zero")
            draft[name] = change.new
    return draft


class ThreeCallers(ReloadableHarness):
    """Both sets of changes meet in `ttl`, so that the order of the callers shows."""

    def create(self) -> Any:
        return Cache()

    def changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("cache.ttl", 30, 60), ConfigChange.modified("cache.size", 10, 20)]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("cache.ttl", 30, 90)]

    def invalid_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("cache.ttl", 30, -1)]

    def snapshot(self, subject: Cache | ThreadedCache) -> object:
        return subject.settings


class ThreeThreads(ThreeCallers):
    """The same for a synchronous subject."""

    def create(self) -> ThreadedCache:
        return ThreadedCache()


# -- with the stock event loop -------------------------------------------------------------------------


def handed_in() -> list[list[ConfigChange]]:
    """Return what the three callers hand in, copied as the contract wants it."""
    harness = ThreeCallers()
    every = harness.changes(), harness.alternative_changes(), harness.changes()
    return [copy.deepcopy(changes) for changes in every]


def allowed_outcomes() -> list[Values]:
    """Return the settings after each order of the callers; the engine computes them once as well."""
    changes = handed_in()
    orders = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    outcomes = []
    for order in orders:
        settings = Cache().settings
        for number in order:
            settings = applied(settings, changes[number])
        outcomes.append(settings)
    return outcomes


async def three_reloads(allowed: Sequence[Values]) -> None:
    """Make a subject, reload it three times at once and check the outcome."""
    harness = ThreeCallers()
    cache = harness.create()
    tasks = [asyncio.create_task(cache.reload(changes)) for changes in handed_in()]
    await asyncio.gather(*tasks)
    assert copy.deepcopy(harness.snapshot(cache)) in allowed


def plain(allowed: Sequence[Values]) -> None:
    """Do it once on the stock event loop."""
    asyncio.run(three_reloads(allowed))


# -- with the kernel and with the engine ---------------------------------------------------------------


def in_kernel(allowed: Sequence[Values], policy: Policy) -> int:
    """Do it once under a policy; return the number of decisions."""
    choices = Choices(policy)
    loop = SimulatedLoop(choices)
    try:
        loop.complete(three_reloads(allowed))
    finally:
        loop.dismantle()
    return choices.steps


def three_callers() -> Scenario:
    """Return the scenario of the contract that makes these calls."""
    found: Scenario = load_contract("Reloadable").clause(CLAUSE).scenarios[SCENARIO - 1]
    return found


class WatchedTrial(Trial):
    """Tells how many runs have begun: the engine's heartbeat belongs to its guard, and beats within a run, too."""

    __slots__ = ("runs", "watch")

    runs: int
    watch: Watch

    def run(self, plan: Plan) -> Trace:
        self.runs += 1
        self.watch(self.runs)
        return super().run(plan)


def watched_trial(
    harness: type[ReloadableHarness], scenario: Scenario, watch: Watch = lambda number: None
) -> WatchedTrial:
    """Return what makes runs of a scenario in this process; the first look at the harness is guarded."""
    contract = load_contract("Reloadable")
    session = Session(harness.__name__, harness, contract, shipped_vocabulary(), Settings())
    made = session.trial(scenario)
    trial = WatchedTrial(made.program, made.harness, made.capabilities, made.style)
    trial.runs, trial.watch = 0, watch
    return trial


def exploration(
    harness: type[ReloadableHarness], scenario: Scenario, schedules: int, watch: Watch = lambda number: None
) -> ScenarioRun:
    """Return the engine's own exploration of a scenario, without the process around it."""
    return ScenarioRun(scenario, watched_trial(harness, scenario, watch), Effort(schedules), lambda number: None)
