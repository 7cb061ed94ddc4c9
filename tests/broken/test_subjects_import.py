"""The broken subjects stand on their own feet: they are created, look alike and mostly reload.

Whether each breaks what it claims, and nothing else, is for the kill matrix; this says only that
the claims are complete and that no subject fails for a reason other than its mistake.
"""

import asyncio
import inspect
from collections import Counter
from typing import Any

import pytest

from pytest_policy_contracts import (
    AggregatorConfig,
    GuardConfig,
    GuardMode,
    HealthAggregatorHarness,
    OrchestratorConfig,
    ReloadOrchestratorHarness,
    TenantGuardHarness,
)
from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.harness import Harness, capabilities
from pytest_policy_contracts.harness.loading import check_harness
from tests.broken.reloadable import BROKEN, Broken
from tests.kill_judging import SUBJECTS
from tests.kill_matrix import needed_alone

ALL_CLAUSES = [(contract, clause.id) for contract in SUBJECTS for clause in load_contract(contract).clauses]
ALL_BROKEN = [(contract, entry) for contract, subjects in SUBJECTS.items() for entry in subjects.broken]
BOTH_KINDS = {
    *("RLD-002", "RLD-003", "RLD-004"),
    *(f"RLD-{number:03}" for number in (*range(8, 16), *range(18, 21))),
}
NEVER_END = {"RLD-008"}
EVERYTHING = ("alternative_changes", "changes", "invalid_changes", "secrets", "snapshot")


def name_of(value: Any) -> str:
    return value if isinstance(value, str) else value.harness.__name__


async def settled(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


async def reloaded(entry: Broken) -> tuple[object, object]:
    """The state before and after one reload of the harness's own changes."""
    harness = entry.harness()
    subject = await settled(harness.create())
    before = await settled(harness.snapshot(subject))
    if inspect.iscoroutinefunction(subject.reload) or returns_coroutine(subject):
        await subject.reload(harness.changes())
    else:
        await asyncio.to_thread(subject.reload, harness.changes())
    after = await settled(harness.snapshot(subject))
    if "dispose" in vars(entry.harness):
        await settled(harness.dispose(subject))
    return before, after


def returns_coroutine(subject: Any) -> bool:
    return "Coroutine" in str(inspect.get_annotations(type(subject).reload).get("return"))


# -- of every contract ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("contract", "clause"), ALL_CLAUSES)
def test_every_clause_has_subjects_that_break_it_alone(contract: str, clause: str) -> None:
    """Each clause has at least two subjects, the hard ones three, that name nothing but it."""
    alone = sum(entry.clauses == (clause,) for entry in SUBJECTS[contract].broken)
    assert alone >= needed_alone(clause)


@pytest.mark.parametrize("contract", SUBJECTS)
def test_no_harness_is_listed_twice(contract: str) -> None:
    """A harness is one entry, because the kill matrix is keyed by contract and name."""
    subjects = SUBJECTS[contract]
    names = Counter(one.__name__ for one in (*(entry.harness for entry in subjects.broken), *subjects.conforming))
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("contract", SUBJECTS)
def test_only_clauses_of_the_contract_are_hard(contract: str) -> None:
    """What needs more subjects is a clause of that contract, and not every clause is."""
    assert SUBJECTS[contract].hard < {clause.id for clause in load_contract(contract).clauses}


@pytest.mark.parametrize(("contract", "entry"), ALL_BROKEN, ids=name_of)
def test_an_entry_is_complete(contract: str, entry: Broken) -> None:
    """An entry names a whole harness of its contract, known clauses and a lower-case reason."""
    check_harness(entry.harness)
    assert entry.harness.contract == contract
    assert set(entry.clauses) <= {clause.id for clause in load_contract(contract).clauses}
    assert entry.clauses
    assert entry.because == entry.because.lower() != ""


@pytest.mark.parametrize(("contract", "entry"), ALL_BROKEN, ids=name_of)
def test_a_subject_says_what_is_wrong_with_it(contract: str, entry: Broken) -> None:
    """The class of the subject, or of its harness where the mistake is in how it is made, says it in a docstring."""

    async def kind() -> type:
        harness: Any = entry.harness()
        subject = await settled(harness.create(*arguments_of(entry.harness)))
        if "dispose" in capabilities(harness):
            await settled(harness.dispose(subject))
        return type(subject)

    assert asyncio.run(kind()).__doc__ or entry.harness.__doc__


def arguments_of(harness: type[Harness]) -> tuple[object, ...]:
    """What the contract hands to `create`."""
    if issubclass(harness, HealthAggregatorHarness):
        return AggregatorConfig(), lambda event: None
    if issubclass(harness, ReloadOrchestratorHarness):
        return OrchestratorConfig(), lambda event: None
    if not issubclass(harness, TenantGuardHarness):
        return ()
    return GuardConfig(GuardMode.STRICT, {}, 10), lambda event: None


# -- of Reloadable -------------------------------------------------------------------------------------


@pytest.mark.parametrize("clause", sorted(BOTH_KINDS))
def test_a_clause_for_both_kinds_has_both_kinds(clause: str) -> None:
    """Where a clause concerns synchronous and asynchronous modules, there are subjects of both."""

    async def kinds() -> set[bool]:
        found = set()
        for entry in BROKEN:
            if clause in entry.clauses:
                harness = entry.harness()
                subject = await settled(harness.create())
                found.add(inspect.iscoroutinefunction(subject.reload) or returns_coroutine(subject))
                if "dispose" in vars(entry.harness):
                    await settled(harness.dispose(subject))
        return found

    assert asyncio.run(kinds()) == {True, False}


@pytest.mark.parametrize("entry", BROKEN, ids=name_of)
def test_a_harness_makes_fresh_subjects_with_every_capability(entry: Broken) -> None:
    """Two subjects of a harness are two objects in the same state, and every clause is testable."""

    async def pair() -> tuple[object, object, object, object]:
        harness = entry.harness()
        one, two = await settled(harness.create()), await settled(harness.create())
        states = await settled(harness.snapshot(one)), await settled(harness.snapshot(two))
        if "dispose" in vars(entry.harness):
            await settled(harness.dispose(one))
            await settled(harness.dispose(two))
        return one, two, *states

    one, two, first, second = asyncio.run(pair())
    assert one is not two
    assert first == second and first is not second
    for capability in EVERYTHING:
        assert getattr(entry.harness(), capability) is not None
    assert entry.harness().changes() == entry.harness().changes() != []


def test_every_subject_that_ends_reloads_its_changes_once() -> None:
    """Apart from those that never end, each subject takes its changes and shows another state."""
    entries = [entry for entry in BROKEN if not NEVER_END & set(entry.clauses)]

    async def all_of_them() -> list[tuple[object, object]]:
        return await asyncio.gather(*map(reloaded, entries))

    for entry, (before, after) in zip(entries, asyncio.run(all_of_them()), strict=True):
        assert before != after, name_of(entry)
