"""Answers of an aggregator as values: altering one, and seeing whether another one shows it."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Any

from pytest_policy_contracts.environment.foreign_values import entries_of, is_sequence, read, repr_of
from pytest_policy_contracts.steps import leftovers
from pytest_policy_contracts.steps.aggregating import reports_in
from pytest_policy_contracts.verification.snapshots import same
from pytest_policy_contracts.verification.violations import ContractViolation
from pytest_policy_contracts.verification.world import World

FIELDS = ("module", "component", "status", "message", "checked_at", "observed_since", "optional", "details")
_ATOMS = (str, bytes, int, float, bool, type(None), Enum, date)
_OF_THE_ANSWER = ("readiness", "health", "generated_at")


def note_answer(world: World, answer: Any) -> None:
    """Remember an answer, and what it says."""
    world.seen.noted_answer, world.seen.noted = answer, plain(answer)


def alter(world: World, answer: Any) -> None:
    """Change everything in an answer that can be changed: its reports, what stands in them, and itself."""
    reports_in(answer)
    leftovers.alter(read(answer, "reports"), FIELDS)
    leftovers.alter([answer], _OF_THE_ANSWER)
    world.witness("an answer was altered", True)


def claim_untouched(world: World) -> None:
    """Claim that the remembered answer still says what it said."""
    now = plain(world.seen.noted_answer)
    if not same(now, world.seen.noted):
        raise ContractViolation(expected=repr_of(world.seen.noted), observed=repr_of(now))


def claim_unmarked(answer: Any) -> None:
    """Claim that an answer shows nothing of what was done to an earlier one."""
    if leftovers.MARK in repr_of(plain(answer)):
        raise ContractViolation(expected="an answer that nobody has altered", observed=repr_of(plain(answer)))


def plain(answer: Any) -> dict[str, Any]:
    """Return an answer as plain values that share nothing with it, to be compared."""
    reports = read(answer, "reports")
    return {
        **{name: _copied(read(answer, name)) for name in _OF_THE_ANSWER},
        "reports": [_plain(one) for one in reports] if is_sequence(reports) else repr_of(reports),
    }


def _plain(report: Any) -> Any:
    fields = {name: _copied(read(report, name)) for name in FIELDS}
    return fields if any(value is not None for value in fields.values()) else repr_of(report)


def _copied(value: Any) -> Any:
    """Return a value that shares nothing with another one; what is neither plain nor a collection is copied as its text."""
    entries = entries_of(value)
    if entries is not None:
        return {repr_of(name): _copied(nested) for name, nested in entries.items()}
    if is_sequence(value):
        return [_copied(nested) for nested in value]
    return value if isinstance(value, _ATOMS) else repr_of(value)
