"""Taking secret values out of everything that is reported."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, replace

from pytest_policy_contracts.verification.verdicts import ScenarioResult

MARK = "«redacted»"
"""Stands where a secret stood."""

SHORTEST_SECRET = 4
"""Shorter texts appear everywhere by chance, so that taking them out would leave nothing to read."""

_FIELDS_WITHOUT_SUBJECT_TEXT = frozenset({"clause_id", "name", "step", "replay", "reach", "realism"})


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with every secret, also in its escaped form, replaced by `MARK`."""
    for secret in secrets:
        for form in _forms(secret):
            text = text.replace(form, MARK)
    return text


def _forms(secret: str) -> list[str]:
    """Return how a text shows in messages: plain, in a repr, as bytes, in JSON; the longest first."""
    forms = {
        secret,
        repr(secret)[1:-1],
        ascii(secret)[1:-1],
        repr(secret.encode("utf-8", "surrogatepass"))[2:-1],
        json.dumps(secret)[1:-1],
    }
    return sorted(filter(None, forms), key=lambda form: (-len(form), form))


def redacted(result: ScenarioResult, secrets: list[str]) -> ScenarioResult:
    """Return the result without any secret in its texts."""
    if not secrets:
        return result
    texts = {
        field.name: redact(value, secrets)
        for field in fields(result)
        if isinstance(value := getattr(result, field.name), str)
        and type(value) is str
        and field.name not in _FIELDS_WITHOUT_SUBJECT_TEXT
    }
    journal = tuple(redact(line, secrets) for line in result.journal)
    return replace(result, **texts, journal=journal)  # type: ignore[arg-type]
