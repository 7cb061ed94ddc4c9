"""Checking a subject's health, disturbing what it depends on, and what may be expected of an answer.

The steps of `health_provider` say in plain language what happens; this is how it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from pytest_policy_contracts.contracts import HealthStatus
from pytest_policy_contracts.environment.foreign_values import (
    Unreadable,
    in_utc,
    is_sequence,
    read,
    repr_of,
    text_of,
)
from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.simulation.clock import EPOCH, real_time
from pytest_policy_contracts.steps import cancelling
from pytest_policy_contracts.verification.attempts import Attempt, Ended
from pytest_policy_contracts.verification.violations import ContractViolation, Precondition, Untested
from pytest_policy_contracts.verification.world import World

ANSWERS = "HLT-001"
NAMES_ITS_PARTS = "HLT-002"
KNOWN_STATUSES = "HLT-003"
ENDS_IN_TIME = "HLT-006"
ENDS_THOUGH_HANGING = "HLT-007"
ENDS_AS_CANCELLED = "HLT-008"
SHOWS_TROUBLE = "HLT-009"
UNDISTURBED = "HLT-011"

_CLAUSES = {
    "module": NAMES_ITS_PARTS, "component": NAMES_ITS_PARTS, "status": KNOWN_STATUSES,
    "checked_at": "HLT-005", "observed_since": "HLT-005",
}  # fmt: skip
"""Which clause a field of a report is a matter of."""

LONGEST_CACHED_SECONDS = 60.0
"""How old an answer may be; what was found out before that has to be found out again."""

_TICK = timedelta(milliseconds=1)
"""Moments are compared up to the rounding of binary fractions."""

_OUT_OF_THIS_WORLD = timedelta(hours=1)
NOT_IN_ORDER = (HealthStatus.UNHEALTHY, HealthStatus.UNKNOWN)
_MISSING = object()
_STATUSES = {status.value: status for status in HealthStatus}

Name = tuple[str, str]
"""Module and component of a report."""


# -- calling --------------------------------------------------------------------------------------------------------------


def limit_of(world: World) -> float:
    """Return how many seconds the harness gives a check."""
    limit: object = world.harness.check_timeout  # type: ignore[attr-defined]
    if not isinstance(limit, timedelta) or limit <= timedelta(0):
        raise HarnessError(
            f"{type(world.harness).__name__}.check_timeout is {limit!r}; write a timedelta above zero, such as "
            "timedelta(seconds=5)."
        )
    return limit.total_seconds()


async def check(world: World, points: CancelPoints | None = None) -> Attempt:
    """Ask the subject for its health, and remember how that ended."""
    require_alive(world)
    # After a cancellation the subject gets its whole timeout again for a clean-up.
    limit = limit_of(world) * (1 if points is None else 2)
    attempt = await world.attempt(world.subject.health_check, limit=limit, points=points)
    note(world, attempt)
    return attempt


def note(world: World, *attempts: Attempt) -> None:
    """Make the last attempt the one that the following claims speak of."""
    world.seen.attempt = attempts[-1]
    world.seen.attempts = [*getattr(world.seen, "attempts", []), *attempts]
    world.witness("the health was checked", True)


async def check_together(world: World, callers: int, points: CancelPoints | None = None) -> list[Attempt]:
    """Ask for the health with several callers at the same time, of which `points` cancels the first."""
    limit = limit_of(world) * (1 if points is None else 2)
    attempts = await world.together([(world.subject.health_check, ())] * callers, limit=limit, points=points)
    note(world, *attempts)
    world.seen.together = attempts
    return attempts


async def check_cancelled_at_place(world: World) -> None:
    """Check and cancel at the place of this run; a run without a place only counts the places."""
    points = CancelPoints(world.plan.place)
    await check(world, points)
    cancelling.note_cancellation(world, points, "check")


# -- disturbing -----------------------------------------------------------------------------------------------------------


async def disturb(world: World, method: str) -> None:
    """Do to the subject's dependency what the harness's `method` does."""
    require_alive(world)
    await world.ask(method, world.subject)
    world.witness(f"{method}() was called", True)


async def let_answers_expire(world: World) -> None:
    """Let so much time pass that no honest provider answers from before."""
    await world.pass_time(LONGEST_CACHED_SECONDS + 1.0)


# -- what an attempt has to be for a claim --------------------------------------------------------------------------------


def require_end(world: World, attempt: Attempt) -> None:
    """Leave a check without an end to the clause that forbids it."""
    if attempt.ended is not Ended.HUNG:
        return
    if world.place_reached:
        raise Precondition(
            ENDS_AS_CANCELLED, expected="the cancelled check ends with CancelledError", observed=str(attempt)
        )
    require_in_time(world, attempt)


def require_in_time(world: World, attempt: Attempt) -> None:
    """As `require_end`, for a check that nobody has cancelled."""
    if attempt.ended is not Ended.HUNG:
        return
    clauses = (ENDS_IN_TIME, ENDS_THOUGH_HANGING) if was_done(world, "hang_dependency") else (ENDS_IN_TIME,)
    raise Precondition(*clauses, expected=f"the check ends within {limit_of(world):g} s", observed=str(attempt))


def require_alive(world: World) -> None:
    """Go on only if nothing has come to a stop for good: no further call could be made."""
    if world.is_stuck:
        require_end(world, world.seen.attempt)


def reports_of(world: World, attempt: Attempt, clause: str = ANSWERS) -> Sequence[Any]:
    """Return the reports of an answer; leave what is no answer to the clause that asks for one."""
    require_end(world, attempt)
    if not attempt.accepted:
        raise Precondition(clause, expected="reports", observed=str(attempt))
    if not is_answer(attempt.value):
        raise Precondition(clause, expected="a sequence of reports", observed=shown(attempt.value))
    reports: Sequence[Any] = attempt.value
    return reports


def reports_or_none(world: World, attempt: Attempt) -> Sequence[Any]:
    """Return the reports of an answer, or none where the check raised, as it may with a broken dependency."""
    if not (was_done(world, "break_dependency") or was_done(world, "hang_dependency")):
        return reports_of(world, attempt)
    require_end(world, attempt)
    return () if attempt.refused else reports_of(world, attempt, SHOWS_TROUBLE)


def require_in_order(world: World, attempt: Attempt) -> Sequence[Any]:
    """Return the reports of a check with everything in order; leave bad news to the clause that forbids them then."""
    reports = reports_of(world, attempt)
    for report in reports:
        if status_of(report) in NOT_IN_ORDER:
            raise Precondition(
                ANSWERS, expected="healthy or degraded", observed=f"{label(report)} is {status_of(report)}"
            )
    return reports


def was_done(world: World, method: str) -> bool:
    """Tell whether `disturb` has called the method in this run."""
    return f"{method}() was called" in world.witnesses


def is_answer(value: object) -> bool:
    """Tell whether a value is a sequence of reports."""
    return is_sequence(value)


def shown(value: object) -> str:
    """Return a value as text of bounded length."""
    text = repr_of(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def told(reports: Sequence[object]) -> str:
    """Return an answer in short: who is how, and why."""
    parts = (f"{label(one)} is {text_of(read(one, 'status', '?'))} ({message_of(one)})" for one in reports)
    return "; ".join(parts) or "no reports"


# -- what stands in a report ----------------------------------------------------------------------------------------------


def field_of(report: object, name: str, *, own: bool = False) -> Any:
    """Return a field; one that is not to be had is left to the clause about it, or with `own` breaks the promise at hand."""
    value = read(report, name, _MISSING)
    if value is _MISSING:
        observed = f"a {type(report).__name__} without {name}: {shown(report)}"
        raise _fault(name, f"every report has {name}", observed, own)
    if isinstance(value, Unreadable):
        raise _fault(name, f"{name} can be read", f"{name} of a {type(report).__name__}: {value}", own)
    return value


def _fault(field: str, expected: str, observed: str, own: bool) -> Exception:
    if own:
        return ContractViolation(expected=expected, observed=observed)
    return Precondition(_CLAUSES[field], expected=expected, observed=observed)


def name_of(report: object) -> Name:
    """Return module and component; leave what is no text to the clause about them."""
    return _text_in(report, "module"), _text_in(report, "component")


def _text_in(report: object, name: str) -> str:
    value = field_of(report, name)
    if not isinstance(value, str):
        raise _fault(name, f"{name} is a text", f"{name} is {shown(value)}", own=False)
    return value


def label(report: object) -> str:
    """Return ``cache/redis``, to say which report is meant."""
    return f"{text_of(read(report, 'module', '?'))}/{text_of(read(report, 'component', '?'))}"


def message_of(report: object) -> str:
    """Return the message, or nothing where there is none."""
    return text_of(read(report, "message", ""))


def status_of(report: object, *, own: bool = False) -> HealthStatus | None:
    """Return the status, by name or value and in any case; None when it is none of the four."""
    value = field_of(report, "status", own=own)
    for text in (read(value, "value"), read(value, "name")) if isinstance(value, Enum) else (value,):
        if isinstance(text, str) and text.lower() in _STATUSES:
            return _STATUSES[text.lower()]
    return None


def known_status_of(report: object) -> HealthStatus:
    """Return the status; leave one that is none of the four to the clause about them."""
    status = status_of(report)
    if status is None:
        observed = f"{label(report)} is {shown(field_of(report, 'status'))}"
        raise Precondition(KNOWN_STATUSES, expected="one of " + ", ".join(_STATUSES), observed=observed)
    return status


def worst_of(reports: Sequence[object]) -> HealthStatus:
    """Return the worst status of an answer."""
    return HealthStatus.worst(map(known_status_of, reports))


def statuses_of(reports: Sequence[object]) -> dict[Name, HealthStatus]:
    """Return the status of each module and component."""
    return {name_of(report): known_status_of(report) for report in reports}


def moment_of(report: object, name: str, *, own: bool = False) -> datetime:
    """Return a moment with a timezone, in UTC; anything else is a matter of the clause about moments."""
    value = field_of(report, name, own=own)
    moment = in_utc(value)
    if moment is None:
        observed = f"{name} of {label(report)} is {shown(value)}"
        raise _fault(name, f"{name} is a datetime with a timezone", observed, own)
    return moment


def now_of(world: World) -> datetime:
    """Return the world's time."""
    return datetime.fromtimestamp(EPOCH + world.clock.now, UTC)


def claim_recent(world: World, report: object) -> None:
    """Claim that a report is at most a minute old and not from the future."""
    checked_at, now = moment_of(report, "checked_at", own=True), now_of(world)
    require_same_clock(checked_at, now, "the provider", "checked_at")
    oldest = now - timedelta(seconds=LONGEST_CACHED_SECONDS)
    if not oldest - _TICK <= checked_at <= now + _TICK:
        raise ContractViolation(
            expected=f"checked_at between {oldest} and {now}", observed=f"checked_at of {label(report)} is {checked_at}"
        )


def require_same_clock(stamp: datetime, now: datetime, who: str, field: str) -> None:
    """Refuse to judge a moment that was read from the machine's clock, because the world's could not replace it."""
    machine = datetime.fromtimestamp(real_time["time"](), UTC)
    if abs(stamp - machine) < _OUT_OF_THIS_WORLD < abs(stamp - now):
        raise Untested(
            f"{who} reads a clock that the simulated world cannot replace: its {field} is the machine's time. "
            "Let it read time.time() or datetime.now()"
        )


def claim_since_before_check(report: object) -> None:
    """Claim that a status was not first observed after the check that reports it."""
    since, checked_at = moment_of(report, "observed_since", own=True), moment_of(report, "checked_at", own=True)
    if since - checked_at > _TICK:
        raise ContractViolation(
            expected=f"observed_since of {label(report)} is not after its checked_at, {checked_at}",
            observed=f"observed_since is {since}",
        )
