"""What a scenario's result means for its pytest item."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_policy_contracts.report import Effect, effect_of, failure_text
from pytest_policy_contracts.verification import ContractViolation, SuiteError
from pytest_policy_contracts.verification.verdicts import Outcome, ScenarioResult, Verdict


def raise_outcome(item: Any, result: ScenarioResult) -> None:
    """Turn a result into the exception that pytest understands; a passed one needs none."""
    verdict = _verdict_with_deviation(item, result) or item.verdict_on(result)
    fails = effect_of(verdict, item.parent.options.rules) is Effect.FAILS
    match verdict.outcome:
        case Outcome.BROKEN:
            raise SuiteError(f"{failure_text(verdict)}\n{result.details}".rstrip())
        case Outcome.UNTESTED | Outcome.NOT_APPLICABLE:
            _raise_unseen(verdict, fails)
        case Outcome.KNOWN:
            pytest.xfail(failure_text(verdict))
        case Outcome.VIOLATED:
            _raise_violation(verdict, fails)


def _raise_unseen(verdict: Verdict, fails: bool) -> None:
    text = f"{verdict.outcome}: {verdict.message}"
    if fails:
        raise SuiteError(f"{verdict.id} {verdict.level} {text} (--policy-contracts-strict asks for every MUST)")
    pytest.skip(text)


def _raise_violation(verdict: Verdict, fails: bool) -> None:
    text = failure_text(verdict)
    if not fails:
        pytest.xfail(f"a warning only; it fails with --policy-contracts-level=should\n{text}")
    raise ContractViolation(expected=verdict.expected, observed=verdict.observed, when=verdict.when, text=text)


def _verdict_with_deviation(item: Any, result: ScenarioResult) -> Verdict | None:
    """Return the clause's verdict where a deviation is noted and this item has to say what became of it.

    That is the violated scenario, or every one when the clause holds although a deviation is recorded.
    """
    session = item.contract_session
    if item.clause.id not in session.deviations or item.token is not None:
        return None
    verdict: Verdict = session.verdict(item.clause.id)
    holds = all(one.outcome is not Outcome.VIOLATED for one in verdict.scenarios)
    speaks = result.outcome is Outcome.VIOLATED or (holds and result.outcome is Outcome.PASSED)
    return verdict if verdict.deviation and speaks else None
