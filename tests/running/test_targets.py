"""The harnesses of a run."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_policy_contracts import ReloadableHarness
from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.harness import Harness, HarnessError
from pytest_policy_contracts.running import target_of, targets_from
from tests.samples.caches import Bare, Conforming

_HARNESS = """
from pytest_policy_contracts import ReloadableHarness

class Cache(ReloadableHarness):
    def create(self): ...
    def changes(self): ...
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import from, that is forgotten afterwards."""
    known = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


class Counting(Conforming):
    """Counts on what is kept in the instance."""

    def __init__(self, start: int) -> None:
        self.number = start


def test_a_class_gives_a_fresh_harness_each_time() -> None:
    """Two runs do not share a harness."""
    target = target_of(Conforming)

    assert (target.name, target.contract) == ("Conforming", "Reloadable")
    assert type(target.make()) is Conforming
    assert target.make() is not target.make()


def test_an_instance_is_copied_for_each_run() -> None:
    """What a run keeps in the harness does not reach the next, nor the caller's instance."""
    mine = Counting(5)
    target = target_of(mine)
    target.make().number += 1  # type: ignore[attr-defined]

    assert target.make().number == 5  # type: ignore[attr-defined]
    assert mine.number == 5


@pytest.mark.parametrize("wrong", [None, 7, "module:Name", object, dict, int])
def test_anything_else_is_refused(wrong: object) -> None:
    """What is no harness is refused, with what to give."""
    with pytest.raises(UsageError, match="Give a class derived from ReloadableHarness"):
        target_of(wrong)


@pytest.mark.parametrize("unfinished", [Harness, ReloadableHarness])
def test_an_unfinished_harness_is_refused(unfinished: type) -> None:
    """A base class of the suite cannot be run; the message says what to write."""
    with pytest.raises(HarnessError, match=r"Write|Derive"):
        target_of(unfinished)


def test_a_class_that_takes_arguments_is_refused() -> None:
    """A harness that cannot be made is refused before anything runs."""
    with pytest.raises(HarnessError, match="Counting cannot be made: TypeError"):
        target_of(Counting)


def test_each_class_counts_once(folder: Path) -> None:
    """A class named twice, and once more by its module, is one target with a place that names it."""
    (folder / "mine_once.py").write_text(_HARNESS)
    texts = ["mine_once:Cache", "mine_once.py", "mine_once.py::Cache"]

    (target,) = targets_from(texts, folder)

    assert (target.name, target.place) == ("Cache", "mine_once:Cache")


def test_a_place_names_just_the_harness(folder: Path) -> None:
    """A place can be given back as a target, also for a file without a name."""
    (folder / "two.py").write_text(_HARNESS + "\nclass Other(Cache): ...\n")

    places = [one.place for one in targets_from(["two.py"], folder)]

    assert places == ["two.py:Cache", "two.py:Other"]
    assert [targets_from([one], folder)[0].place for one in places] == places


def test_classes_of_one_name_are_told_apart(folder: Path) -> None:
    """Reports are keyed by name, so two classes of one name carry their module."""
    for name in ("first_of_two", "second_of_two"):
        (folder / f"{name}.py").write_text(_HARNESS)

    found = targets_from(["first_of_two", "second_of_two"], folder)

    assert [one.name for one in found] == ["first_of_two.Cache", "second_of_two.Cache"]


def test_other_names_stay_short() -> None:
    """Only names that clash are made longer."""
    assert target_of(Bare).name == "Bare"
