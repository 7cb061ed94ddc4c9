"""Known deviations: violations that somebody owns and that have to stay exactly as recorded.

An entry is strict. It excuses a violation with the recorded message until it expires; a clause that holds, fails otherwise
or is past its date fails the run, so that no entry outlives its reason.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from pytest_policy_contracts.harness import KnownDeviation
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict


def judged_with_deviation(verdict: Verdict, deviation: KnownDeviation | None, today: date) -> Verdict:
    """Return the verdict as it stands with what is known about the clause."""
    if deviation is None:
        return verdict
    about = f"known deviation of {deviation.owner}: {deviation.reason}"
    if verdict.outcome is Outcome.PASSED:
        return _unexpected(
            verdict, f"{about}. The clause holds: take the entry out.", "a violation", "the clause holds"
        )
    if verdict.outcome is not Outcome.VIOLATED:
        return replace(verdict, deviation=about)
    if deviation.is_expired(today):
        return replace(
            verdict, deviation=f"{about}. It expired on {deviation.expires}: mend the subject or agree on a new date."
        )
    if not _matches(verdict, deviation):
        return replace(verdict, deviation=f"{about}. It was recorded with another message ({deviation.message!r}).")
    return replace(verdict, outcome=Outcome.KNOWN, deviation=f"{about}, until {deviation.expires}")


def _matches(verdict: Verdict, deviation: KnownDeviation) -> bool:
    return any(deviation.matches(text) for text in (verdict.message, verdict.step, verdict.observed))


def _unexpected(verdict: Verdict, about: str, expected: str, observed: str) -> Verdict:
    return replace(
        verdict,
        outcome=Outcome.VIOLATED,
        message="a known deviation is still a deviation",
        expected=expected,
        observed=observed,
        deviation=about,
    )
