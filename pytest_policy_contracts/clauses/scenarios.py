"""The scenarios of one rule, numbered and complete.

Rules: numbers start at 1 and follow the file, one for each row of an outline, so new scenarios are
written at the end of their rule; `@scenario-7` sets a number where that cannot be. A scenario
without a step of its own or without a claim (`Then`) is an error, because it would be green
whatever the subject does. `And` at the start of a block is an error, as it is for pytest-bdd.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_policy_contracts.clauses.clause import Scenario, Step
from pytest_policy_contracts.clauses.outlines import (
    Row,
    read_tags,
    rendered_name,
    rendered_step,
    rows,
)
from pytest_policy_contracts.clauses.problems import Place
from pytest_policy_contracts.clauses.tags import RuleTags, ScenarioTags, scenario_tags

_KEYWORDS = {"Context": "Given", "Action": "When", "Outcome": "Then"}


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What every scenario of a rule shares."""

    tags: RuleTags
    background: tuple[Step, ...]
    place: Place


def read_scenarios(raw: Sequence[dict[str, Any]], rule: RuleContext) -> tuple[Scenario, ...]:
    """Expand and number the scenarios of a rule, in the order of the file."""
    found: list[Scenario] = []
    for scenario in raw:
        found.extend(_expanded(scenario, rule, found[-1].number + 1 if found else 1))
    _refuse_one_number_twice(found)
    return tuple(found)


def read_steps(raw: Sequence[dict[str, Any]], place: Place) -> tuple[Step, ...]:
    """Read the steps of one block (a scenario or a background)."""
    steps: list[Step] = []
    for step in raw:
        keyword = _KEYWORDS.get(step["keywordType"]) or (steps[-1].keyword if steps else None)
        if keyword is None:
            raise place.at(step["location"]["line"]).error(
                "a block that does not start with Given, When or Then",
                f"{step['keyword']}{step['text']}",
                "Write the keyword that is meant.",
            )
        steps.append(_step(step, keyword))
    return tuple(steps)


def _step(raw: dict[str, Any], keyword: str) -> Step:
    table = raw.get("dataTable")
    docstring = raw.get("docString")
    return Step(
        keyword=keyword,
        shown_keyword=raw["keyword"].strip(),
        text=raw["text"],
        line=raw["location"]["line"],
        docstring=None if docstring is None else docstring["content"],
        datatable=None if table is None else _table(table),
    )


def _table(raw: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(cell["value"] for cell in row["cells"]) for row in raw["rows"])


def _expanded(raw: dict[str, Any], rule: RuleContext, number: int) -> Iterator[Scenario]:
    place = rule.place.at(raw["location"]["line"])
    steps = _own_steps(raw, place)
    for offset, row in enumerate(rows(raw, place)):
        tags = scenario_tags((*read_tags(raw, place), *row.tags), rule.tags, place.at(row.line))
        first = number if tags.number is None else tags.number
        yield _scenario(raw["name"], (*rule.background, *steps), tags, (rule, row, first + offset))


def _scenario(template: str, steps: tuple[Step, ...], tags: ScenarioTags, at: tuple[RuleContext, Row, int]) -> Scenario:
    rule, row, number = at
    return Scenario(
        clause_id=rule.tags.id,
        number=number,
        name=rendered_name(template, row),
        steps=tuple(rendered_step(step, row) for step in steps),
        file=rule.place.file,
        line=row.line,
        needs=tags.needs,
        without=tags.without,
        tags=tags.others,
        every_interleaving=tags.every_interleaving,
        every_place=tags.every_place,
        sync_only=tags.sync_only,
        async_only=tags.async_only,
        template=template,
        example=row.values,
    )


def _own_steps(raw: dict[str, Any], place: Place) -> tuple[Step, ...]:
    if not raw["name"].strip():
        raise place.error("a scenario without a name", "Scenario:", "Name it in one sentence.")
    steps = read_steps(raw["steps"], place)
    if not any(step.keyword == "Then" for step in steps):
        raise place.error(
            "a scenario that claims nothing",
            raw["name"],
            "Add a Then step; a line above the first step that has no keyword is read as text.",
        )
    return steps


def _refuse_one_number_twice(found: Sequence[Scenario]) -> None:
    taken: dict[int, Scenario] = {}
    for scenario in found:
        first = taken.setdefault(scenario.number, scenario)
        if first is not scenario:
            raise Place(scenario.file, scenario.line).error(
                f"a scenario number that line {first.line} has already",
                f"@scenario-{scenario.number}",
                "Give it the next free number.",
            )
