"""Reloading a subject, looking at its settings, and what may be expected of them.

The steps of `reloadable` say in plain language what happens; this is how it is done.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pytest_policy_contracts.contracts import ConfigChange
from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.steps import cancelling, drawing
from pytest_policy_contracts.verification.attempts import Attempt, Ended
from pytest_policy_contracts.verification.snapshots import frozen_copy, same
from pytest_policy_contracts.verification.violations import (
    ContractViolation,
    NotApplicable,
    Precondition,
    Untested,
)
from pytest_policy_contracts.verification.world import World

LONGEST_TIMEOUT = timedelta(hours=24)
ENDS_IN_TIME = "RLD-008"
ENDS_AS_CANCELLED = "RLD-006"
REFUSES_INVALID = "RLD-009"

_ATOMS = frozenset({str, int, float, bool, bytes, type(None)})


# -- changes --------------------------------------------------------------------------------------------------------------


async def changes_of(world: World, method: str) -> list[Any]:
    """Return a fresh mutable list with deep copies of the changes that the harness names."""
    known = await world.remember(method, lambda: _ask_for_changes(world, method))
    return fresh(known)


async def _ask_for_changes(world: World, method: str) -> list[Any]:
    answer = drawing.value_of(world, method, await world.ask(method))
    if isinstance(answer, (str, bytes)) or not isinstance(answer, Sequence):
        raise HarnessError(
            f"{type(world.harness).__name__}.{method}() returned {answer!r}; return a list of changes, such as "
            '[ConfigChange.modified("cache.ttl", 30, 60)].'
        )
    if not answer:
        raise HarnessError(f"{type(world.harness).__name__}.{method}() returned no changes; return at least one.")
    redact_sensitive(world, answer)
    return list(answer)


def redact_sensitive(world: World, changes: Sequence[Any]) -> None:
    """Keep the values of sensitive changes out of every report."""
    hidden = world.memo.setdefault("redactions", [])
    for change in changes:
        if getattr(change, "sensitive", False):
            values = (getattr(change, "old", None), getattr(change, "new", None))
            hidden += [value for value in values if isinstance(value, str) and value]


def fresh(changes: Sequence[Any]) -> list[Any]:
    """Return a new list with copies that share nothing mutable with `changes`."""
    return [change if _is_immutable(change) else copy.deepcopy(change) for change in changes]


def _is_immutable(change: Any) -> bool:
    return type(change) is ConfigChange and type(change.old) in _ATOMS and type(change.new) in _ATOMS


# -- reloading ------------------------------------------------------------------------------------------------------------


def timeout_of(subject: Any) -> Any:
    """Read `reload_timeout`, an attribute or a method."""
    value = subject.reload_timeout
    return value() if callable(value) else value


def is_sound_timeout(value: object) -> bool:
    """Tell whether a reload timeout is above zero and at most 24 hours."""
    return isinstance(value, timedelta) and timedelta(0) < value <= LONGEST_TIMEOUT


def limit_of(world: World) -> float:
    """Return how many seconds the subject gives itself; the longest time allowed where it says nothing sensible."""
    try:
        value = timeout_of(world.subject)
    except Exception:
        return LONGEST_TIMEOUT.total_seconds()
    return (value if is_sound_timeout(value) else LONGEST_TIMEOUT).total_seconds()


async def reload(world: World, changes: list[Any], points: CancelPoints | None = None) -> Attempt:
    """Hand `changes` to the subject, and remember how that ended."""
    if world.is_stuck:
        require_end(world, world.seen.attempt)
    # After a cancellation the subject gets its whole timeout again for a clean-up or a commit.
    limit = limit_of(world) * (1 if points is None else 2)
    world.seen.handed_in, world.seen.pristine = changes, fresh(changes)
    attempt = await world.attempt(world.subject.reload, changes, limit=limit, points=points)
    note(world, attempt)
    return attempt


def note(world: World, attempt: Attempt) -> None:
    """Make an attempt the one that the following claims speak of."""
    world.seen.attempt = attempt
    world.seen.attempts = [*getattr(world.seen, "attempts", []), attempt]


def require_end(world: World, attempt: Attempt) -> None:
    """Leave a reload without an end to the clause that forbids it."""
    if world.place_reached:
        require_end_after_cancellation(world)
    if attempt.ended is Ended.HUNG:
        raise Precondition(
            ENDS_IN_TIME,
            expected=f"the reload ends within {limit_of(world):g} s, its reload timeout",
            observed=str(attempt),
        )


def require_accepted(world: World, attempt: Attempt, method: str = "changes") -> None:
    """Make sure that changes which the harness calls valid were accepted by a subject in good order."""
    require_end(world, attempt)
    if not attempt.accepted and any(world.plan.choices.decisions):
        # In the undisturbed run they were accepted, so that neither the harness nor this clause is to blame.
        raise Untested(f"under this schedule valid changes are refused: {attempt}")
    if not attempt.accepted:
        raise HarnessError(
            f"{type(world.harness).__name__}.{method}() should be valid for a fresh subject, but {attempt}. "
            f"Hand in changes that the module accepts, or mend the module."
        )


def claim_accepted(world: World, attempt: Attempt) -> None:
    """Claim that the reload was accepted."""
    require_end(world, attempt)
    if not attempt.accepted:
        raise ContractViolation(expected="the reload is accepted", observed=str(attempt))


# -- settings -------------------------------------------------------------------------------------------------------------


async def settings_of(world: World, subject: Any) -> Any:
    """Return a copy of the subject's settings."""
    settings = frozen_copy(await world.ask("snapshot", subject))
    if "snapshot compared" not in world.memo:
        world.memo["snapshot compared"] = True
        await _require_comparable(world, subject, settings)
    return settings


async def _require_comparable(world: World, subject: Any, settings: Any) -> None:
    """Tell a snapshot that is never the same from a subject that has changed: nothing has happened in between."""
    again = frozen_copy(await world.ask("snapshot", subject))
    if not same(settings, again):
        raise HarnessError(
            f"{type(world.harness).__name__}.snapshot() answers something else each time, with nothing in between: "
            f"{shown(settings)}, then {shown(again)}. Return plain values of the settings only: no time, counter or object "
            "that compares by identity."
        )


async def know_settings(world: World) -> None:
    """Note the original settings of the subject, and what another fresh subject's are after an undisturbed reload."""
    world.seen.original = await settings_of(world, world.subject)
    world.seen.new = await world.remember("new settings", lambda: _settings_after_reload(world))
    if same(world.seen.original, world.seen.new) and world.plan.values:
        world.enough_seen()  # made up, and by chance what is there already
    if same(world.seen.original, world.seen.new):
        raise HarnessError(
            f"{type(world.harness).__name__}.changes() change nothing that snapshot() shows: both are "
            f"{world.seen.new!r}. Name changes of settings that snapshot() returns."
        )


async def _settings_after_reload(world: World) -> Any:
    subject = await world.create()
    attempt = await world.attempt(subject.reload, await changes_of(world, "changes"), limit=limit_of(world))
    require_accepted(world, attempt)
    return await settings_of(world, subject)


def claim_one_of(settings: Any, *allowed: Any, when: str = "") -> None:
    """Claim that settings are one of those allowed."""
    if not any(same(settings, one) for one in allowed):
        expected = " or ".join(shown(one) for one in allowed)
        raise ContractViolation(expected=expected, observed=shown(settings), when=when)


def shown(settings: Any) -> str:
    """Return settings as text, in an order that does not depend on hashes."""
    if isinstance(settings, (set, frozenset)):
        return "{" + ", ".join(sorted(map(repr, settings))) + "}" if settings else "set()"
    return repr(settings)


def known_part(settings: Any, like: Any) -> Any:
    """Return of a mapping only the keys that `like` has; other settings as they are."""
    if not (isinstance(settings, dict) and isinstance(like, dict)):
        return settings
    part = copy.copy(settings)
    for key in settings.keys() - like.keys():
        del part[key]
    return part


# -- cancelling -----------------------------------------------------------------------------------------------------------


async def reload_cancelled_at_place(world: World) -> None:
    """Reload and cancel at the place of this run; a run without a place only counts the places."""
    points = CancelPoints(world.plan.place)
    await reload(world, await changes_of(world, "changes"), points)
    note_cancellation(world, points)


def note_cancellation(world: World, points: CancelPoints) -> None:
    """Remember where the reload was cancelled, or, in a run without a place, how many places there are."""
    if not world.plan.place:
        require_accepted(world, world.seen.attempt)
    cancelling.note_cancellation(world, points, "reload")


def claim_cancelled(world: World) -> None:
    """Claim that the cancelled reload ended as cancelled."""
    cancelling.claim_cancelled(world.seen.attempt, "reload")


def require_end_after_cancellation(world: World) -> None:
    """Leave a cancelled reload without an end to the clause that forbids it."""
    attempt: Attempt = world.seen.attempt
    if attempt.ended is Ended.HUNG:
        raise Precondition(
            ENDS_AS_CANCELLED, expected="the cancelled reload ends with CancelledError", observed=str(attempt)
        )


# -- refusing -------------------------------------------------------------------------------------------------------------


def require_refused(world: World) -> None:
    """Go on only if the changes were refused; accepting what the harness calls invalid breaks another clause."""
    attempt: Attempt = world.seen.attempt
    require_end(world, attempt)
    if not attempt.accepted:
        return
    if world.seen.invalid_alone:
        raise Precondition(REFUSES_INVALID, expected="the reload is refused with an exception", observed=str(attempt))
    raise NotApplicable("the module accepts the invalid changes in this situation")


def is_awaited(function: Any) -> bool:
    """Tell without a call that a function returns an awaitable."""
    return inspect.iscoroutinefunction(function)
