"""Verdicts on aggregators: conforming ones, one mistake told once, and answers that do odd things when they are looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_policy_contracts import AggregatorConfig, HealthAggregatorHarness
from pytest_policy_contracts.contracts import Publish
from pytest_policy_contracts.verification.session import Session
from pytest_policy_contracts.verification.verdicts import Outcome
from tests.broken.health_aggregator.aggregators import Aggregator
from tests.verification.judging import not_fine, of, session_of_kind, verdicts, violated

EVERY_CLAUSE = {f"AGG-{number:03}" for number in range(1, 17)}


class AggregatorBase(HealthAggregatorHarness):
    kind: Callable[[AggregatorConfig, Publish], Any]

    def create(self, config: AggregatorConfig, publish: Publish) -> Any:
        return type(self).kind(config, publish)


def session_with(kind: Any, schedules: int = 0, **options: Any) -> Session:
    """The session that judges what `kind` makes of a configuration and a publisher."""
    return session_of_kind("Shop", AggregatorBase, kind, schedules, **options)


# -- conforming --------------------------------------------------------------------------------------------------------


def test_a_conforming_aggregator_is_left_in_peace() -> None:
    """Every clause passes, with a harness that has nothing but `create`."""
    found = verdicts(session_with(Aggregator, 20))

    assert not_fine(found) == {}
    assert of(Outcome.PASSED, found) == EVERY_CLAUSE


def test_without_schedules_each_clause_is_tried_once() -> None:
    """With schedules of 0 no clause is sampled, and what is cancelled is cancelled at each place all the same."""
    found = verdicts(session_with(Aggregator, 0))

    assert {one.outcome for one in found.values()} == {Outcome.PASSED}
    assert {one.reach.partition(" (")[0] for one in found.values()} == {"single run", "exhaustive"}


def test_child_and_worker_agree() -> None:
    """Every clause has one verdict, in a forked child as on a guarded thread."""
    in_child, on_thread = (verdicts(session_with(Aggregator, 2, isolation=one)) for one in ("auto", "thread"))
    assert in_child == on_thread


# -- answers that are none ---------------------------------------------------------------------------------------------


class Hostile:
    """Raises whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__"):
            return super().__getattribute__(name)
        raise RuntimeError(f"{name} cannot be read")


class Untold:
    """Has nothing to show for itself."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    __str__ = __repr__


class Odd(Aggregator):
    """Answers with something else than an answer."""

    answer: Any = None

    async def check(self, *, force_refresh: bool = False) -> Any:
        await super().check(force_refresh=force_refresh)
        return self.answer


@pytest.mark.parametrize("answer", [None, {}, Hostile(), Untold()], ids=lambda one: type(one).__name__)
def test_what_is_no_answer_breaks_one_promise(answer: Any) -> None:
    """Whatever comes in place of an answer is a violation of AGG-001, and a fault of nobody else."""
    found = verdicts(session_with(type("Odd", (Odd,), {"answer": answer, "__doc__": Odd.__doc__})))

    assert of(Outcome.BROKEN, found) == set()
    assert violated(found) == {"AGG-001"}


class OddParts(Aggregator):
    """Answers with one part of the answer that is something else."""

    field = "reports"
    part: Any = None

    def _copied(self, answer: Any) -> Any:
        part = list(self.part) if isinstance(self.part, list) else self.part
        return replace(super()._copied(answer), **{self.field: part})


@pytest.mark.parametrize("part", [None, [None], [Hostile()]], ids=lambda one: type(one).__name__)
def test_odd_reports_break_the_first_promise(part: Any) -> None:
    """Reports that cannot be read, or are none, violate AGG-001 and leave the rest to it."""
    found = verdicts(session_with(type("OddParts", (OddParts,), {"part": part, "__doc__": OddParts.__doc__})))

    assert of(Outcome.BROKEN, found) == set()
    assert violated(found) == {"AGG-001"}


@pytest.mark.parametrize("field", ["health", "readiness"])
@pytest.mark.parametrize("part", ["fine", Hostile()], ids=lambda one: type(one).__name__)
def test_an_odd_status_breaks_the_first_promise(field: str, part: Any) -> None:
    """Health that is none of the four words violates AGG-001 and leaves the rest to it."""
    kind = type("OddParts", (OddParts,), {"field": field, "part": part, "__doc__": OddParts.__doc__})
    found = verdicts(session_with(kind))

    assert of(Outcome.BROKEN, found) == set()
    assert violated(found) == {"AGG-001"}


class PublishesOddly(Aggregator):
    """Publishes something else than events."""

    event: Any = None

    def _emit(self, kind: str, data: Any) -> None:
        try:
            self._publish(self.event)
        except Exception:
            return


@pytest.mark.parametrize("event", [None, {"type": None}, Hostile()], ids=lambda one: type(one).__name__)
def test_what_is_no_event_is_none(event: Any) -> None:
    """Whatever is published in place of an event does not count as one: AGG-012 is violated, and nothing is broken."""
    kind = type("PublishesOddly", (PublishesOddly,), {"event": event, "__doc__": PublishesOddly.__doc__})
    found = verdicts(session_with(kind))

    assert of(Outcome.BROKEN, found) == set()
    assert violated(found) == {"AGG-012"}


# -- one mistake, told once --------------------------------------------------------------------------------------------


class Raising(Aggregator):
    """Answers nobody."""

    async def check(self, *, force_refresh: bool = False) -> Any:
        raise RuntimeError("the service is not ready")


class Hanging(Aggregator):
    """Never answers."""

    async def check(self, *, force_refresh: bool = False) -> Any:
        await asyncio.get_running_loop().create_future()


def test_an_aggregator_that_always_raises_breaks_one_promise() -> None:
    """Who answers nobody violates AGG-001; all that needs an answer is left to it."""
    found = verdicts(session_with(Raising))

    assert of(Outcome.BROKEN, found) == set()
    assert violated(found) == {"AGG-001"}


def test_an_aggregator_that_always_hangs_breaks_one_promise() -> None:
    """Who never ends violates AGG-005; all that needs an answer is left to it."""
    found = verdicts(session_with(Hanging))

    assert of(Outcome.BROKEN, found) == set()
    assert violated(found) == {"AGG-005"}


class AddsNobody(Aggregator):
    """Refuses every provider."""

    def add_provider(self, name: str, provider: Any, /, *, optional: bool = False) -> None:
        raise RuntimeError("the list of providers is closed")


def test_an_aggregator_that_takes_no_provider_breaks_one_promise() -> None:
    """Who refuses every provider violates AGG-001 and no other clause, and the harness is not blamed."""
    found = verdicts(session_with(AddsNobody))

    assert of(Outcome.BROKEN, found) == set()
    assert violated(found) == {"AGG-001"}


# -- not to blame ------------------------------------------------------------------------------------------------------


def test_what_lacks_a_method_is_the_harnesss_fault() -> None:
    """A subject without `check` is no aggregator: every clause is broken and says what is missing."""
    found = verdicts(session_with(lambda config, publish: object()))

    assert {one.outcome for one in found.values()} == {Outcome.BROKEN}
    assert all("without add_provider, remove_provider, check, close" in one.message for one in found.values())
