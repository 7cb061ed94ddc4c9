"""A change to a setting that no module knows."""

from __future__ import annotations

import dataclasses
from typing import Any

from pytest_policy_contracts.contracts import ConfigChange
from pytest_policy_contracts.steps.reloading import changes_of, require_end
from pytest_policy_contracts.verification.attempts import Attempt
from pytest_policy_contracts.verification.violations import ContractViolation
from pytest_policy_contracts.verification.world import World

UNKNOWN_PATH = "zz_policy_contracts.a_setting_nobody_knows"


async def unknown_change(world: World) -> Any:
    """Return a change of an unknown setting, in the adopter's own change type where that is a dataclass."""
    known = (await changes_of(world, "changes"))[0]
    if type(known) is ConfigChange or not dataclasses.is_dataclass(known) or isinstance(known, type):
        return ConfigChange.modified(UNKNOWN_PATH, "before", "after")
    return dataclasses.replace(known, path=UNKNOWN_PATH)


def claim_unknown_harmless(world: World) -> None:
    """Claim that the reload with the unknown setting was accepted or refused with an exception."""
    attempt: Attempt = world.seen.attempt
    require_end(world, attempt)
    if not (attempt.accepted or attempt.refused):
        raise ContractViolation(
            expected="the unknown setting is ignored or refused with an Exception", observed=str(attempt)
        )
