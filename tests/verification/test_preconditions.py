"""Clauses that leave a mistake to others: it is told once, by the clause that it breaks, and never by nobody."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from pytest_policy_contracts.running import ReplayToken, replay
from pytest_policy_contracts.verification.session import Session
from pytest_policy_contracts.verification.verdicts import Outcome
from pytest_policy_contracts.verification.violations import (
    ContractViolation,
    Precondition,
    Untested,
    left_to,
)
from pytest_policy_contracts.verification.world import World
from tests.verification.little_contract import clause, scenario, session, vocabulary

ONE, TWO, THREE, FOUR = (f"LIT-00{number}" for number in (1, 2, 3, 4))
BROKEN_PROMISE = {"expected": "the counter counts", "observed": "it does not count"}


async def it_holds(world: World) -> None:
    world.witness("it was there", True)


async def it_fails(world: World) -> None:
    raise ContractViolation(**BROKEN_PROMISE)


async def it_cannot_be_told(world: World) -> None:
    raise Untested("nobody came")


async def it_slips(world: World) -> None:
    raise KeyError("a slip of the suite")


def leaving_to(*clauses: str) -> Any:
    """A step that leaves its failing claim to other clauses."""

    async def leave(world: World) -> None:
        with left_to(*clauses):
            raise ContractViolation(**BROKEN_PROMISE, when="after an hour")

    return leave


def judging(**clauses: Any) -> Session:
    """The session of a contract whose clauses end as these steps do: `one=it_fails, two=leaving_to(ONE)`."""
    ids = {"one": ONE, "two": TWO, "three": THREE, "four": FOUR}
    words = vocabulary(**{f"end_{name}": step for name, step in clauses.items()})
    made = [clause(scenario("a counter", f"end {name}", clause=ids[name])) for name in clauses]
    return session(*made, words=words)


def outcomes(found: Session) -> dict[str, str]:
    """What each clause came to, with the clause that it waits for."""
    verdicts = [found.verdict(one.id) for one in found.contract.clauses]
    return {
        one.id: f"{one.outcome} {one.message}" if one.outcome is Outcome.UNTESTED else str(one.outcome)
        for one in verdicts
    }


# -- to several clauses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two", "blamed"), [(it_fails, it_holds, ONE), (it_holds, it_fails, TWO), (it_fails, it_fails, ONE)]
)
def test_a_claim_may_be_left_to_several_clauses(one: Any, two: Any, blamed: str) -> None:
    """Of the clauses that a claim is left to, the first that is violated is named as the precondition."""
    found = judging(one=one, two=two, three=leaving_to(ONE, TWO))

    assert found.verdict(THREE).outcome is Outcome.UNTESTED
    assert found.verdict(THREE).message == f"precondition: {blamed}"


@pytest.mark.parametrize("other", [it_holds, it_cannot_be_told, it_slips])
def test_where_nobody_tells_the_clause_speaks_itself(other: Any) -> None:
    """A claim that is left to several clauses of which none is violated is told after all, with everything it knows."""
    verdict = judging(one=it_holds, two=other, three=leaving_to(ONE, TWO)).verdict(THREE)

    assert (verdict.outcome, verdict.message) == (Outcome.VIOLATED, "end three")
    assert (verdict.expected, verdict.observed) == ("the counter counts", "it does not count")
    assert verdict.when == "after an hour"
    assert (verdict.realism, verdict.reach) == ("shown in stock order", "first-in-first-out run; shown in stock order")


def test_a_claim_that_speaks_for_others_replays() -> None:
    """The token of a clause that had to speak itself shows the same violation again."""
    found = judging(one=it_holds, two=leaving_to(ONE))
    verdict = found.verdict(TWO)
    again = replay(found, ReplayToken.parse(verdict.replay))

    assert (again.outcome, again.message) == (verdict.outcome, verdict.message) == (Outcome.VIOLATED, "end two")
    assert (again.step, again.expected, again.observed) == (verdict.step, verdict.expected, verdict.observed)


def test_a_claim_may_be_left_to_nobody() -> None:
    """Left to no clause, a claim that fails is a violation as it is anywhere else."""
    with pytest.raises(ContractViolation, match="expected the counter counts, observed it does not count"):
        with left_to():
            raise ContractViolation(**BROKEN_PROMISE)


def test_only_violations_are_left_to_others() -> None:
    """An end without blame, a precondition and a slip pass as they are; a claim that holds is quiet."""
    for error in (Untested("nobody came"), Precondition(TWO, **BROKEN_PROMISE), KeyError("a slip")):
        with pytest.raises(type(error)) as passed:
            with left_to(ONE):
                raise error
        assert passed.value is error
    with left_to(ONE):
        pass


def test_what_is_left_to_others_keeps_what_it_says() -> None:
    """The precondition carries the claim's expectation, observation and situation, and names the clauses in their order."""
    with pytest.raises(Precondition) as left:
        with left_to(TWO, ONE):
            raise ContractViolation(**BROKEN_PROMISE, when="after an hour")

    assert str(left.value) == "precondition: LIT-002 or LIT-001"
    assert left.value.clause_ids == (TWO, ONE)
    assert (left.value.expected, left.value.observed, left.value.when) == (*BROKEN_PROMISE.values(), "after an hour")


# -- to each other -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [ONE, TWO])
def test_two_clauses_that_are_left_to_each_other_end(first: str) -> None:
    """Of two clauses that leave their claims to each other one speaks, whichever is asked first, and the other may wait."""
    found = judging(one=leaving_to(TWO), two=leaving_to(ONE))
    found.verdict(first)

    told = [found.verdict(clause_id).outcome for clause_id in (ONE, TWO)]
    assert Outcome.VIOLATED in told
    assert set(told) <= {Outcome.VIOLATED, Outcome.UNTESTED}


@pytest.mark.parametrize("order", list(itertools.permutations((ONE, TWO, THREE))))
def test_a_circle_of_three_clauses_ends(order: tuple[str, ...]) -> None:
    """A claim that is handed on in a circle is told by at least one of the clauses, in whatever order they are asked."""
    found = judging(one=leaving_to(TWO), two=leaving_to(THREE), three=leaving_to(ONE))
    told = {clause_id: found.verdict(clause_id).outcome for clause_id in order}

    assert Outcome.VIOLATED in told.values()
    assert set(told.values()) <= {Outcome.VIOLATED, Outcome.UNTESTED}


def test_a_circle_with_somebody_who_tells_is_told_by_that_one() -> None:
    """Where two clauses leave a claim to each other and to a third that is violated, only the third one speaks."""
    found = judging(one=leaving_to(TWO, THREE), two=leaving_to(ONE, THREE), three=it_fails)
    told = [found.verdict(clause_id).outcome for clause_id in (ONE, TWO, THREE)]

    assert told == [Outcome.UNTESTED, Outcome.UNTESTED, Outcome.VIOLATED]


@pytest.mark.parametrize("first", [ONE, TWO])
def test_a_circle_names_who_is_violated(first: str) -> None:
    """Whichever clause of a circle is asked first, those that wait name the one that is violated."""
    found = judging(one=leaving_to(TWO, THREE), two=leaving_to(ONE, THREE), three=it_fails)
    found.verdict(first)

    assert set(outcomes(found).values()) == {"violated", f"untested precondition: {THREE}"}


def test_no_mistake_is_lost_on_a_clause_that_comes_first() -> None:
    """A clause that is judged on behalf of one that comes after it, and leaves its claim to that one, speaks if that one passes."""
    words = vocabulary(it_holds=it_holds, leave_it=leaving_to(ONE))
    after = clause(scenario("a counter", "it holds"), after=(TWO,))
    found = session(after, clause(scenario("a counter", "leave it", clause=TWO)), words=words)

    assert outcomes(found) == {ONE: "passed", TWO: "violated"}


def test_a_clause_that_names_itself_speaks() -> None:
    """A claim that may be the own clause's is told by it, where no other one is violated."""
    assert outcomes(judging(one=it_holds, two=leaving_to(ONE, TWO))) == {ONE: "passed", TWO: "violated"}
    assert outcomes(judging(one=leaving_to(ONE))) == {ONE: "violated"}


# -- to one that has been left itself ----------------------------------------------------------------------------------


def test_a_chain_of_clauses_is_told_at_its_end() -> None:
    """What is left to a clause that has itself been left to a violated one waits, and is told once."""
    found = judging(one=it_fails, two=leaving_to(ONE), three=leaving_to(TWO), four=leaving_to(THREE))

    assert outcomes(found) == {
        ONE: "violated",
        TWO: f"untested precondition: {ONE}",
        THREE: f"untested precondition: {TWO}",
        FOUR: f"untested precondition: {THREE}",
    }


def test_a_chain_that_nobody_ends_is_told_by_its_last_link() -> None:
    """Where the clause at the end of a chain holds, the one that was left to it speaks, and the others wait for that one."""
    found = judging(one=it_holds, two=leaving_to(ONE), three=leaving_to(TWO))

    assert outcomes(found) == {ONE: "passed", TWO: "violated", THREE: f"untested precondition: {TWO}"}


def test_a_clause_that_is_untested_tells_nothing() -> None:
    """What is left to a clause that could not be tested for a reason of its own is told by the clause that saw it."""
    found = judging(one=it_cannot_be_told, two=leaving_to(ONE))

    assert outcomes(found) == {ONE: "untested nobody came", TWO: "violated"}


# -- in a part of the scenarios ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2])
def test_one_scenario_that_waits_makes_its_clause_wait(number: int) -> None:
    """A clause of which one scenario is left to a violated clause and the other passes is untested, with the clause."""
    words = vocabulary(it_fails=it_fails, it_holds=it_holds, leave_it=leaving_to(ONE))
    texts = {number: "leave it", 3 - number: "it holds"}
    both = [scenario("a counter", text, clause=TWO, number=at) for at, text in sorted(texts.items())]
    found = session(clause(scenario("a counter", "it fails")), clause(*both), words=words)

    assert outcomes(found) == {ONE: "violated", TWO: f"untested precondition: {ONE}"}
    assert [one.outcome for one in found.verdict(TWO).scenarios] == [
        Outcome.UNTESTED if at == number else Outcome.PASSED for at in (1, 2)
    ]


def test_a_violation_of_its_own_is_told_beside_one_that_is_left() -> None:
    """A clause with a scenario that waits and one that fails is violated by the one that fails."""
    words = vocabulary(it_fails=it_fails, leave_it=leaving_to(ONE))
    both = [
        scenario("a counter", "leave it", clause=TWO),
        scenario("a counter", "it fails", clause=TWO, number=2),
    ]
    found = session(clause(scenario("a counter", "it fails")), clause(*both), words=words)

    assert outcomes(found) == {ONE: "violated", TWO: "violated"}
    assert found.verdict(TWO).message == "it fails"
