"""A contract of two or three clauses made on the spot, to look at the engine without the shipped ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_policy_contracts.clauses import Clause, Contract, Level, Scenario, Step
from pytest_policy_contracts.harness import Harness, KnownDeviation
from pytest_policy_contracts.harness.capabilities import capability
from pytest_policy_contracts.steps.vocabulary import StepVocabulary
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Session, Settings
from pytest_policy_contracts.verification.world import World

FILE = Path("little.feature")


class Counter:
    """The subject: counts, with a wait between reading and writing where `careful` is not set."""

    careful = True

    def __init__(self) -> None:
        self.value = 0

    async def add(self) -> None:
        if self.careful:
            self.value += 1
            await asyncio.sleep(0.01)
        else:
            read = self.value
            await asyncio.sleep(0.01)
            self.value = read + 1


class CarelessCounter(Counter):
    careful = False


class LittleHarness(Harness):
    """The harness of the little contract."""

    contract = "Little"

    def create(self) -> Any:
        return Counter()

    @capability
    def secrets(self) -> Any:
        raise NotImplementedError

    @capability
    def dispose(self, subject: Any) -> Any:
        raise NotImplementedError

    @capability
    def reading(self, subject: Any) -> Any:
        raise NotImplementedError


def vocabulary(**steps: Callable[..., Any]) -> StepVocabulary:
    """Return steps named after their functions: `some_step` stands for "some step", whatever the keyword."""
    words = StepVocabulary()
    for name, function in {**STEPS, **steps}.items():
        for keyword in ("Given", "When", "Then"):
            words.add(keyword, name.replace("_", " "), function)
    words.probe_style("Little", _is_async)
    return words


async def _is_async(world: World, may_call: bool) -> bool:
    await world.create()
    return True


async def a_counter(world: World) -> None:
    world.subject = await world.create()


async def two_add(world: World) -> None:
    world.seen.attempts = await world.together([(world.subject.add, ())] * 2, limit=60)
    world.witness("two callers added", True)


async def it_counted_to_two(world: World) -> None:
    assert world.subject.value == 2, f"it counted to {world.subject.value}"


async def it_is_witnessed(world: World) -> None:
    world.witness("it was there", True)


async def it_is_asked_for_its_reading(world: World) -> None:
    world.witness("it was read", True)
    world.seen.reading = await world.ask("reading", world.subject)


STEPS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (a_counter, two_add, it_counted_to_two, it_is_witnessed, it_is_asked_for_its_reading)
}


def scenario(*texts: str, clause: str = "LIT-001", number: int = 1, **marks: Any) -> Scenario:
    """Return a scenario of these steps; the last one is its claim."""
    *before, claim = texts
    steps = [Step("When", "When", text, 1) for text in before] + [Step("Then", "Then", claim, 2)]
    return Scenario(clause, number, f"scenario {number}", tuple(steps), FILE, 1, **marks)


def clause(*scenarios: Scenario, after: tuple[str, ...] = (), needs: tuple[str, ...] = ()) -> Clause:
    """Return the clause of these scenarios."""
    return Clause(
        scenarios[0].clause_id, Level.MUST, "Little", "It counts", scenarios, FILE, 1, after=after, needs=needs
    )


def session(
    *clauses: Clause,
    harness: type[Harness] = LittleHarness,
    words: StepVocabulary | None = None,
    deviations: dict[str, KnownDeviation] | None = None,
    schedules: int = 60,
    seed: int = 0,
    **settings: Any,
) -> Session:
    """Return the session that judges `harness` by these clauses, without a guard unless one is asked for."""
    settings.setdefault("timeout_factor", 0.0)
    return Session(
        "Little",
        harness,
        Contract("Little", "1.0", clauses),
        words or vocabulary(),
        Settings(Effort(schedules, seed), **settings),
        deviations,
    )


def judged(*texts: str, **options: Any) -> Any:
    """Return the verdict on a clause with one scenario of these steps."""
    marks = {
        name: options.pop(name) for name in ("every_interleaving", "every_place", "needs", "without") if name in options
    }
    steps = options.pop("steps", {})
    return session(clause(scenario(*texts, **marks)), words=vocabulary(**steps), **options).verdict("LIT-001")
