"""A set of changes: its identity, its parts and its inverse."""

import os
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest

from pytest_policy_contracts.contracts import REDACTED, ConfigChange, ConfigDiff
from pytest_policy_contracts.contracts.fingerprint import canonical

SECRET = "hunter2"

_SCRIPT = """
from pytest_policy_contracts.contracts import ConfigChange, ConfigDiff
new = {"k": object(), "j": print}
print(ConfigDiff.of([ConfigChange.modified("a", {"x", "y", "z"}, new)]).diff_id)
"""


@dataclass(frozen=True)
class Pool:
    size: int
    names: frozenset[str] = frozenset()


def diff_id(new: object, *, path: str = "a", sensitive: bool = False) -> str:
    return ConfigDiff((ConfigChange.added(path, new, sensitive=sensitive),)).diff_id


def test_empty_diff_has_no_changes() -> None:
    """A diff of nothing says so, and has an identity of its own."""
    assert not ConfigDiff().has_changes
    assert "no changes" == ConfigDiff().summary()
    assert ConfigDiff().diff_id != diff_id(1)


def test_diff_keeps_its_changes_when_the_list_it_was_made_of_is_altered() -> None:
    """A diff takes its own copy of the sequence handed in."""
    changes = [ConfigChange.added("a", 1)]
    diff = ConfigDiff(changes)  # type: ignore[arg-type]
    changes.clear()

    assert (ConfigChange.added("a", 1),) == diff.changes
    assert ConfigDiff.of(iter(diff.changes)) == diff


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"x": 1, "y": 2}, {"y": 2, "x": 1}),
        ({"b", "a"}, {"a", "b"}),
        (Pool(1, frozenset("ab")), Pool(1, frozenset("ba"))),
        (object(), object()),
        (lambda: 1, lambda: 1),
    ],
)
def test_equal_content_has_equal_id(one: object, other: object) -> None:
    """The id depends on content only: neither on the order of keys nor on addresses."""
    assert diff_id(one) == diff_id(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, 1),
        (1, 1.0),
        ("1", 1),
        ([1, 2], [2, 1]),
        ([1, 2], (1, 2)),
        (["a,b"], ["a", "b"]),
        ({"x": 1}, OrderedDict(x=1)),
        (Pool(1), Pool(2)),
        (timedelta(1), timedelta(2)),
        ("\ud800", "\ud801"),
        (None, "None"),
    ],
)
def test_different_content_has_different_id(one: object, other: object) -> None:
    """Values of another type, order or content give another id."""
    assert diff_id(one) != diff_id(other)


def test_id_is_the_same_in_every_process() -> None:
    """Hash randomisation and addresses do not reach the id."""
    ids = {
        subprocess.run(
            [sys.executable, "-c", _SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert 1 == len(ids)


def test_secret_cannot_be_found_by_hashing_guesses() -> None:
    """The id of a sensitive change is the same for every secret, and tells the path."""
    assert diff_id(SECRET, sensitive=True) == diff_id("guess", sensitive=True)
    assert diff_id(SECRET, sensitive=True) != diff_id(SECRET, path="b", sensitive=True)
    assert diff_id(SECRET, sensitive=True) != diff_id(SECRET)


def test_filter_by_prefix_keeps_whole_segments_in_order() -> None:
    """A prefix is a dotted path: it keeps the setting and what is below it, nothing beside it."""
    paths = ["cache.ttl", "cached", "cache", "db.cache", "cache.pool.size"]
    diff = ConfigDiff.of(ConfigChange.added(path, 1) for path in paths)

    kept = ["cache.ttl", "cache", "cache.pool.size"]
    assert kept == [change.path for change in diff.filter_by_prefix("cache").changes]
    assert kept == [change.path for change in diff.filter_by_prefix("cache.").changes]
    assert diff == diff.filter_by_prefix("")
    assert not diff.filter_by_prefix("cach").has_changes


def test_redacted_and_repr_hold_no_secret() -> None:
    """A diff shows no sensitive value, neither as it is nor redacted."""
    diff = ConfigDiff.of([ConfigChange.modified("k", SECRET, SECRET, sensitive=True), ConfigChange.added("a", 7)])

    assert SECRET not in f"{diff!r} {diff.summary()} {diff.diff_id}"
    assert [REDACTED, 7] == [change.new for change in diff.redacted().changes]
    assert SECRET == diff.changes[0].old


def test_summary_counts_by_kind() -> None:
    """The summary counts the changes of each kind that occurs, in one line."""
    diff = ConfigDiff.of([ConfigChange.added("a", 1), ConfigChange.removed("b", 1), ConfigChange.added("c", 1)])

    assert "3 changes: 2 added, 1 removed" == diff.summary()
    assert "1 change: 1 added" == ConfigDiff(diff.changes[:1]).summary()


def test_inverse_undoes_in_reverse_order() -> None:
    """The inverse of a diff takes the last change back first, and inverting twice is the diff."""
    diff = ConfigDiff.of([ConfigChange.added("a", 1), ConfigChange.modified("a", 1, 2)])

    expected = (ConfigChange.modified("a", 2, 1), ConfigChange.removed("a", 1))
    assert expected == diff.inverse().changes
    assert diff == diff.inverse().inverse()
    assert diff.diff_id == diff.inverse().inverse().diff_id


def test_canonical_text_names_the_type_of_an_own_mapping() -> None:
    """A mapping of an own type is read as a mapping and told apart from a dict."""

    class Frozen(Mapping[str, int]):
        def __getitem__(self, key: str) -> int:
            return {"x": 1}[key]

        def __iter__(self):  # type: ignore[no-untyped-def]
            return iter(["x"])

        def __len__(self) -> int:
            return 1

    assert canonical({"x": 1}).partition("[")[2] == canonical(Frozen()).partition("[")[2]
    assert canonical({"x": 1}) != canonical(Frozen())
