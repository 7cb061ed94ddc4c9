"""Replay tokens: which scenario, and which schedule of it."""

from __future__ import annotations

import re

from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.simulation.errors import ReplayError
from pytest_policy_contracts.simulation.schedules import Schedule

_TOKEN = re.compile(r"(?P<clause>[A-Z]{3}-\d{3}):(?P<number>\d{1,3}):(?P<schedule>.+)")


def parse_token(token: str) -> tuple[str, int, Schedule]:
    """Return clause id, scenario number and schedule; raise `UsageError` for a token that cannot be read."""
    match = _TOKEN.fullmatch(token.strip())
    if match is None:
        raise UsageError(f"{token!r} is no replay token; copy all of it from a replay line, such as RLD-007:1:s2.")
    try:
        return match["clause"], int(match["number"]), Schedule.from_token(match["schedule"])
    except ReplayError as error:
        raise UsageError(f"The replay token {token!r} cannot be used: {error}") from error
