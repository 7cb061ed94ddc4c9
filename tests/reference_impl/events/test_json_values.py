"""Anything becomes JSON: a copy, and no more of foreign objects than their type."""

import json
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from reference_impl.events.json_values import MAX_ITEMS, json_object

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


class Colour(Enum):
    RED = "red"


class Secret:
    def __repr__(self) -> str:
        return "s3cret"


@given(st.dictionaries(st.text(), JSON))
def test_what_is_json_already_is_copied(data: dict[str, Any]) -> None:
    """Values that JSON has come out as they are, also after a way through text."""
    assert json.loads(json.dumps(json_object(data))) == data


def test_other_values_are_written_as_json_has_them() -> None:
    """Times, durations, enums, sets and tuples have a form, names are texts, and foreign objects are their type."""
    data: Any = {
        "at": datetime(2030, 1, 1, tzinfo=UTC),
        "on": date(2030, 1, 1),
        "for": timedelta(minutes=1),
        "colour": Colour.RED,
        "pair": (1, {2}),
        "nan": float("nan"),
        7: Secret(),
    }
    assert json_object(data) == {
        "at": "2030-01-01T00:00:00+00:00",
        "on": "2030-01-01",
        "for": 60.0,
        "colour": "red",
        "pair": [1, [2]],
        "nan": "nan",
        "7": "<Secret>",
    }


def test_a_copy_shares_nothing() -> None:
    """What is altered afterwards is not altered in the copy."""
    data = {"names": ["a"]}
    copy = json_object(data)
    data["names"].append("b")
    assert copy == {"names": ["a"]}


@pytest.mark.parametrize("times", [1, 2])
def test_what_contains_itself_comes_to_an_end(times: int) -> None:
    """A list that contains itself, once or twice, is cut off before it fills the memory."""
    endless: list[object] = []
    endless.extend([endless] * times)
    assert json.dumps(json_object({"endless": endless})).count("[") <= 2 * MAX_ITEMS
