"""Looking for secrets where they must not be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_policy_contracts.environment.logs import (
    recorded_logs,
    texts_of_error,
    texts_of_record,
)
from pytest_policy_contracts.harness import HarnessError
from pytest_policy_contracts.verification.redaction import SHORTEST_SECRET
from pytest_policy_contracts.verification.violations import ContractViolation
from pytest_policy_contracts.verification.world import World


async def record_logs(world: World) -> None:
    """Record every log record from here to the end of the run."""
    world.seen.secrets = await _secrets(world)
    world.seen.records = world.during_run(recorded_logs())


async def _secrets(world: World) -> list[str]:
    secrets = await world.ask("secrets")
    if isinstance(secrets, str) or not isinstance(secrets, Sequence) or not secrets:
        raise HarnessError(f"secrets() returned {type(secrets).__name__}; return a list of at least one string.")
    short = sum(1 for secret in secrets if not isinstance(secret, str) or len(secret) < SHORTEST_SECRET)
    if short:
        raise HarnessError(
            f"secrets() has {short} value(s) that are no strings of {SHORTEST_SECRET} characters or more; "
            "shorter ones appear in texts by chance. Use longer ones."
        )
    return list(secrets)


def claim_no_secret_in(world: World, texts: Iterable[tuple[str, str]]) -> None:
    """Claim that no secret stands in any of `texts`, given as (what it is, text), in an error or in a log record."""
    for what, text in (*_recorded(world), *texts):
        if any(secret in text for secret in world.seen.secrets):
            raise ContractViolation(expected="no secret in any text", observed=f"a secret in {what}: {text}")


def _recorded(world: World) -> Iterator[tuple[str, str]]:
    for attempt in world.seen.attempts:
        yield from texts_of_error(attempt.error)
    for record in world.seen.records:
        yield from texts_of_record(record)
