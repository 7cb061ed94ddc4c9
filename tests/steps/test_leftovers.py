"""Altering what was handed over: everything that can be changed, and nothing is upset by what cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, SimpleNamespace
from typing import Any, NoReturn

import pytest

from pytest_policy_contracts.steps.leftovers import MARK, alter, alter_value


@dataclass(frozen=True)
class Frozen:
    details: dict[str, Any] = field(default_factory=dict)


class ReadOnly(dict[str, Any]):
    """Refuses to be changed with an error of its own."""

    def _refuse(self, *arguments: object) -> NoReturn:
        raise LookupError("read only")

    __setitem__ = clear = pop = update = _refuse


class Endless(Mapping[str, Any]):
    """A mapping of an own kind, which contains itself."""

    def __init__(self, rows: list[int]) -> None:
        self.rows = rows

    def __getitem__(self, key: str) -> Any:
        return {"itself": self, "rows": self.rows}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(("itself", "rows"))

    def __len__(self) -> int:
        return 2


@pytest.mark.parametrize("wrap", [lambda rows: [rows], lambda rows: (rows,), lambda rows: {"rows": rows}, Endless,
    lambda rows: MappingProxyType({"rows": rows}), lambda rows: ReadOnly(rows=rows), lambda rows: {"deep": [({"a": rows},)]}])  # fmt: skip
def test_nested_values_are_altered(wrap: Any) -> None:
    """A list is changed wherever it is, in views and mappings that cannot be changed themselves, too."""
    rows = [1, 2]
    alter_value(wrap(rows))
    assert rows == [MARK]


def test_what_contains_itself_is_altered_once() -> None:
    """A circle ends, with everything in it changed."""
    inner: list[Any] = []
    outer = {"inner": inner}
    inner.append(outer)
    alter_value(outer)

    assert (outer, inner) == ({MARK: True}, [MARK])


def test_deep_values_are_altered() -> None:
    """What is nested deeper than the interpreter goes is altered to its end."""
    lowest: list[Any] = []
    deep = lowest
    for _ in range(10_000):
        deep = [deep]
    alter_value(deep)

    assert lowest == [MARK]


class Evasive:
    """Shows nothing, and takes nothing."""

    def __getattr__(self, name: str) -> NoReturn:
        raise OSError("nobody home")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise OSError("nobody home")


@pytest.mark.parametrize("make", [list, tuple])
def test_every_item_is_altered(make: Any) -> None:
    """Of items that refuse, whatever they raise, the nested values are changed, and the others are changed as well."""
    frozen, last = Frozen({"a": 1}), SimpleNamespace(details={"b": 2}, status="healthy")
    items: Sequence[Any] = make([frozen, Evasive(), last])
    alter(items, ("details", "status"))

    assert frozen.details == {MARK: True}
    assert (last.details, last.status) == (MARK, MARK)
    assert items == [MARK] or make is tuple
