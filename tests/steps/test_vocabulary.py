"""The vocabulary: one text, one function, and a clear word where that is not so."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_policy_contracts.clauses import Step, load_contract, shipped_contracts
from pytest_policy_contracts.contracts import SuiteError
from pytest_policy_contracts.steps.vocabulary import StepVocabulary, shipped_vocabulary


def step(text: str, keyword: str = "When") -> Step:
    return Step(keyword, keyword, text, 1)


def words(*texts: str) -> StepVocabulary:
    found = StepVocabulary()
    for text in texts:
        found.add("When", text, lambda world, **values: values)
    return found


def test_a_step_is_bound_with_its_values() -> None:
    """Values in the text reach the function, converted as the text says."""
    bound = words("{count:d} callers ask {name}").bind(step("7 callers ask nobody in particular"))
    assert bound.arguments == {"count": 7, "name": "nobody in particular"}
    assert bound.start("a world") == bound.arguments


def test_a_keyword_is_part_of_a_step() -> None:
    """A `When` does not stand for a `Then` of the same text."""
    found = words("it counts")
    assert found.bind(step("it counts")).step.keyword == "When"
    with pytest.raises(SuiteError, match="No step definition for 'Then it counts'"):
        found.bind(step("it counts", "Then"))


@pytest.mark.parametrize("text", ["it count", "it counts ", "well, it counts", ""])
def test_an_unknown_step_is_refused(text: str) -> None:
    """A text that no definition matches whole is named, with what to do."""
    with pytest.raises(SuiteError, match="Write one, or correct the text of the step"):
        words("it counts").bind(step(text))


def test_an_ambiguous_step_is_refused() -> None:
    """Two definitions for one text are not left to chance."""
    with pytest.raises(SuiteError, match="2 step definitions for 'When it counts'"):
        words("it counts", "it {verb}").bind(step("it counts"))


def test_a_text_is_defined_once() -> None:
    """A second function for the same text is refused where it is defined."""
    found = words("it counts")
    with pytest.raises(SuiteError, match="'When it counts' is defined twice"):
        found.add("When", "it counts", print)
    found.add("Then", "it counts", print)


def every_step() -> list[Any]:
    contracts = [load_contract(name) for name in shipped_contracts()]
    scenarios = [one for contract in contracts for clause in contract.clauses for one in clause.scenarios]
    return [one for scenario in scenarios for one in scenario.steps]


def test_every_shipped_step_has_its_function() -> None:
    """No step of a shipped contract is without a definition, or has two."""
    vocabulary = shipped_vocabulary()
    assert every_step()
    for one in every_step():
        assert vocabulary.bind(one).step is one


def test_every_shipped_function_is_used() -> None:
    """No definition is left over that no step needs any more."""
    steps = every_step()
    unused = [
        f"{known.keyword} {known.text}"
        for known in shipped_vocabulary().definitions
        if known.function.__module__.startswith(
            "pytest_policy_contracts."
        )  # others are of projects that tests have loaded
        and not any(known.bound(one) for one in steps)
    ]
    assert unused == []


def test_the_shipped_vocabulary_is_loaded_once() -> None:
    """Asking again does not define anything twice."""
    assert shipped_vocabulary() is shipped_vocabulary()
