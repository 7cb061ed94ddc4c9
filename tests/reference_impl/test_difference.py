"""The difference of two settings, and whom it concerns."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_policy_contracts import ConfigChange
from reference_impl.model import concerning, difference, merged, paths

VALUES = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0]) | st.lists(st.integers(0, 1))
SETTINGS = st.dictionaries(st.sampled_from(["a", "a.b", "ab", "b", "b.c.d"]), VALUES)


def applied(settings: dict[str, Any], changes: list[ConfigChange]) -> dict[str, Any]:
    new = dict(settings)
    for change in changes:
        if change.kind == "removed":
            del new[change.path]
        else:
            new[change.path] = change.new
    return new


@given(SETTINGS, SETTINGS)
def test_the_difference_leads_from_old_to_new_and_back(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Applying a difference gives the new settings, and its inverse the old ones, types included."""
    diff = difference(old, new)

    there = applied(old, list(diff.changes))
    back = applied(there, list(diff.inverse().changes))
    assert sorted(map(repr, there.items())) == sorted(map(repr, new.items()))
    assert sorted(map(repr, back.items())) == sorted(map(repr, old.items()))


@given(SETTINGS)
def test_settings_do_not_differ_from_themselves(settings: dict[str, Any]) -> None:
    """Equal settings have no difference."""
    assert not difference(settings, dict(settings)).has_changes


@pytest.mark.parametrize(("old", "new"), [(1, True), (1, 1.0), ({"x": 1}, {"x": 1.0}), ([0], [False]), ((1,), [1])])
def test_values_of_another_type_differ(old: object, new: object) -> None:
    """A value that is equal but of another type is a change, nested ones included."""
    assert difference({"a": old}, {"a": new}).changes == (ConfigChange.modified("a", old, new),)


def test_changes_concern_whoever_stands_at_or_above_them() -> None:
    """A prefix takes its own path and what is below, not what only begins with the same letters, and each change once."""
    diff = difference({}, {"cache": 0, "cache.ttl": 1, "cached.ttl": 2, "pool.a.b": 3}, sensitive=["pool.a.b"])

    found = concerning(
        diff, {"cache": ["one", "two"], "pool": ["two"], "cache.ttl": ["two"], "": ["all"], "other": ["none"]}
    )
    assert {name: [change.path for change in changes] for name, changes in found.items()} == {
        "one": ["cache", "cache.ttl"],
        "two": ["cache", "cache.ttl", "pool.a.b"],
        "all": ["cache", "cache.ttl", "cached.ttl", "pool.a.b"],
    }
    assert [change.sensitive for change in diff.changes] == [False, False, False, True]


@given(SETTINGS, SETTINGS, SETTINGS)
def test_a_merged_difference_does_what_both_do(
    old: dict[str, Any], middle: dict[str, Any], new: dict[str, Any]
) -> None:
    """One diff made of two leads from the first settings to the last ones, whatever stood between."""
    diff = merged(difference(old, middle), difference(middle, new))

    assert sorted(map(repr, applied(old, list(diff.changes)).items())) == sorted(map(repr, new.items()))
    assert paths(diff) == paths(difference(old, new))
