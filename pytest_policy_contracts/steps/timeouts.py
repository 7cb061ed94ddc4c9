"""Reading a reload timeout, and keeping it."""

from __future__ import annotations

from typing import Any

from pytest_policy_contracts.steps.reloading import is_sound_timeout, limit_of, timeout_of
from pytest_policy_contracts.verification.attempts import Attempt, Ended, describe_error
from pytest_policy_contracts.verification.violations import ContractViolation, Precondition
from pytest_policy_contracts.verification.world import World

SOUND_TIMEOUT = "RLD-001"


async def read_timeouts(world: World, *, times: int, seconds: float) -> list[Any]:
    """Read the timeout several times, spread over some virtual time."""
    readings = [read_timeout(world)]
    for _ in range(times - 1):
        await world.pass_time(seconds / times)
        readings.append(read_timeout(world))
    world.witness("the timeout was read again", True)
    return readings


def read_timeout(world: World) -> Any:
    """Read the timeout once; an error while reading breaks the promise."""
    try:
        return timeout_of(world.subject)
    except Exception as error:
        raise ContractViolation(
            expected="reload_timeout can be read", observed=f"reading it raised {describe_error(error)}"
        ) from error


def claim_ended_in_time(world: World) -> None:
    """Claim that the last reload ended within the timeout that the subject names."""
    attempt: Attempt = world.seen.attempt
    value = read_timeout(world)
    if not is_sound_timeout(value):
        raise Precondition(
            SOUND_TIMEOUT, expected="a reload timeout above zero and at most 24 hours", observed=repr(value)
        )
    if attempt.ended is Ended.HUNG:
        raise ContractViolation(
            expected=f"the reload ends within {limit_of(world):g} s, its reload timeout", observed=str(attempt)
        )
