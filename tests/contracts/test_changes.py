"""A change to one setting: how it is made, undone and shown."""

import copy
import pickle
from dataclasses import FrozenInstanceError

import pytest

from pytest_policy_contracts.contracts import ChangeKind, ConfigChange

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("change", "kind", "old", "new"),
    [
        (ConfigChange.added("a", 1), ChangeKind.ADDED, None, 1),
        (ConfigChange.modified("a", 1, 2), ChangeKind.MODIFIED, 1, 2),
        (ConfigChange.removed("a", 2), ChangeKind.REMOVED, 2, None),
    ],
)
def test_constructor_fills_the_side_that_exists(
    change: ConfigChange, kind: ChangeKind, old: object, new: object
) -> None:
    """Each constructor sets its kind and leaves the side that does not exist empty."""
    assert (kind, old, new, False) == (change.kind, change.old, change.new, change.sensitive)


@pytest.mark.parametrize(
    "change",
    [
        ConfigChange.added("a", [1]),
        ConfigChange.modified("a.b", True, 1.0, sensitive=True),
        ConfigChange.removed("a", None),
    ],
)
def test_inverse_twice_is_the_change_itself(change: ConfigChange) -> None:
    """Undoing the undoing gives the change back, with types and sensitivity kept."""
    twice = change.inverse().inverse()

    assert change == twice
    assert type(change.old) is type(twice.old)
    assert change.inverse().sensitive is change.sensitive


def test_inverse_swaps_kind_and_sides() -> None:
    """Undoing an added setting removes it, and the other way round."""
    assert ConfigChange.removed("a", 5) == ConfigChange.added("a", 5).inverse()
    assert ConfigChange.added("a", 5) == ConfigChange.removed("a", 5).inverse()
    assert ConfigChange.modified("a", 2, 1) == ConfigChange.modified("a", 1, 2).inverse()


def test_kind_given_as_text_becomes_the_enum() -> None:
    """A kind written as a plain string is the same change."""
    assert ConfigChange.modified("a", 1, 2) == ConfigChange("a", "modified", 1, 2)  # type: ignore[arg-type]
    assert ConfigChange("a", "added", None, 2).kind is ChangeKind.ADDED  # type: ignore[arg-type]


def test_repr_of_sensitive_change_hides_both_values() -> None:
    """The values of a sensitive change are in no repr, also when it sits in a container."""
    change = ConfigChange.modified("db.password", SECRET, SECRET + "x", sensitive=True)

    assert SECRET not in f"{change} {change!r} {[change]} { {'k': change} }"
    assert "db.password" in repr(change)


def test_repr_of_plain_change_shows_its_values() -> None:
    """The values of a plain change are in its repr."""
    assert "ConfigChange('a', 'modified', old=1, new='x')" == repr(ConfigChange.modified("a", 1, "x"))


def test_redacted_marks_only_the_values_that_exist() -> None:
    """Redaction keeps the shape of the change: an added setting still has no old value."""
    redacted = ConfigChange.added("k", SECRET, sensitive=True).redacted()

    assert redacted.old is None
    assert SECRET != redacted.new


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("", "added", None, 1), "Name the setting"),
        ((None, "added", None, 1), "Name the setting"),
        (("a", "changed", 1, 2), "added, modified, removed"),
        (("a", "added", SECRET, 2), "is added but has an old value"),
        (("a", "removed", 1, SECRET), "is removed but has a new value"),
    ],
)
def test_malformed_change_is_refused_without_quoting_values(arguments: tuple[object, ...], says: str) -> None:
    """A change that contradicts itself is refused, with the remedy and without the values."""
    with pytest.raises(ValueError, match=says) as caught:
        ConfigChange(*arguments)  # type: ignore[arg-type]

    assert SECRET not in str(caught.value)


def test_change_is_a_frozen_value() -> None:
    """A change cannot be altered, and survives copying and pickling."""
    change = ConfigChange.modified("a", {"x": [1]}, 2, sensitive=True)

    with pytest.raises(FrozenInstanceError):
        change.path = "b"  # type: ignore[misc]
    assert change == copy.deepcopy(change) == pickle.loads(pickle.dumps(change))
    assert copy.deepcopy(change).old is not change.old
