"""The vocabulary of the contract HealthProvider."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any

from pytest_policy_contracts.contracts import HealthStatus
from pytest_policy_contracts.environment.foreign_values import RAISED_BY_A_LOOK, read
from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.simulation.tasks import awaitable_as_coroutine
from pytest_policy_contracts.steps import answers, cancelling, leftovers, observing, secrecy
from pytest_policy_contracts.steps.checking import (
    ANSWERS,
    ENDS_IN_TIME,
    NOT_IN_ORDER,
    SHOWS_TROUBLE,
    UNDISTURBED,
    Name,
    check,
    check_cancelled_at_place,
    check_together,
    claim_recent,
    claim_since_before_check,
    field_of,
    is_answer,
    label,
    let_answers_expire,
    limit_of,
    message_of,
    moment_of,
    name_of,
    reports_of,
    reports_or_none,
    require_end,
    require_in_order,
    shown,
    status_of,
    statuses_of,
    told,
    worst_of,
)
from pytest_policy_contracts.steps.harness_doubts import disturb_and_watch, refuse_idle, require_shape
from pytest_policy_contracts.steps.vocabulary import given, style_probe, then, when
from pytest_policy_contracts.verification.attempts import Attempt, Ended, describe_error
from pytest_policy_contracts.verification.violations import ContractViolation, NotApplicable, Precondition, left_to
from pytest_policy_contracts.verification.world import World

AN_HOUR = 3600.0


@style_probe("HealthProvider")
async def _(world: World, may_call: bool) -> bool | None:
    subject = await world.create()
    require_shape(world, subject, "health_check")
    if inspect.iscoroutinefunction(subject.health_check):
        return True
    if not may_call:
        return None
    result = subject.health_check()
    if not inspect.isawaitable(result):
        return False
    world.loop.create_task(awaitable_as_coroutine(result)).cancel()
    return True


# -- given ----------------------------------------------------------------------------------------------------------------


@given("a fresh provider")
async def _(world: World) -> None:
    world.subject = await world.create()


@given("a fresh provider, with what is running noted")
async def _(world: World) -> None:
    await leftovers.create_with_footprint(world)


@given("its health has been checked")
async def _(world: World) -> None:
    world.seen.first = require_in_order(world, await check(world))


@given("its dependency is broken")
async def _(world: World) -> None:
    await disturb_and_watch(world, "break_dependency")


@given("its dependency hangs")
async def _(world: World) -> None:
    await disturb_and_watch(world, "hang_dependency")


# -- when -----------------------------------------------------------------------------------------------------------------


@when("its health is checked")
async def _(world: World) -> None:
    await check(world)


@when("an hour passes")
async def _(world: World) -> None:
    await world.pass_time(AN_HOUR)


@when("cached answers have expired")
async def _(world: World) -> None:
    await let_answers_expire(world)


@when("its dependency is restored")
async def _(world: World) -> None:
    await disturb_and_watch(world, "restore_dependency")


@when("its dependency breaks and comes back three times, with a check each time")
async def _(world: World) -> None:
    for _number in range(3):
        await disturb_and_watch(world, "break_dependency")
        await let_answers_expire(world)
        require_end(world, await check(world))
        await disturb_and_watch(world, "restore_dependency")


@when("the check is cancelled at each place where it waits")
async def _(world: World) -> None:
    await check_cancelled_at_place(world)


@when("its health is checked by three callers at the same time")
async def _(world: World) -> None:
    attempts = await check_together(world, 3)
    world.witness("three callers asked", len(attempts) == 3)


@when(
    "its health is checked by three callers at the same time, and the first is cancelled at each place where it waits"
)
async def _(world: World) -> None:
    points = CancelPoints(world.plan.place)
    await check_together(world, 3, points)
    cancelling.note_cancellation(world, points, "check")


@when("it is checked once more by a lone caller")
async def _(world: World) -> None:
    await answers.note_lone_answer(world)


@when("its health is checked twice, and then the first answer is altered")
async def _(world: World) -> None:
    await answers.alter_one_of(world, [await check(world), await check(world)])


@when("its health is checked by two callers at the same time, and then the first answer is altered")
async def _(world: World) -> None:
    await answers.alter_one_of(world, await check_together(world, 2), UNDISTURBED)


@when("its health is checked while the event loop is watched")
async def _(world: World) -> None:
    async def call() -> None:
        require_end(world, await check(world))

    await observing.watch_loop(world, runs=3, call=call)


@when("its health is checked, checked again, and checked with its dependency broken, a good minute apart")
async def _(world: World) -> None:
    world.seen.series = [require_in_order(world, await check(world))]
    await let_answers_expire(world)
    world.seen.series.append(reports_of(world, await check(world)))
    await disturb_and_watch(world, "break_dependency")
    await let_answers_expire(world)
    world.seen.series.append(reports_or_none(world, await check(world)))


@when("its health is checked ten times in a row")
async def _(world: World) -> None:
    world.seen.series = [reports_of(world, await check(world)) for _ in range(10)]


# -- answers --------------------------------------------------------------------------------------------------------------


@then("it answers with at least one report")
async def _(world: World) -> None:
    attempt: Attempt = world.seen.attempt
    require_end(world, attempt)
    if not attempt.accepted:
        raise ContractViolation(expected="reports", observed=str(attempt))
    if not is_answer(attempt.value) or not attempt.value:
        raise ContractViolation(expected="a sequence of at least one report", observed=shown(attempt.value))


@then("no report is unhealthy or unknown")
async def _(world: World) -> None:
    claim_in_order(reports_of(world, world.seen.attempt))


def claim_in_order(reports: Any) -> None:
    """Claim that no report is unhealthy or unknown; a status that is none of the four is another clause's business."""
    for report in reports:
        if status_of(report) in NOT_IN_ORDER:
            observed = f"{label(report)} is {status_of(report)}: {message_of(report)}"
            raise ContractViolation(expected="healthy or degraded, with everything in order", observed=observed)


@then("every report names a module and a component")
async def _(world: World) -> None:
    for report in reports_or_none(world, world.seen.attempt):
        for name in ("module", "component"):
            value = field_of(report, name, own=True)
            if not isinstance(value, str) or not value.strip():
                raise ContractViolation(
                    expected=f"{name} is a text that is not empty", observed=f"{name} is {shown(value)}"
                )


@then("every status is one of the four")
async def _(world: World) -> None:
    for report in reports_or_none(world, world.seen.attempt):
        if status_of(report, own=True) is None:
            observed = f"status of {label(report)} is {shown(field_of(report, 'status'))}"
            raise ContractViolation(expected="healthy, degraded, unhealthy or unknown", observed=observed)


@then("no two reports have the same module and component")
async def _(world: World) -> None:
    names = Counter(map(name_of, reports_or_none(world, world.seen.attempt)))
    for name, times in names.items():
        if times > 1:
            raise ContractViolation(expected="one report for each module and component", observed=f"{times} for {name}")


@then("every report was made within the last 60 seconds")
async def _(world: World) -> None:
    for report in reports_of(world, world.seen.attempt):
        claim_recent(world, report)


@then("no status is observed since a moment after its check")
async def _(world: World) -> None:
    for report in reports_of(world, world.seen.attempt):
        claim_since_before_check(report)


@then("the details of every report can be written as strict JSON")
async def _(world: World) -> None:
    for report in reports_or_none(world, world.seen.attempt):
        details = read(report, "details")
        try:
            json.dumps(dict(details) if details is not None else {}, allow_nan=False)
        except RAISED_BY_A_LOOK as error:
            observed = f"details of {label(report)} are {shown(details)}: {describe_error(error)}"
            raise ContractViolation(expected="details that are strict JSON", observed=observed) from error


# -- ends -----------------------------------------------------------------------------------------------------------------


@then("the check ended within its timeout")
async def _(world: World) -> None:
    if world.seen.attempt.ended is Ended.HUNG:
        expected = f"the check ends within {limit_of(world):g} s"
        raise ContractViolation(expected=expected, observed=str(world.seen.attempt))


@then("the check ended within its timeout although the dependency hangs")
async def _(world: World) -> None:
    if world.seen.attempt.ended is Ended.HUNG:
        expected = f"the check ends within {limit_of(world):g} s, with its dependency hanging"
        raise Precondition(ENDS_IN_TIME, expected=expected, observed=str(world.seen.attempt))


@then("it raised, or its worst status is not healthy")
async def _(world: World) -> None:
    claim_trouble_shows(world, world.seen.attempt)


def claim_trouble_shows(world: World, attempt: Attempt) -> None:
    """Claim that a check with its dependency in disorder did not say healthy."""
    require_end(world, attempt)
    expected = "an Exception, or a worst status that is not healthy"
    if attempt.accepted:
        if worst_of(reports_of(world, attempt)) is HealthStatus.HEALTHY:
            refuse_idle(world)
            raise ContractViolation(expected=expected, observed=f"healthy: {told(attempt.value)}")
    elif not attempt.refused:
        raise ContractViolation(expected=expected, observed=str(attempt))


@then("it is as healthy as it was")
async def _(world: World) -> None:
    attempt: Attempt = world.seen.attempt
    require_end(world, attempt)
    before = worst_of(world.seen.first)
    expected = f"{before} again"
    if not attempt.accepted:
        refuse_idle(world)
        raise ContractViolation(expected=expected, observed=str(attempt))
    now = worst_of(reports_of(world, attempt))
    if HealthStatus.worst((before, now)) is not before:
        refuse_idle(world)
        raise ContractViolation(expected=expected, observed=f"{now}: {told(attempt.value)}")


@then("the check ends as cancelled every time")
async def _(world: World) -> None:
    cancelling.claim_cancelled(world.seen.attempt, "check")


# -- several at once ------------------------------------------------------------------------------------------------------


@then("each of them gets a whole, valid answer")
async def _(world: World) -> None:
    for number, attempt in enumerate(world.seen.together, 1):
        with left_to(ANSWERS):
            answers.claim_whole(world, attempt, number)


@then("each of the others gets a whole, valid answer")
async def _(world: World) -> None:
    for number, attempt in enumerate(world.seen.together[1:], 2):
        with left_to(ANSWERS):
            answers.claim_whole(world, attempt, number)


@then("each of them ended within its timeout, and none of them says healthy")
async def _(world: World) -> None:
    for attempt in world.seen.together:
        with left_to(SHOWS_TROUBLE):
            claim_trouble_shows(world, attempt)


@then("the other answer is what it was")
async def _(world: World) -> None:
    answers.claim_untouched(world)


@then("a new answer shows nothing of the alteration")
async def _(world: World) -> None:
    answers.claim_unmarked(reports_of(world, await check(world)))


# -- what is left, what shows, what stays ---------------------------------------------------------------------------------


@then("the check leaves nothing running")
async def _(world: World) -> None:
    require_end(world, world.seen.attempt)
    await leftovers.claim_nothing_left(world)


@then("no secret appears in a report, an error or the log")
async def _(world: World) -> None:
    require_end(world, world.seen.attempt)
    attempt: Attempt = world.seen.attempt
    texts = answers.texts_of(attempt.value) if attempt.accepted and is_answer(attempt.value) else ()
    secrecy.claim_no_secret_in(world, texts)


@then("the moments stayed while the statuses stayed")
async def _(world: World) -> None:
    for first, second in pairwise(world.seen.series):
        _claim_stayed(first, second)


def _claim_stayed(first: Any, second: Any) -> None:
    before, after = statuses_of(first), statuses_of(second)
    then_, now = _moments(first), _moments(second)
    for name in (one for one in before if one in after):
        if before[name] is after[name] and then_[name] != now[name]:
            raise ContractViolation(
                expected=f"observed_since of {name} stays {then_[name]} while it stays {before[name]}",
                observed=f"observed_since is {now[name]}",
            )


@then("the moments moved where the statuses changed")
async def _(world: World) -> None:
    _, second, third = world.seen.series
    if not third:
        how = "answers with no report" if world.seen.attempt.accepted else "raises"
        raise NotApplicable(f"with its dependency broken the check {how}, so there is no status that has changed")
    before, after = statuses_of(second), statuses_of(third)
    then_, now = _moments(second), _moments(third)
    for name in (one for one in before if one in after):
        if before[name] is not after[name] and not now[name] > then_[name]:
            raise ContractViolation(
                expected=f"observed_since of {name} is after {then_[name]}, since it went from {before[name]} to {after[name]}",
                observed=f"observed_since is {now[name]}",
            )


def _moments(reports: Any) -> dict[Name, datetime]:
    return {name_of(report): moment_of(report, "observed_since") for report in reports}


@then("all answers have the same statuses")
async def _(world: World) -> None:
    first, *others = map(statuses_of, world.seen.series)
    for number, statuses in enumerate(others, 2):
        if statuses != first:
            raise ContractViolation(
                expected=f"{_listed(first)}, as in the first check", observed=f"{_listed(statuses)} in check {number}"
            )


def _listed(statuses: dict[Name, HealthStatus]) -> str:
    return ", ".join(f"{module}/{component} {status}" for (module, component), status in statuses.items())
