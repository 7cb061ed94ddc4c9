"""Health answers beside each other: whole when several are given at once, and independent of each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_policy_contracts.environment.foreign_values import has, read, repr_of
from pytest_policy_contracts.steps import leftovers
from pytest_policy_contracts.steps.checking import (
    ANSWERS,
    NOT_IN_ORDER,
    Name,
    check,
    is_answer,
    label,
    let_answers_expire,
    message_of,
    name_of,
    reports_of,
    require_end,
    require_in_order,
    require_in_time,
    shown,
    status_of,
)
from pytest_policy_contracts.verification.attempts import Attempt
from pytest_policy_contracts.verification.snapshots import noted, same
from pytest_policy_contracts.verification.violations import ContractViolation
from pytest_policy_contracts.verification.world import World

FIELDS = ("module", "component", "status", "message", "checked_at", "observed_since", "optional", "details")


# -- several at once ------------------------------------------------------------------------------------------------------


async def note_lone_answer(world: World) -> None:
    """Note what a lone caller gets of the same subject, once nobody else is asking."""
    first, *others = world.seen.together
    require_end(world, first)
    for attempt in others:
        require_in_time(world, attempt)
    await let_answers_expire(world)
    world.seen.lone = [name_of(report) for report in require_in_order(world, await check(world))]


def claim_whole(world: World, attempt: Attempt, number: int) -> None:
    """Claim that a caller got what a lone caller gets: the same reports, each once, in working order."""
    expected = f"caller {number} gets the reports of a lone check: {_listed(world.seen.lone)}"
    if not attempt.accepted or not is_answer(attempt.value):
        observed = shown(attempt.value) if attempt.accepted else str(attempt)
        raise ContractViolation(expected=expected, observed=observed)
    names = [name_of(report) for report in attempt.value]
    if sorted(names) != sorted(world.seen.lone):
        raise ContractViolation(expected=expected, observed=f"reports of {_listed(names)}")
    for report in attempt.value:
        if status_of(report) in NOT_IN_ORDER:
            observed = f"{label(report)} is {status_of(report)}: {message_of(report)}"
            raise ContractViolation(expected=expected, observed=observed)


def _listed(names: Sequence[Name]) -> str:
    return ", ".join(f"{module}/{component}" for module, component in names) or "nothing"


# -- independence ---------------------------------------------------------------------------------------------------------


async def alter_one_of(world: World, attempts: Sequence[Attempt], clause: str = ANSWERS) -> None:
    """Change everything that can be changed in the first answer, after noting what the other one says.

    `clause` is about attempts that are no answers.
    """
    first, other = (reports_of(world, attempt, clause) for attempt in attempts)
    world.seen.other, world.seen.noted = other, noted(_plain(other))
    leftovers.alter(first, FIELDS)
    world.witness("an answer was altered", True)


def claim_untouched(world: World) -> None:
    """Claim that the other answer still says what it said."""
    before, now = world.seen.noted, noted(_plain(world.seen.other))
    if len(before) != len(now):
        raise ContractViolation(expected=f"{len(before)} reports", observed=f"{len(now)}: {shown(now)}")
    for number, (was, is_now) in enumerate(zip(before, now, strict=True), 1):
        for field in was:
            if not same(was[field], is_now.get(field)):
                raise ContractViolation(
                    expected=f"{field} of report {number} stays {shown(was[field])}",
                    observed=f"{field} is {shown(is_now.get(field))}",
                )


def claim_unmarked(reports: Sequence[Any]) -> None:
    """Claim that an answer shows nothing of what was done to an earlier one."""
    if leftovers.MARK in repr_of(_plain(reports)):
        raise ContractViolation(expected="a new answer that nobody has altered", observed=shown(_plain(reports)))


def _plain(reports: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {name: read(report, name) for name in FIELDS} if has(report, "status") else {"report": report}
        for report in reports
    ]


def texts_of(reports: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Yield what a report shows to people, as (what it is, text)."""
    for report in reports:
        yield f"the message of {label(report)}", message_of(report)
        yield f"the details of {label(report)}", repr_of(read(report, "details", ""))
