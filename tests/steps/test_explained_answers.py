"""Whether answers may be so is told from what the providers saw: each kind of answer that may not be is found."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_policy_contracts.contracts import AggregatorConfig, HealthStatus
from pytest_policy_contracts.environment.supplied_providers import Call, Change, Chronicle
from pytest_policy_contracts.simulation.clock import VirtualClock
from pytest_policy_contracts.steps.aggregating import Told
from pytest_policy_contracts.steps.asking_together import ANCHOR, Asking
from pytest_policy_contracts.steps.explained_answers import (
    claim_explained,
    claim_forced,
    claim_needed,
    claim_newest,
    claim_sets,
)
from pytest_policy_contracts.verification.violations import ContractViolation, Precondition

HEALTHY, UNHEALTHY = HealthStatus.HEALTHY, HealthStatus.UNHEALTHY


class Story:
    """What happened, event by event; the second and the place of an event are the same number."""

    def __init__(self) -> None:
        self.chronicle = Chronicle(VirtualClock())
        self.askings: list[Asking] = []

    def evaluation(self, began: int, ended: int, **others: HealthStatus) -> Story:
        """An evaluation of the anchor and of others."""
        for name, status in {ANCHOR: HEALTHY, **others}.items():
            calls = self.chronicle.calls.setdefault(name, [])
            calls.append(Call(name, 1, len(calls) + 1, began, float(began), status, ended, float(ended)))
        return self

    def change(self, at: int, name: str, generation: int = 1) -> Story:
        """A provider comes, or goes where the generation is 0."""
        self.chronicle.changes.append(Change(name, generation, at, at))
        return self

    def asked(self, called: int, returned: int, number: int, *, force: bool = False, **others: HealthStatus) -> Story:
        """Somebody asked, and was given the answer of an evaluation."""
        told = [Told(ANCHOR, "main", HEALTHY, False, f"call {number} of {ANCHOR}")]
        told += [Told(name, "main", status, False, "an error") for name, status in others.items()]
        health = UNHEALTHY if UNHEALTHY in others.values() else HEALTHY
        self.askings.append(Asking(force, called, float(called), returned, health, health, told))
        return self

    def world(self, *, in_order: bool = True) -> Any:
        """The world in which it happened."""
        choices = SimpleNamespace(decisions=[0, 0] if in_order else [0, 1])
        seen = SimpleNamespace(chronicle=self.chronicle, askings=self.askings, config=AggregatorConfig())
        return SimpleNamespace(seen=seen, plan=SimpleNamespace(choices=choices))


def test_what_may_be_is_explained() -> None:
    """A fresh answer, a shared one, a cached one, and one with a failure beside it all have an evaluation behind them."""
    story = Story().change(0, ANCHOR).change(1, "flaky")
    story.evaluation(3, 5, flaky=HEALTHY).evaluation(12, 14, flaky=UNHEALTHY)
    story.asked(2, 6, 1, flaky=HEALTHY).asked(4, 7, 1, flaky=HEALTHY)
    story.asked(11, 15, 2, force=True, flaky=UNHEALTHY)

    world = story.world()
    for claim in (claim_explained, claim_newest, claim_sets, claim_forced, claim_needed):
        claim(world)


def test_an_answer_that_is_too_old_is_found() -> None:
    """An answer whose evaluation ended a TTL or more before the call is not explained, and belongs to AGG-008 first."""
    story = Story().change(0, ANCHOR).evaluation(2, 3).asked(1, 4, 1).asked(7, 8, 1)

    with pytest.raises(Precondition) as told:
        claim_explained(story.world())
    assert told.value.clause_ids[0] == "AGG-008"
    assert told.value.expected == "an answer that is less than 0.25 s old"


def test_a_status_that_no_call_had_is_found() -> None:
    """A provider that was healthy then cannot have been reported unhealthy."""
    story = Story().change(0, ANCHOR).change(0, "flaky").evaluation(2, 3, flaky=HEALTHY).asked(1, 4, 1, flaky=UNHEALTHY)

    with pytest.raises(Precondition) as told:
        claim_explained(story.world())
    assert told.value.expected == "flaky as it was when evaluation 1 was made: call 1 said healthy"


def test_health_that_does_not_follow_from_its_reports_is_found() -> None:
    """What is summed up wrongly is left to the clauses about sums."""
    story = Story().change(0, ANCHOR).evaluation(2, 3).asked(1, 4, 1)
    story.askings[0].health = UNHEALTHY

    with pytest.raises(Precondition) as told:
        claim_explained(story.world())
    assert told.value.clause_ids == ("AGG-001", "AGG-002")


@pytest.mark.parametrize(("at", "expected"), [(4, "a new evaluation"), (1, "an answer of anchor, guest")])
def test_a_provider_that_is_missing_is_found(at: int, expected: str) -> None:
    """Whoever came during an evaluation makes it invalid, and whoever was there before it has to be in the answer."""
    story = Story().change(0, ANCHOR).change(at, "guest").evaluation(2, 6).asked(2, 7, 1)

    with pytest.raises(ContractViolation, match=expected):
        claim_sets(story.world())


def test_a_provider_that_comes_when_all_have_answered_may_be_missing() -> None:
    """Between the last answer of a provider and that of the aggregator either is right."""
    story = Story().change(0, ANCHOR).evaluation(2, 4).change(5, "guest").asked(1, 6, 1)

    claim_sets(story.world())


def test_older_news_after_newer_is_found() -> None:
    """Once the answer of a newer evaluation was given, nobody who asks then may get that of an older one."""
    story = Story().change(0, ANCHOR).evaluation(2, 9).evaluation(4, 5).asked(1, 10, 1).asked(3, 6, 2)
    claim_newest(story.world())
    story.asked(7, 11, 1)

    with pytest.raises(ContractViolation, match="an answer at least as new as that of 4 s"):
        claim_newest(story.world())


def test_a_forced_caller_that_joined_an_older_evaluation_is_found() -> None:
    """The evaluation behind a forced answer began after the call."""
    story = Story().change(0, ANCHOR).evaluation(2, 9).asked(1, 10, 1).asked(3, 10, 1, force=True)

    with pytest.raises(ContractViolation, match="which had begun at 2 s"):
        claim_forced(story.world())


def test_an_evaluation_that_nobody_needed_is_found() -> None:
    """A second evaluation beside one that would have done for all who wait is one too many."""
    story = Story().change(0, ANCHOR).evaluation(3, 9).evaluation(4, 9).asked(1, 10, 1).asked(2, 10, 2)

    with pytest.raises(ContractViolation, match="2 callers need no evaluation that begins at 4 s"):
        claim_needed(story.world())


def test_a_forced_evaluation_is_needed_where_the_others_began_before_the_call() -> None:
    """A forced caller cannot join what runs, but whoever forces after it can join the next one."""
    story = Story().change(0, ANCHOR).evaluation(2, 9).evaluation(5, 8).asked(1, 10, 1).asked(3, 10, 2, force=True)
    claim_needed(story.world())
    story.evaluation(7, 9).asked(4, 10, 3, force=True)

    with pytest.raises(ContractViolation, match="need no evaluation that begins at 7 s"):
        claim_needed(story.world(in_order=False))


def test_callers_of_one_moment_are_counted_where_they_go_in_order() -> None:
    """Each of three forced callers may need an evaluation of its own, but not where nothing was reordered."""
    story = Story().change(0, ANCHOR)
    for number in (1, 2, 3):
        story.asked(number * 3, 20, number, force=True).evaluation(number * 3 + 1, 19)
    claim_needed(story.world(in_order=False))

    with pytest.raises(ContractViolation, match="at most 2 evaluations for 3 callers who ask at the same moment"):
        claim_needed(story.world())
