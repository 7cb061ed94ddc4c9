"""Replaying one schedule by its token."""

import pytest

from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.running import Options, ReplayToken, replay, session_of, target_of
from pytest_policy_contracts.verification.session import Session
from pytest_policy_contracts.verification.verdicts import Outcome
from tests.samples.caches import Bare, Conforming, Halfway


def session(harness: type) -> Session:
    return session_of(target_of(harness), Options())


@pytest.mark.parametrize("clause_id", ["RLD-007", "RLD-013"])
def test_a_violation_fails_again(clause_id: str) -> None:
    """The token of a verdict shows the same violation, with its journal, in a new session."""
    first = session(Halfway).verdict(clause_id)

    again = replay(session(Halfway), ReplayToken.parse(first.replay))

    assert again.outcome is Outcome.VIOLATED
    assert (again.step, again.observed, again.replay) == (first.step, first.observed, first.replay)
    assert again.reach == "replayed; shown in stock order"
    assert again.scenarios[0].journal


def test_a_journal_is_the_same_each_time() -> None:
    """Two replays of one token do the same, line by line."""
    token = ReplayToken.parse("RLD-007:1:s1")
    journals = [replay(session(Halfway), token).scenarios[0].journal for _ in range(2)]

    assert journals[0] == journals[1]


def test_a_mended_subject_passes() -> None:
    """The token of a violation passes with a subject that keeps the promise."""
    verdict = replay(session(Conforming), ReplayToken.parse("RLD-007:1:s1"))

    assert (verdict.outcome, verdict.reach) == (Outcome.PASSED, "single run")


@pytest.mark.parametrize(
    "text", ["", "RLD-007", "RLD-007:1", "RLD-007:x:s", "RLD-007:1:", "RLD-007:1:?", "::s", "a:1:s"]
)
def test_a_token_that_cannot_be_read_is_refused(text: str) -> None:
    """A damaged token says what to copy."""
    with pytest.raises(UsageError, match=r"[Cc]opy the whole"):
        ReplayToken.parse(text)


def test_a_token_reads_as_it_is_written() -> None:
    """Parsing and printing a token are inverse; space around it and case of the id do not count."""
    assert str(ReplayToken.parse(" rld-013:1:t2.AQE\n")) == "RLD-013:1:t2.AQE"


@pytest.mark.parametrize(
    ("harness", "token", "message"),
    [
        (Halfway, "RLD-700:1:s", "no clause 'RLD-700'"),
        (Halfway, "RLD-007:9:s", "scenario 9 of RLD-007, which has 1"),
        (Halfway, "RLD-007:1:l1", "recorded with a subject that is synchronous"),
        (Bare, "RLD-007:1:s1", r"needs snapshot\(\), which Bare does not have"),
    ],
)
def test_a_token_of_something_else_is_refused(harness: type, token: str, message: str) -> None:
    """A token that does not fit the harness is refused before anything is judged."""
    with pytest.raises(UsageError, match=message):
        replay(session(harness), ReplayToken.parse(token))
