"""The conforming subjects do what their contract's callers count on before anybody asks for the fine points."""

import asyncio
import inspect
from collections import deque
from typing import Any

import pytest

from pytest_policy_contracts import (
    AggregatorConfig,
    GuardConfig,
    GuardMode,
    HealthAggregatorHarness,
    OrchestratorConfig,
    ReloadableHarness,
    ReloadOrchestratorHarness,
    TenantGuardHarness,
)
from pytest_policy_contracts.harness import Harness, capabilities
from pytest_policy_contracts.harness.loading import check_harness
from tests.conforming.reloadable import CONFORMING
from tests.conforming.reloadable.values import Refused
from tests.kill_judging import SUBJECTS

ALL_CONFORMING = [(contract, one) for contract, subjects in SUBJECTS.items() for one in subjects.conforming]
MUTABLE = (list, dict, set, bytearray, deque)

BACKS_OFF_FOR_30_SECONDS = {"SessionPoolContract"}


def name_of(value: Any) -> str:
    return value if isinstance(value, str) else value.__name__


async def settled(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


async def round_trip(harness_class: type[ReloadableHarness]) -> list[object]:
    """The states of a fresh subject, after its changes, after refused ones, and after the inverse."""
    harness = harness_class()
    subject = await settled(harness.create())
    states = [await settled(harness.snapshot(subject))]
    for changes in (
        harness.changes(),
        harness.invalid_changes(),
        harness.inverse(list(await settled(harness.changes()))),
    ):
        await tolerant(subject, changes)
        states.append(await settled(harness.snapshot(subject)))
    if "dispose" in vars(harness_class):
        await settled(harness.dispose(subject))
    return states


async def tolerant(subject: Any, changes: object) -> None:
    try:
        if inspect.iscoroutinefunction(subject.reload):
            await subject.reload(changes)
        else:
            await asyncio.to_thread(subject.reload, changes)
    except Refused:
        return


# -- of every contract ---------------------------------------------------------------------------------


def arguments_of(harness: type[Harness]) -> tuple[object, ...]:
    """What the contract hands to `create`, anew each time."""
    if issubclass(harness, HealthAggregatorHarness):
        return AggregatorConfig(), lambda event: None
    if issubclass(harness, ReloadOrchestratorHarness):
        return OrchestratorConfig(), lambda event: None
    if not issubclass(harness, TenantGuardHarness):
        return ()
    return GuardConfig(GuardMode.STRICT, {"acme": {"umbrella"}}, 10), lambda event: None


async def two_of(harness_class: type[Harness]) -> tuple[object, object]:
    """Two subjects of one harness, disposed of as it says."""
    harness: Any = harness_class()
    subjects = [await settled(harness.create(*arguments_of(harness_class))) for _ in range(2)]
    if "dispose" in capabilities(harness):
        for subject in subjects:
            await settled(harness.dispose(subject))
    return subjects[0], subjects[1]


@pytest.mark.parametrize("contract", SUBJECTS)
def test_there_are_subjects_of_many_shapes(contract: str) -> None:
    """At least eight conforming subjects, so that no single technique passes for the promise."""
    conforming = SUBJECTS[contract].conforming
    assert len(conforming) == len(set(map(name_of, conforming))) >= 8


@pytest.mark.parametrize(("contract", "harness_class"), ALL_CONFORMING, ids=name_of)
def test_a_harness_is_whole_and_says_what_it_is(contract: str, harness_class: type[Harness]) -> None:
    """Each harness can be run for its contract, and the subject that it makes says how it conforms."""
    check_harness(harness_class)
    assert harness_class.contract == contract
    assert type(asyncio.run(two_of(harness_class))[0]).__doc__ or harness_class.__doc__


@pytest.mark.parametrize(("contract", "harness_class"), ALL_CONFORMING, ids=name_of)
def test_a_harness_makes_fresh_subjects(contract: str, harness_class: type[Harness]) -> None:
    """Two subjects of a harness are two objects of one kind that share nothing in which one could leave a trace."""
    one, two = asyncio.run(two_of(harness_class))

    assert one is not two and type(one) is type(two)
    others = getattr(two, "__dict__", {})
    shared = [name for name, value in getattr(one, "__dict__", {}).items() if value is others.get(name)]
    assert [name for name in shared if isinstance(getattr(one, name), MUTABLE)] == []


# -- of Reloadable -------------------------------------------------------------------------------------


@pytest.mark.parametrize("harness_class", CONFORMING, ids=name_of)
def test_a_harness_makes_fresh_subjects_in_the_same_state(
    harness_class: type[ReloadableHarness],
) -> None:
    """Two subjects of a harness are two objects that look the same."""

    async def pair() -> tuple[object, object, object, object]:
        harness = harness_class()
        one, two = await settled(harness.create()), await settled(harness.create())
        states = await settled(harness.snapshot(one)), await settled(harness.snapshot(two))
        if "dispose" in vars(harness_class):
            await settled(harness.dispose(one))
            await settled(harness.dispose(two))
        return one, two, *states

    one, two, first, second = asyncio.run(pair())
    assert one is not two
    assert first == second and first is not second


def test_every_module_reloads_refuses_and_goes_back() -> None:
    """Changes show, refused ones do not, and the inverse restores the first state."""
    classes = [one for one in CONFORMING if name_of(one) not in BACKS_OFF_FOR_30_SECONDS]

    async def all_of_them() -> list[list[object]]:
        return await asyncio.gather(*map(round_trip, classes))

    for one, states in zip(classes, asyncio.run(all_of_them()), strict=True):
        fresh, changed, refused, restored = states
        assert fresh != changed, name_of(one)
        assert refused == changed, name_of(one)
        assert restored == fresh, name_of(one)
