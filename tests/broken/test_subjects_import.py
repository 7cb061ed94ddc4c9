"""The broken subjects stand on their own feet: they are created, look alike and mostly reload.

Whether each breaks what it claims, and nothing else, is for the kill matrix; this says only that
the claims are complete and that no subject fails for a reason other than its mistake.
"""

import asyncio
import inspect
from collections import Counter
from typing import Any

import pytest

from tests.broken.reloadable import BROKEN, Broken

CLAUSES = [f"RLD-{number:03}" for number in range(1, 21)]
THREE_NEEDED = {"RLD-004", "RLD-006", "RLD-007", "RLD-010", "RLD-013", "RLD-014", "RLD-016"}
BOTH_KINDS = {
    *("RLD-002", "RLD-003", "RLD-004"),
    *(f"RLD-{number:03}" for number in (*range(8, 16), *range(18, 21))),
}
NEVER_END = {"RLD-008"}
EVERYTHING = ("alternative_changes", "changes", "invalid_changes", "secrets", "snapshot")


def name_of(entry: Broken) -> str:
    return entry.harness.__name__


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


@pytest.mark.parametrize("clause", CLAUSES)
def test_every_clause_has_subjects_that_break_it_alone(clause: str) -> None:
    """Each clause has at least two subjects, the hard ones three, that name nothing but it."""
    alone = sum(entry.clauses == (clause,) for entry in BROKEN)
    assert alone >= (3 if clause in THREE_NEEDED else 2)


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


def test_no_harness_is_listed_twice() -> None:
    """A harness is one entry, because the kill matrix is keyed by it."""
    assert [name for name, times in Counter(map(name_of, BROKEN)).items() if times > 1] == []


@pytest.mark.parametrize("entry", BROKEN, ids=name_of)
def test_an_entry_is_complete(entry: Broken) -> None:
    """An entry names known clauses and a lower-case reason, and says in one line what is wrong."""
    assert set(entry.clauses) <= set(CLAUSES)
    assert entry.because == entry.because.lower() != ""


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
