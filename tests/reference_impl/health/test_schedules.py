"""Callers and providers that come and go at any moment: every answer is one that some moment explains [AGG-008 to AGG-016].

Each call of a provider and each answer is written down with its place in the order of events. A provider called `base` is
always there; the number of its call, which its report tells, says which evaluation an answer comes from.
"""

import asyncio
import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_policy_contracts import AggregatorConfig
from pytest_policy_contracts.simulation.policies import PCT, POS, InOrder, Latencies, Policy, RandomWalk
from reference_impl.health import HealthService
from tests.reference_impl.health.fakes import Recorder, now, others, report, run

TTL_SECONDS = 0.25
STATUSES = ("healthy", "degraded", "unhealthy")
POLICIES = [Latencies, RandomWalk, lambda seed: PCT(seed, 3, 60), POS, lambda seed: InOrder()]

DELAYS = st.sampled_from([0.0, 0.0, 0.01, 0.1, TTL_SECONDS, 0.3])
ACTIONS = st.sampled_from(["check", "check", "force", "give up", "add", "remove"])
DURATIONS = st.lists(st.sampled_from([0.0, 0.01, 0.1, 0.4]), min_size=1, max_size=5)


@dataclass
class Call:
    """One call of a provider."""

    began: int
    ended: int = 0


@dataclass
class Check:
    """One caller, and what became of it."""

    forced: bool
    called: int
    called_at: float
    task: Any = None
    returned: int = 0
    answer: Any = None


@dataclass
class Chronicle:
    """What happened, in its order."""

    calls: dict[str, list[Call]] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    changes: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    evaluated: dict[int, tuple[int, float]] = field(default_factory=dict)
    _ticks: Any = field(default_factory=lambda: itertools.count(1))

    def tick(self) -> int:
        return next(self._ticks)

    def told(self, kind: str) -> None:
        """An evaluation is over: that of the last call of `base` that has ended, because they never overlap."""
        if kind == "health.evaluated":
            number = max(number for number, call in enumerate(self.calls["base"], 1) if call.ended)
            self.evaluated[number] = (self.tick(), now())


class Provider:
    """Takes as long as its script says, and tells the number of its call."""

    def __init__(self, name: str, chronicle: Chronicle, seconds: list[float]) -> None:
        self.name, self.chronicle, self.seconds = name, chronicle, seconds

    async def health_check(self) -> Any:
        calls = self.chronicle.calls.setdefault(self.name, [])
        call = Call(self.chronicle.tick())
        calls.append(call)
        number = len(calls)
        if seconds := self.seconds[number % len(self.seconds)]:
            await asyncio.sleep(seconds)
        call.ended = self.chronicle.tick()
        return [report(self.name, STATUSES[number % 3], message=str(number))]


async def one_check(service: HealthService, check: Check, chronicle: Chronicle) -> None:
    check.called, check.called_at = chronicle.tick(), now()
    check.answer = await service.check(force_refresh=check.forced)
    check.returned = chronicle.tick()


async def played(actions: list[tuple[float, str]], seconds: list[float], ttl: float) -> tuple[Chronicle, Recorder]:
    """Let the actions happen, and close the service when every caller has ended."""
    chronicle = Chronicle()
    recorder = Recorder(chronicle.told)
    config = AggregatorConfig(cache_ttl=timedelta(seconds=ttl), provider_timeout=timedelta(seconds=1))
    service = HealthService(config, events=recorder)
    names = ["base"]
    service.add_provider("base", Provider("base", chronicle, seconds))
    chronicle.changes.append((chronicle.tick(), frozenset(names)))
    for delay, action in actions:
        if delay:
            await asyncio.sleep(delay)
        if action in ("check", "force"):
            check = Check(action == "force", 0, 0.0)
            check.task = asyncio.create_task(one_check(service, check, chronicle))
            chronicle.checks.append(check)
        elif action == "give up":
            for check in chronicle.checks[-1:]:
                check.task.cancel()
        else:
            change(service, action, names, Provider(f"p{len(chronicle.changes)}", chronicle, seconds))
            if chronicle.changes[-1][1] != set(names):
                chronicle.changes.append((chronicle.tick(), frozenset(names)))
    await asyncio.gather(*(check.task for check in chronicle.checks), return_exceptions=True)
    await service.close()
    assert others() == set()
    return chronicle, recorder


def change(service: HealthService, action: str, names: list[str], provider: Provider) -> None:
    if action == "add":
        names.append(provider.name)
        service.add_provider(provider.name, provider)
    elif len(names) > 1:
        service.remove_provider(names.pop())


# -- what has to hold --------------------------------------------------------------------------------------------------


def numbers(check: Check) -> dict[str, int]:
    return {one.module: int(one.message) for one in check.answer.reports}


def calls_of(check: Check, chronicle: Chronicle) -> list[Call]:
    return [chronicle.calls[name][number - 1] for name, number in numbers(check).items()]


def claim_explained(check: Check, chronicle: Chronicle, ttl: float) -> None:
    """The answer has who was there during the whole of its evaluation, and is young enough."""
    calls = calls_of(check, chronicle)
    began, (ended, ended_at) = min(call.began for call in calls), chronicle.evaluated[numbers(check)["base"]]
    assert all(0 < call.ended < ended for call in calls) and ended < check.returned
    before = [names for tick, names in chronicle.changes if tick < began]
    meanwhile = [names for tick, names in chronicle.changes if began < tick < max(ended, check.called)]
    assert before[-1] == numbers(check).keys() and meanwhile == []
    if check.forced:
        assert check.called < began
    else:
        assert ended > check.called or ended_at + ttl > check.called_at


def claim_no_way_back(checks: list[Check]) -> None:
    """Whoever calls after an answer was given gets none of an older evaluation."""
    for one, other in itertools.permutations(checks, 2):
        if one.returned < other.called:
            assert numbers(one)["base"] <= numbers(other)["base"]


def claim_told(recorder: Recorder) -> None:
    """Each change is told once, after the evaluation that found it."""
    told = [data for kind, data in recorder.events if kind == "health.evaluated"]
    expected, last = [], ("unknown", "unknown")
    for one in told:
        found = (one["health"], one["readiness"])
        expected += ["health.evaluated"] + ["health.status.changed"] * (found != last)
        last = found
    assert recorder.kinds() == expected


@given(
    st.lists(st.tuples(DELAYS, ACTIONS), min_size=2, max_size=25),
    DURATIONS,
    st.sampled_from([TTL_SECONDS, 0.0]),
    st.sampled_from(POLICIES),
    st.integers(0, 9999),
)
@settings(max_examples=300, deadline=None)
def test_every_answer_is_one_that_some_moment_explains(
    actions: list[tuple[float, str]], seconds: list[float], ttl: float, kind: Any, seed: int
) -> None:
    """Under any schedule answers are whole, young, never older than one given before; whoever does not give up gets one."""
    chronicle, recorder = run(lambda: played(actions, seconds, ttl), kind(seed))

    answered = [check for check in chronicle.checks if check.answer is not None]
    assert all(check.task.cancelled() for check in chronicle.checks if check.answer is None)
    for check in answered:
        claim_explained(check, chronicle, ttl)
    claim_no_way_back(answered)
    claim_told(recorder)


@pytest.mark.parametrize(
    "policy", [Policy(), RandomWalk(1), POS(2), PCT(3, 3, 5000)], ids=lambda one: type(one).__name__
)
def test_five_thousand_checks(policy: Policy) -> None:
    """A burst of 5,000 checks, while providers come and go, is answered throughout and with few evaluations."""
    delays = itertools.cycle([0.0] * 40 + [0.05])
    actions = itertools.cycle(["check"] * 60 + ["force"] + ["check"] * 60 + ["add"] + ["check"] * 60 + ["remove"])
    burst = list(zip(itertools.islice(delays, 5000), actions, strict=False))

    chronicle, _ = run(lambda: played(burst, [0.02, 0.0, 0.1], TTL_SECONDS), policy)

    assert all(check.answer is not None for check in chronicle.checks)
    for check in chronicle.checks:
        claim_explained(check, chronicle, TTL_SECONDS)
    assert len(chronicle.calls["base"]) < len(chronicle.checks) / 20
