"""The rows of a scenario outline, each put into the outline's text.

Rules: `<column>` is replaced in names, step texts, docstrings and tables; a `<word>` that is no
column stays as it is, as in pytest-bdd, which runs the same file. Rows keep the order of the file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pytest_policy_contracts.clauses.clause import Step
from pytest_policy_contracts.clauses.problems import Place
from pytest_policy_contracts.clauses.tags import Tag

_PLACEHOLDER = re.compile(r"<([^<>]+)>")
_OUTLINES = ("Scenario Outline", "Scenario Template")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the examples; a plain scenario has a single row without columns."""

    values: tuple[tuple[str, str], ...]
    tags: tuple[Tag, ...]
    line: int


def rows(scenario: dict[str, Any], place: Place) -> tuple[Row, ...]:
    """Answer the rows of a scenario; an outline without any raises `ClauseError`."""
    if not scenario["examples"] and scenario["keyword"] not in _OUTLINES:
        return (Row((), (), scenario["location"]["line"]),)
    found = tuple(_example_rows(scenario, place))
    if not found:
        raise place.error("an outline without a row", scenario["name"], "Add rows under Examples, or drop it.")
    return found


def rendered_name(template: str, row: Row) -> str:
    """Name the row's scenario; a template without a placeholder gets the values behind it."""
    name = rendered(template, row)
    if name != template or not row.values:
        return name
    return f"{template} [{', '.join(value for _, value in row.values)}]"


def rendered_step(step: Step, row: Row) -> Step:
    """Put the row's values into every text of the step."""
    if not row.values:
        return step
    table = step.datatable
    return replace(
        step,
        text=rendered(step.text, row),
        docstring=None if step.docstring is None else rendered(step.docstring, row),
        datatable=table and tuple(tuple(rendered(cell, row) for cell in line) for line in table),
    )


def rendered(text: str, row: Row) -> str:
    """Put the row's values into the text."""
    values = dict(row.values)
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def read_tags(raw: dict[str, Any], place: Place) -> tuple[Tag, ...]:
    """Answer the tags of anything the gherkin library gives, without their `@`."""
    return tuple(Tag(tag["name"].removeprefix("@"), place.at(tag["location"]["line"])) for tag in raw["tags"])


def _example_rows(scenario: dict[str, Any], place: Place) -> Iterator[Row]:
    for examples in scenario["examples"]:
        tags = read_tags(examples, place)
        columns = _cells(examples.get("tableHeader") or {"cells": []})
        for line in examples.get("tableBody") or []:
            values = tuple(zip(columns, _cells(line), strict=True))
            yield Row(values, tags, line["location"]["line"])


def _cells(line: dict[str, Any]) -> list[str]:
    return [cell["value"] for cell in line["cells"]]
