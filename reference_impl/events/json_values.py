"""Values as JSON has them, made of anything: copied on the way, and without a word from objects that are not ours."""

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum

MAX_DEPTH = 20
MAX_ITEMS = 10_000
"""Of all levels together; what is nested in itself would have no end."""


def json_object(data: Mapping[str, object]) -> dict[str, object]:
    """Return a deep copy of which every value can be written as JSON.

    Times are written as ISO 8601, durations as seconds, enums as their values, collections as arrays. Of anything else
    only the type is told, because its text may hold a secret.
    """
    return _Writer().mapping(data, MAX_DEPTH)


class _Writer:
    """Copies one value, and stops where it is too large."""

    def __init__(self) -> None:
        self._items_left = MAX_ITEMS

    def value(self, value: object, depth: int) -> object:
        self._items_left -= 1
        if depth < 0 or self._items_left < 0:
            return "<too large>"
        if isinstance(value, Mapping):
            return self.mapping(value, depth)
        if isinstance(value, (list, tuple, set, frozenset)):
            return self.array(value, depth)
        return _scalar(value)

    def mapping(self, mapping: Mapping[str, object], depth: int) -> dict[str, object]:
        return {_name(key): self.value(value, depth - 1) for key, value in mapping.items() if self._items_left > 0}

    def array(self, values: Iterable[object], depth: int) -> list[object]:
        return [self.value(value, depth - 1) for value in values if self._items_left > 0]


def _scalar(value: object) -> object:
    if isinstance(value, Enum):
        return _scalar(value.value)
    if value is None or type(value) in (str, bool, int):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else f"<{type(value).__name__}>"


def _name(key: object) -> str:
    scalar = _scalar(key)
    return scalar if type(scalar) is str else str(scalar)
