"""Cancelling a call at each place where it waits, for every contract that has such calls."""

from __future__ import annotations

from pytest_policy_contracts.simulation.cancellation import CancelPoints
from pytest_policy_contracts.verification.attempts import Attempt, Ended
from pytest_policy_contracts.verification.violations import ContractViolation
from pytest_policy_contracts.verification.world import World


def note_cancellation(world: World, points: CancelPoints, call: str) -> None:
    """Remember where `call` was cancelled; a run without a place only counts the places and ends here."""
    if not world.plan.place:
        world.places = world.memo["places"] = points.seen
        world.enough_seen()
    if points.hit is None:
        world.enough_seen()
    world.place_reached = True
    world.witness(f"the cancellation arrived while the {call} was waiting", True)
    places = world.memo.get("places", "several")
    world.situation = f"cancelled at place {world.plan.place} of {places}: {points.hit}"


def claim_cancelled(attempt: Attempt, call: str) -> None:
    """Claim that the cancelled call ended as cancelled."""
    if attempt.ended is not Ended.CANCELLED:
        raise ContractViolation(expected=f"the {call} ends with CancelledError", observed=str(attempt))
