"""What a scenario's result means for its pytest item."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_policy_contracts.report import fails_run
from pytest_policy_contracts.verification import ContractViolation, SuiteError
from pytest_policy_contracts.verification.verdicts import Outcome, ScenarioResult, Verdict


def raise_outcome(item: Any, result: ScenarioResult) -> None:
    """Turn a result into the exception that pytest understands; a passed one needs none."""
    verdict = _verdict_with_deviation(item)
    if verdict is not None and _speaks_for_clause(verdict, result):
        _raise_deviation(item, verdict)
        return
    match result.outcome:
        case Outcome.BROKEN:
            raise SuiteError(f"{item.clause.id} broken: {result.message}" + (f"\n{result.details}" if result.details else ""))
        case Outcome.UNTESTED:
            _raise_untested(item, result)
        case Outcome.NOT_APPLICABLE:
            pytest.skip(f"not applicable: {result.message}")
        case Outcome.VIOLATED:
            _raise_violation(item, result)


def _raise_untested(item: Any, result: ScenarioResult) -> None:
    options = item.parent.options
    if options.strict and item.clause.level.value == "MUST":
        raise SuiteError(f"{item.clause.id} MUST untested: {result.message} (--policy-contracts-strict)")
    pytest.skip(f"untested: {result.message}")


def _raise_violation(item: Any, result: ScenarioResult) -> None:
    text = item.text_of(result)
    level = item.clause.level.value
    if not fails_run(level, result.is_real_today, item.parent.options.level):
        pytest.xfail(f"a warning only, fails with --policy-contracts-level=should\n{text}")
    raise ContractViolation(expected=result.expected, observed=result.observed, when=result.when, text=text)


def _verdict_with_deviation(item: Any) -> Verdict | None:
    session = item.contract_session
    if item.clause.id not in session.deviations or item.schedule is not None:
        return None
    verdict: Verdict = session.verdict(item.clause.id)
    return verdict if verdict.deviation else None


def _speaks_for_clause(verdict: Verdict, result: ScenarioResult) -> bool:
    """Whether this item has to say what became of the deviation: the violated scenario, or every one if all hold."""
    unexpected_pass = verdict.outcome is Outcome.VIOLATED and result.outcome is Outcome.PASSED and all(
        one.outcome is not Outcome.VIOLATED for one in verdict.scenarios
    )
    return unexpected_pass or result.outcome is Outcome.VIOLATED


def _raise_deviation(item: Any, verdict: Verdict) -> None:
    from pytest_policy_contracts.report import failure_text

    text = failure_text(verdict)
    if verdict.outcome is Outcome.KNOWN:
        pytest.xfail(text)
    raise ContractViolation(expected=verdict.expected, observed=verdict.observed, when=verdict.when, text=text)
