"""Secrets are taken out of every text of a result, in every form in which they show."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_policy_contracts.verification.redaction import MARK, redact, redacted
from pytest_policy_contracts.verification.verdicts import Outcome, ScenarioResult

SECRETS = ["hunter22", 'it\'s"both"', "line\nbreak", "tab\there", "pässwörd", "back\\slash", "\x1bescape"]


@pytest.mark.parametrize("secret", SECRETS)
def test_every_form_is_taken_out(secret: str) -> None:
    """Plain, in a repr, in a nested repr of a dict, as bytes, in ASCII and in JSON."""
    shown = [
        secret,
        repr(secret),
        repr({"token": [secret]}),
        ascii(secret),
        repr(secret.encode()),
        json.dumps({"token": secret}),
        json.dumps({"token": secret}, ensure_ascii=False),
    ]
    for text in shown:
        found = redact(f"before {text} after", [secret])
        assert MARK in found, text
        for part in (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]):
            assert part not in found
        assert found.startswith("before ")
        assert found.endswith(" after")


@given(st.text(min_size=4).filter(lambda text: text not in MARK), st.text(), st.text())
def test_no_secret_survives(secret: str, before: str, after: str) -> None:
    """Whatever the text around it, a secret is gone afterwards, unless our mark completes one."""
    found = redact(before + secret + after, [secret])
    assert secret not in found or MARK in secret + found


def test_nothing_else_is_taken_out() -> None:
    """Texts without a secret stay as they are, and no secrets mean no change."""
    assert redact("cache.ttl is 30", ["hunter22", ""]) == "cache.ttl is 30"


def test_all_texts_of_a_result_are_redacted() -> None:
    """Every field that can hold what the subject said is redacted; ids, tokens and reach stay readable."""
    texts = {
        one.name: "hunter22"
        for one in fields(ScenarioResult)
        if one.name in ("message", "expected", "observed", "when", "details", "precondition")
    }
    result = replace(
        ScenarioResult("RLD-001", 1, "hunter22 scenario", Outcome.VIOLATED), journal=("hunter22",), replay="RLD-001:1:s"
    )
    found = redacted(replace(result, **texts), ["hunter22"])  # type: ignore[arg-type]

    assert {getattr(found, name) for name in texts} == {MARK}
    assert found.journal == (MARK,)
    assert (found.clause_id, found.replay, found.outcome) == ("RLD-001", "RLD-001:1:s", Outcome.VIOLATED)
    assert redacted(result, []) is result
