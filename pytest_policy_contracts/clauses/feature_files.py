"""One feature file of a contract, read with the gherkin library.

Rules: every scenario belongs to a rule, every rule is a clause, every clause has a scenario. Ids
and scenario names are unique in the file (pytest-bdd finds scenarios by name). Whatever the library
raises leaves here as a `ClauseError`. Shapes of the library's answer are known to this module,
`scenarios` and `outlines` only.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from gherkin.errors import CompositeParserException, ParserError, ParserException
from gherkin.parser import Parser

from pytest_policy_contracts.clauses.clause import Clause, Step
from pytest_policy_contracts.clauses.outlines import read_tags
from pytest_policy_contracts.clauses.problems import ClauseError, Place
from pytest_policy_contracts.clauses.scenarios import RuleContext, read_scenarios, read_steps
from pytest_policy_contracts.clauses.tags import FeatureTags, feature_tags, rule_tags


@dataclass(frozen=True, slots=True)
class FeatureFile:
    """What one file says: contract, version and clauses, in the order of the file."""

    file: Path
    contract: str
    version: str
    clauses: tuple[Clause, ...]


def read_feature(file: Path) -> FeatureFile:
    """Read one feature file of a contract; anything malformed raises `ClauseError`."""
    place = Place(file)
    feature = _parsed(place)
    place = place.at(feature["location"]["line"])
    tags = feature_tags(read_tags(feature, place), place)
    clauses = tuple(_clauses(feature, tags, place))
    refuse_duplicate_ids(clauses)
    # pytest-bdd looks a scenario up by the name in the file, our reports by the name of the row.
    _refuse_duplicate_names(_templates(feature), place)
    _refuse_duplicate_names(_names(clauses), place)
    return FeatureFile(file, tags.contract, tags.version, clauses)


def refuse_duplicate_ids(clauses: Iterable[Clause]) -> None:
    """Raise `ClauseError` where two clauses have one id, naming both places."""
    taken: dict[str, Clause] = {}
    for clause in clauses:
        first = taken.setdefault(clause.id, clause)
        if first is not clause:
            raise Place(clause.file, clause.line).error(
                f"an id that {first.file.name}:{first.line} has already",
                clause.id,
                "Ids are permanent: give the new clause the next free number.",
            )


def _parsed(place: Place) -> dict[str, Any]:
    try:
        document: Any = Parser().parse(_text(place))
    except CompositeParserException as error:
        raise _malformed(place, error.errors[0]) from error
    except ParserException as error:
        raise _malformed(place, error) from error
    except ParserError as error:
        raise place.error("not a feature file", str(error), "Correct it.") from error
    feature: dict[str, Any] | None = document.get("feature")
    if feature is None:
        raise place.error("a file without a feature", place.file.name, "Start it with Feature:.")
    return feature


def _text(place: Place) -> str:
    try:
        return place.file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise place.error("not UTF-8 text", str(error), "Save the file as UTF-8.") from error
    except OSError as error:
        raise place.error("unreadable", str(error), "Check the path and its rights.") from error


def _malformed(place: Place, error: ParserException) -> ClauseError:
    said = str(error).partition("): ")[2] or str(error)
    return place.at(error.location["line"]).error(
        "not valid Gherkin", said, "Correct the line; each one is a keyword, a table, or text."
    )


def _clauses(feature: dict[str, Any], tags: FeatureTags, place: Place) -> Iterable[Clause]:
    background = _background(feature, place)
    for child in feature["children"]:
        if "scenario" in child:
            outside = child["scenario"]
            raise place.at(outside["location"]["line"]).error(
                "a scenario outside a rule", outside["name"], "Move it under the Rule it tests."
            )
        if "rule" in child:
            yield _clause(child["rule"], tags, background, place)


def _clause(rule: dict[str, Any], feature: FeatureTags, background: tuple[Step, ...], at: Place) -> Clause:
    place = at.at(rule["location"]["line"])
    tags = rule_tags(read_tags(rule, place), place)
    context = RuleContext(tags, (*background, *_background(rule, place)), place)
    scenarios = read_scenarios(_scenarios_of(rule, place), context)
    return Clause(
        id=tags.id,
        level=tags.level,
        contract=feature.contract,
        title=_title(rule, tags.id, place),
        scenarios=scenarios,
        file=place.file,
        line=place.line,
        rationale=dedent(rule["description"]).strip(),
        needs=tags.needs,
        every_interleaving=all(one.every_interleaving for one in scenarios),
        every_place=all(one.every_place for one in scenarios),
        after=tags.after,
        since=tags.since,
    )


def _title(rule: dict[str, Any], clause_id: str, place: Place) -> str:
    title: str = rule["name"].strip()
    if not title:
        raise place.error("a rule without a promise", clause_id, "Write the promise behind Rule:.")
    return title


def _scenarios_of(rule: dict[str, Any], place: Place) -> list[dict[str, Any]]:
    found = [child["scenario"] for child in rule["children"] if "scenario" in child]
    if not found:
        raise place.error("a rule without a scenario", rule["name"], "Add one way of testing it.")
    return found


def _background(parent: dict[str, Any], place: Place) -> tuple[Step, ...]:
    blocks = [child["background"] for child in parent["children"] if "background" in child]
    return tuple(step for block in blocks for step in read_steps(block["steps"], place))


def _refuse_duplicate_names(names: Iterable[tuple[str, int]], place: Place) -> None:
    taken: dict[str, int] = {}
    for name, line in names:
        if name in taken:
            raise place.at(line).error(
                f"a scenario name that line {taken[name]} has already",
                name,
                "Give it a name of its own; an outline's name holds the columns that vary.",
            )
        taken[name] = line


def _names(clauses: Iterable[Clause]) -> Iterator[tuple[str, int]]:
    return ((one.name, one.line) for clause in clauses for one in clause.scenarios)


def _templates(feature: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for rule in (child["rule"] for child in feature["children"] if "rule" in child):
        for scenario in (child["scenario"] for child in rule["children"] if "scenario" in child):
            yield scenario["name"], scenario["location"]["line"]
