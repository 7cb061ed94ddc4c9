"""Which verdicts fail a run, and how it says why."""

import pytest

from pytest_policy_contracts.report import Effect, Rules, effect_of, judge
from pytest_policy_contracts.report.gating import ExitCode
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict
from tests.samples.verdicts import broken, harness_of, passed, untested, violated

MUST_RULES = Rules(free_threaded=False)
SHOULD_RULES = Rules(level="should", free_threaded=False)
STRICT_RULES = Rules(strict=True, free_threaded=False)
FREE_THREADED_RULES = Rules(free_threaded=True)

REORDERED = violated(realism="needs reordering", is_real_today=False)
FREE_THREADED = violated(realism="needs free threading", is_real_today=False)


@pytest.mark.parametrize(
    ("verdict", "rules", "effect"),
    [
        (passed(), STRICT_RULES, Effect.NONE),
        (violated(), MUST_RULES, Effect.FAILS),
        (violated(realism="shown with the GIL"), MUST_RULES, Effect.FAILS),
        (violated(realism="did not repeat"), MUST_RULES, Effect.FAILS),
        (violated(realism=""), MUST_RULES, Effect.FAILS),
        (REORDERED, MUST_RULES, Effect.WARNS),
        (REORDERED, SHOULD_RULES, Effect.FAILS),
        (REORDERED, FREE_THREADED_RULES, Effect.WARNS),
        (FREE_THREADED, MUST_RULES, Effect.WARNS),
        (FREE_THREADED, SHOULD_RULES, Effect.FAILS),
        (FREE_THREADED, FREE_THREADED_RULES, Effect.FAILS),
        (violated(level="SHOULD"), MUST_RULES, Effect.WARNS),
        (violated(level="SHOULD"), STRICT_RULES, Effect.WARNS),
        (violated(level="SHOULD"), SHOULD_RULES, Effect.FAILS),
        (untested(), MUST_RULES, Effect.NONE),
        (untested(), STRICT_RULES, Effect.FAILS),
        (untested(level="SHOULD"), STRICT_RULES, Effect.NONE),
        (untested(outcome=Outcome.NOT_APPLICABLE), STRICT_RULES, Effect.NONE),
        (broken(level="SHOULD"), MUST_RULES, Effect.FAILS),
        (violated(outcome=Outcome.KNOWN, deviation="known"), SHOULD_RULES, Effect.NONE),
        (violated(level="SHOULD", deviation="expired"), MUST_RULES, Effect.FAILS),
    ],
)
def test_effect_of_a_verdict(verdict: Verdict, rules: Rules, effect: Effect) -> None:
    """A verdict fails the run, warns or does nothing, by its level, its realism and the rules."""
    assert effect_of(verdict, rules) is effect


@pytest.mark.parametrize(
    ("verdicts", "rules", "code"),
    [
        ([passed(), untested()], MUST_RULES, ExitCode.CONFORMANT),
        ([passed(), REORDERED], MUST_RULES, ExitCode.CONFORMANT),
        ([passed(), violated()], MUST_RULES, ExitCode.VIOLATED),
        ([passed(), untested()], STRICT_RULES, ExitCode.INCOMPLETE),
        ([passed(), untested(), violated()], STRICT_RULES, ExitCode.VIOLATED),
        ([passed(), untested(), violated(), broken()], STRICT_RULES, ExitCode.BROKEN),
        ([violated(outcome=Outcome.KNOWN)], MUST_RULES, ExitCode.CONFORMANT),
        ([untested()], MUST_RULES, ExitCode.INCOMPLETE),
        ([untested(outcome=Outcome.NOT_APPLICABLE)], MUST_RULES, ExitCode.INCOMPLETE),
    ],
)
def test_exit_code(verdicts: list[Verdict], rules: Rules, code: ExitCode) -> None:
    """Broken goes before violated before incomplete, and each has a reason in a sentence."""
    judgement = judge([harness_of(*verdicts)], rules)

    assert judgement.exit_code is code
    assert judgement.verdict == code.name.lower()
    assert bool(judgement.reasons) is (code is not ExitCode.CONFORMANT)
    assert all(one.endswith(".") and "Cache" in one for one in judgement.reasons)


def test_a_clause_that_did_not_run_makes_it_incomplete() -> None:
    """An expected clause without a verdict is never green."""
    judgement = judge([harness_of(passed(), expected=["RLD-001", "RLD-002"])], MUST_RULES)

    assert judgement.exit_code is ExitCode.INCOMPLETE
    assert "RLD-002 of Cache did not run" in judgement.reasons[0]


@pytest.mark.parametrize("harnesses", [[], [harness_of()]])
def test_nothing_selected_is_never_green(harnesses: list[object]) -> None:
    """A run without a harness or without a clause is wrong usage."""
    judgement = judge(harnesses, MUST_RULES)  # type: ignore[arg-type]

    assert (judgement.exit_code, judgement.verdict) == (ExitCode.USAGE, "incomplete")


def test_each_harness_has_to_show_something() -> None:
    """A harness of which nothing was tested does not hide behind one that conforms."""
    judgement = judge([harness_of(passed()), harness_of(untested(), name="Other")], MUST_RULES)

    assert judgement.exit_code is ExitCode.INCOMPLETE
    assert judgement.reasons == (
        "Nothing was tested of Other (RLD-003), so nothing is shown.",
    )  # fmt: skip


def test_reasons_begin_with_what_decides() -> None:
    """The first reason is the one of the exit code; the others follow in the same order."""
    reasons = judge(
        [harness_of(violated(), untested(), passed()), harness_of(broken(), name="Other")],
        STRICT_RULES,
    ).reasons

    assert ["failed" in reasons[0], "violates" in reasons[1], "strict" in reasons[2]] == [True] * 3
