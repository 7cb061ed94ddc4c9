"""The vocabulary of the contract HealthAggregator: what may be expected of what one caller is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pytest_policy_contracts.contracts import HealthStatus
from pytest_policy_contracts.environment.foreign_values import repr_of
from pytest_policy_contracts.environment.supplied_providers import number_in
from pytest_policy_contracts.steps import aggregating
from pytest_policy_contracts.steps.aggregating import (
    ANSWERS,
    CONCURRENT,
    CUTS_OFF,
    SURVIVES_PANICS,
    TELLS_ERRORS,
    Told,
    claim_kept,
    claim_provider_is,
    claim_status,
    limit_of,
    listed,
    reports_in,
    reports_of,
    require_answer,
    timeout_of,
)
from pytest_policy_contracts.steps.health_aggregator import (
    DEGRADED,
    FAULTY,
    HEALTHY,
    NOT,
    SLOW_SECONDS,
    THREE,
    UNHEALTHY,
    UNKNOWN,
)
from pytest_policy_contracts.steps.provider_faults import OTHER_ERRORS, TEMPORARY_ERRORS
from pytest_policy_contracts.steps.vocabulary import then
from pytest_policy_contracts.verification.attempts import Attempt, Ended
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

TOLERANCE_SECONDS = 0.1


# -- answers --------------------------------------------------------------------------------------------------------------


@then("health and readiness are healthy, and nothing is reported")
async def _(world: World) -> None:
    answer = require_answer(world.seen.attempt)
    claim_both(answer, HEALTHY)
    reports = reports_in(answer)
    if reports:
        raise ContractViolation(expected="no reports", observed=listed(reports))


def claim_both(answer: Any, expected: HealthStatus) -> None:
    """Claim that health and readiness are as expected."""
    for name in ("health", "readiness"):
        claim_status(answer, name, expected)


@then("neither health nor readiness is unknown")
async def _(world: World) -> None:
    answer = require_answer(world.seen.attempt)
    for name in ("health", "readiness"):
        if aggregating.status_in(answer, name) is UNKNOWN:
            raise ContractViolation(expected=f"{name} is not unknown", observed=f"{name} is unknown")


@then("health and readiness were the worst of what counts each time")
async def _(world: World) -> None:
    for providers, attempt in world.seen.told:
        _claim_worst(require_answer(attempt), providers)


@then("health was unhealthy each time, and readiness where it counts")
async def _(world: World) -> None:
    for providers, attempt in world.seen.told:
        _claim_worst(require_answer(attempt), providers, ANSWERS)


def _claim_worst(answer: Any, providers: Sequence[tuple[Any, str]], *clauses: str) -> None:
    """Claim that health and readiness are the worst; leave a claim that fails to `clauses`."""
    when = "of providers that are " + " and ".join(f"{_word(status)} ({way})" for status, way in providers)
    counted = {"health": providers, "readiness": [one for one in providers if one[1] == NOT]}
    for name, counting in counted.items():
        expected = _worst(status for status, _ in counting)
        with left_to(*clauses):
            claim_status(answer, name, expected, when)


def _worst(statuses: Iterable[Any]) -> HealthStatus:
    words = map(_word, statuses)
    return HealthStatus.worst(UNHEALTHY if word == UNKNOWN else HealthStatus(word) for word in words)


def _word(status: Any) -> str:
    return str(getattr(status, "name", status)).lower()


@then("health and readiness are degraded")
async def _(world: World) -> None:
    claim_both(require_answer(world.seen.attempt), DEGRADED)


@then("health and readiness are healthy")
async def _(world: World) -> None:
    claim_both(require_answer(world.seen.attempt), HEALTHY)


@then("every report is in the answer as its provider gave it")
async def _(world: World) -> None:
    reports = reports_in(require_answer(world.seen.attempt))
    calls = [call for calls in world.seen.chronicle.calls.values() for call in calls]
    for call in calls:
        statuses = [
            one.status for one in reports if one.module == call.provider and number_in(one.message) == call.number
        ]
        if call.provider != "silent" and HealthStatus.worst(one for one in statuses if one) is not call.status:
            raise ContractViolation(
                expected=f"a report about {call.provider} that is {call.status}, with its message",
                observed=listed(reports),
            )
    components = {(one.module, repr_of(one.component)) for one in reports}
    if len(components) != len(reports) or len(reports) < len(calls):
        raise ContractViolation(expected="every report once", observed=listed(reports))


@then("each of the three is reported healthy, and nothing else")
async def _(world: World) -> None:
    answer = require_answer(world.seen.attempt)
    claim_kept(answer, THREE)
    reports = reports_in(answer)
    if len(reports) != len(THREE):
        raise ContractViolation(expected="three reports", observed=listed(reports))


@then("that is refused with ValueError")
async def _(world: World) -> None:
    _claim_refused(world.seen.refusal, ValueError)


@then("that is refused with KeyError")
async def _(world: World) -> None:
    _claim_refused(world.seen.refusal, KeyError)


def _claim_refused(attempt: Attempt, kind: type[Exception]) -> None:
    if not (attempt.refused and any(one.__name__ == kind.__name__ for one in type(attempt.error).__mro__)):
        raise ContractViolation(expected=f"it raises {kind.__name__}", observed=str(attempt))


# -- what is wrong with a provider ----------------------------------------------------------------------------------------


@then("it answers all the same")
async def _(world: World) -> None:
    if not world.seen.attempt.accepted:
        with left_to(ANSWERS, CUTS_OFF):
            raise ContractViolation(
                expected="an answer, with a report about the provider", observed=str(world.seen.attempt)
            )


@then("there is one unhealthy report with the name of that provider as module")
async def _(world: World) -> None:
    reports = reports_in(world.seen.attempt.value)
    found = [one for one in reports if one.module == FAULTY]
    if len(found) != 1:
        with left_to(ANSWERS):
            raise ContractViolation(expected=f"one report with the module {FAULTY}", observed=listed(reports))
    with left_to(TELLS_ERRORS):
        _claim_says(found[0], UNHEALTHY)


def _claim_says(report: Told, expected: HealthStatus) -> None:
    if report.status is not expected:
        raise ContractViolation(expected=f"{report.module} is {expected}", observed=str(report))


@then("each of the others is reported healthy")
async def _(world: World) -> None:
    with left_to(ANSWERS):
        claim_kept(require_answer(world.seen.attempt), world.seen.healthy)


@then("each of them is reported degraded")
async def _(world: World) -> None:
    _claim_each(world, TEMPORARY_ERRORS, DEGRADED)


@then("each of them is reported unhealthy")
async def _(world: World) -> None:
    _claim_each(world, OTHER_ERRORS, UNHEALTHY)


def _claim_each(world: World, names: Iterable[str], expected: HealthStatus) -> None:
    answer = require_answer(world.seen.attempt, SURVIVES_PANICS)
    for name in names:
        claim_provider_is(answer, name, expected, SURVIVES_PANICS, when=f"a provider raises {name}")


@then("it answers within the provider timeout")
async def _(world: World) -> None:
    attempt: Attempt = world.seen.attempt
    call = world.seen.chronicle.calls[FAULTY][-1] if world.seen.chronicle.times(FAULTY) else None
    world.witness("a provider took its time", call is not None and (not call.ended or call.ended_at > call.began_at))
    if not attempt.accepted:
        expected = f"an answer within {limit_of(world):g} s, for a provider timeout of {timeout_of(world):g} s"
        with left_to(*(() if attempt.ended is Ended.HUNG else (ANSWERS,))):
            raise ContractViolation(expected=expected, observed=str(attempt))


@then("that provider is reported unhealthy")
async def _(world: World) -> None:
    claim_provider_is(world.seen.attempt.value, FAULTY, UNHEALTHY, SURVIVES_PANICS)


@then("the provider that took its time is reported healthy")
async def _(world: World) -> None:
    with left_to(ANSWERS, CONCURRENT):
        claim_provider_is(world.seen.attempt.value, FAULTY, HEALTHY)


@then("the report about it is optional")
async def _(world: World) -> None:
    answer = require_answer(world.seen.attempt, SURVIVES_PANICS, TELLS_ERRORS, CUTS_OFF)
    for one in reports_of(answer, FAULTY, SURVIVES_PANICS, CUTS_OFF):
        if one.optional is not True:
            raise ContractViolation(
                expected=f"the report about {FAULTY} is optional", observed=f"optional is {one.optional!r}"
            )


@then("readiness is healthy")
async def _(world: World) -> None:
    with left_to(ANSWERS):
        claim_status(require_answer(world.seen.attempt), "readiness", HEALTHY)


# -- time -----------------------------------------------------------------------------------------------------------------


@then("it answers after 2 seconds")
async def _(world: World) -> None:
    attempt: Attempt = world.seen.attempt
    slowest = max(SLOW_SECONDS)
    if not attempt.is_late:
        require_answer(attempt, ANSWERS, SURVIVES_PANICS, TELLS_ERRORS)
    if attempt.seconds > slowest + TOLERANCE_SECONDS:
        raise ContractViolation(expected=f"an answer after {slowest:g} s", observed=f"it took {attempt.seconds:g} s")


@then("the answer is the one from before")
async def _(world: World) -> None:
    claim_evaluation(world, 1)


@then("the answer in spite of that is the one from before")
async def _(world: World) -> None:
    answer = world.seen.attempt.value
    times = world.seen.chronicle.times(THREE[0])
    if not world.seen.attempt.accepted or times != 1:
        with left_to(aggregating.CACHES):
            raise ContractViolation(
                expected="one evaluation, and its answer", observed=f"{times}: {world.seen.attempt}"
            )
    with left_to(ANSWERS):
        claim_kept(answer, THREE)


@then("the answer is a new one")
async def _(world: World) -> None:
    claim_evaluation(world, 2)


@then("the answer is the new one still")
async def _(world: World) -> None:
    claim_evaluation(world, 2)


def claim_evaluation(world: World, number: int) -> None:
    """Claim that the answer is that of an evaluation, and that there was no further one."""
    expected: HealthStatus = world.seen.statuses[number - 1]
    answer = require_answer(world.seen.attempt, SURVIVES_PANICS, TELLS_ERRORS)
    times = world.seen.chronicle.times(FAULTY)
    if times != number:
        raise ContractViolation(
            expected=f"{number} evaluation{'s' if number > 1 else ''}, and the answer of the last", observed=f"{times}"
        )
    with left_to(ANSWERS, SURVIVES_PANICS, TELLS_ERRORS):
        claim_provider_is(answer, FAULTY, expected, when=f"after evaluation {number}")
