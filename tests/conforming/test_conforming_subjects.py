"""The conforming subjects do what a module has to do before anybody asks for the fine points."""

import asyncio
import inspect
from typing import Any

import pytest

from pytest_policy_contracts import ReloadableHarness
from tests.conforming.reloadable import CONFORMING
from tests.conforming.reloadable.values import Refused

BACKS_OFF_FOR_30_SECONDS = {"SessionPoolContract"}


def name_of(harness: type[ReloadableHarness]) -> str:
    return harness.__name__


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


def test_there_are_modules_of_many_shapes() -> None:
    """At least eight conforming modules, so that no single technique passes for the promise."""
    assert len(CONFORMING) == len(set(map(name_of, CONFORMING))) >= 8


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
