"""Claims about any value: the smallest value that disproves one is found, and always the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from pytest_policy_contracts.contracts import SuiteError
from pytest_policy_contracts.steps.any_example import for_any
from pytest_policy_contracts.verification.violations import ContractViolation, Precondition, Untested

EXAMPLES = 200


def tried(claim: Callable[[Any], None], strategy: Any, examples: int = EXAMPLES) -> list[Any]:
    """The values that a claim was tried with, in their order; its own errors are not looked at."""
    values: list[Any] = []

    def watched(value: Any) -> None:
        values.append(value)
        claim(value)

    try:
        for_any(watched, strategy, examples=examples)
    except AssertionError:
        pass
    return values


def disproof(claim: Callable[..., None], *strategies: Any) -> str:
    """What the claim says of the smallest value for which it fails."""
    with pytest.raises(AssertionError) as failed:
        for_any(claim, *strategies, examples=EXAMPLES)
    return str(failed.value).partition("\n")[0]


def below_ten(number: int) -> None:
    assert number < 10, f"{number} is too much"


def no_two_alike(values: list[int]) -> None:
    assert len(values) == len(set(values)), f"{values} are not distinct"


def nothing(value: Any) -> None: ...


# -- finding -----------------------------------------------------------------------------------------------------------


def test_a_claim_that_holds_is_quiet() -> None:
    """Where no value disproves the claim nothing is raised, and as many values were tried as were asked for."""
    assert len(tried(nothing, st.integers(), examples=50)) == 50
    assert for_any(nothing, st.integers(), examples=10) is None  # type: ignore[func-returns-value]


def test_the_smallest_disproof_is_told() -> None:
    """Of all values for which the claim fails the simplest is raised."""
    assert disproof(below_ten, st.integers()) == "10 is too much"
    assert disproof(no_two_alike, st.lists(st.integers())) == "[0, 0] are not distinct"


def test_values_of_several_strategies_are_handed_over_in_their_order() -> None:
    """The claim gets one value of each strategy."""

    def claim(number: int, text: str) -> None:
        assert isinstance(number, int) and isinstance(text, str)

    for_any(claim, st.integers(), st.text(), examples=20)


# -- repeating ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "strategy"), [(below_ten, st.integers()), (no_two_alike, st.lists(st.integers())), (nothing, st.text())]
)
def test_the_same_claim_is_tried_with_the_same_values(claim: Callable[..., None], strategy: Any) -> None:
    """Two searches try the same values in the same order, whatever the global random numbers are."""
    random.seed(1)
    first = tried(claim, strategy)
    random.seed(2)
    assert tried(claim, strategy) == first


def test_another_claim_about_the_same_values_gets_the_same_values() -> None:
    """What is tried depends on the strategies, and not on the name or the body of the claim."""

    def other(number: int) -> None: ...

    assert tried(other, st.integers()) == tried(nothing, st.integers())


@pytest.fixture
def odd_profile() -> Iterator[None]:
    """The profile of an adopter who has other plans with Hypothesis."""
    before = hypothesis.settings.get_current_profile_name()
    hypothesis.settings.register_profile(
        "odd", max_examples=2, derandomize=True, phases=(), deadline=1, verbosity=hypothesis.Verbosity.verbose
    )
    hypothesis.settings.load_profile("odd")
    yield
    hypothesis.settings.load_profile(before)


def test_the_adopters_profile_changes_nothing(odd_profile: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Settings that the adopter has loaded for tests of his own reach neither the values nor the output."""
    assert disproof(below_ten, st.integers()) == "10 is too much"
    assert len(tried(nothing, st.integers())) == EXAMPLES
    assert capsys.readouterr() == ("", "")


def test_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disproof is kept in no database, and told by nobody but the error."""
    monkeypatch.chdir(tmp_path)
    disproof(below_ten, st.integers())

    assert list(tmp_path.rglob("*")) == []
    assert capsys.readouterr() == ("", "")


# -- leaving the rest alone --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", [nothing, below_ten])
def test_random_numbers_go_on_as_if_nothing_had_happened(claim: Callable[..., None]) -> None:
    """After the search, also one that ends with a disproof, the global random numbers are where they were."""
    random.seed(7)
    state = random.getstate()
    tried(claim, st.integers())

    assert random.getstate() == state


def test_random_numbers_that_the_claim_draws_do_not_leak() -> None:
    """A claim that draws random numbers of its own leaves no trace in those of the program."""
    random.seed(7)
    state = random.getstate()

    def claim(number: int) -> None:
        random.seed(number)

    for_any(claim, st.integers(), examples=20)

    assert random.getstate() == state


ERRORS = [
    ContractViolation(expected="the newest", observed="another"),
    Precondition("TNT-003", expected="it is allowed", observed="it raised"),
    Untested("it did not arise"),
    SuiteError("the harness cannot be used"),
    KeyError("a slip"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_a_claim_raises_passes_as_it_is(error: Exception) -> None:
    """Whatever kind of error ends a claim is the error that the caller sees, and not one about it."""

    def claim(number: int) -> None:
        if number > 3:
            raise error

    with pytest.raises(type(error)) as passed:
        for_any(claim, st.integers(), examples=EXAMPLES)
    assert passed.value is error


def test_of_several_errors_one_is_told() -> None:
    """A claim that fails in two ways ends with one of them, never with a group."""

    def claim(number: int) -> None:
        if number > 50:
            raise KeyError(number)
        assert number >= -50

    with pytest.raises((KeyError, AssertionError)):
        for_any(claim, st.integers(), examples=EXAMPLES)


def test_large_values_are_no_reason_to_give_up() -> None:
    """What Hypothesis finds too large or too much filtered for comfort is tried all the same."""
    large = st.lists(st.integers(), min_size=200, max_size=200)
    filtered = st.integers().filter(lambda number: number % 7 == 0)

    for_any(nothing, large, examples=5)
    for_any(nothing, filtered, examples=20)
