"""The vocabulary of the contract ReloadOrchestrator: who is served, when, and how often."""

from __future__ import annotations

from datetime import timedelta

from pytest_policy_contracts.contracts import GRACE, OrchestratorConfig
from pytest_policy_contracts.environment.foreign_values import read
from pytest_policy_contracts.steps import reload_bursts, reload_circuits, supplied_modules
from pytest_policy_contracts.steps.orchestrating import (
    ABANDONS,
    ANSWERS,
    FULL_ERROR,
    IN_ORDER,
    LIMIT_SECONDS,
    NAMES,
    OPEN_ERROR,
    RELOADS,
    STOPPED_ERROR,
    Asking,
    calls,
    changes_for,
    claim_status,
    create,
    ends_of,
    is_error,
    note_settings,
    place,
    start,
    stop,
)
from pytest_policy_contracts.steps.reload_bursts import (
    ask_in_turn,
    ask_together,
    canceller,
    create_numbered,
    numbered,
    stopper,
)
from pytest_policy_contracts.steps.reload_circuits import OPENS
from pytest_policy_contracts.steps.vocabulary import given, then, when
from pytest_policy_contracts.verification.violations import ContractViolation, left_to
from pytest_policy_contracts.verification.world import World

GRACE_SECONDS = GRACE.total_seconds()
ROLLBACK_SECONDS = 2.0
"""What stopping may take beside the grace: the rollback of two quick modules, and telling of it."""


# -- one at a time --------------------------------------------------------------------------------------------------------


@given("an orchestrator with two modules")
async def _(world: World) -> None:
    await create_numbered(world, NAMES[:2])


@given("an orchestrator with two modules that has not been started")
async def _(world: World) -> None:
    await create_numbered(world, NAMES[:2], starts=False)


@when("several callers request reloads at the same time")
async def _(world: World) -> None:
    await ask_together(world)


@when("several callers request reloads at the same time, and some of the reloads fail")
async def _(world: World) -> None:
    world.seen.behaviours[NAMES[1], 2] = supplied_modules.fail_half_way
    world.seen.behaviours[NAMES[0], 4] = supplied_modules.fail_after
    await ask_together(world, callers=5)


@when("{count} requests are made one after the other, and their answers awaited the last one first")
async def _(world: World, count: str) -> None:
    await ask_in_turn(world, _COUNTS[count])


_COUNTS = {"three": 3, "five": 5}


@when("three requests are made, and the orchestrator is started")
async def _(world: World) -> None:
    world.seen.asked = []
    for number in range(1, 4):
        place(world, numbered(world, number))
    await world.pass_time(1.0)
    await start(world)
    await ends_of(world, *world.seen.asked)
    world.witness("requests were made before the start", True)


@then("one request was served at a time, in the order of the calls")
async def _(world: World) -> None:
    reload_bursts.claim_one_at_a_time(world)


@then("each of the requests is completed")
async def _(world: World) -> None:
    for asking in world.seen.asked:
        claim_status(asking, "completed")


# -- exactly one outcome --------------------------------------------------------------------------------------------------


@when("several callers request reloads at the same time, and somebody stops the orchestrator")
async def _(world: World) -> None:
    world.seen.stops = True
    await ask_together(world, stopper(world, 1.2))


@when("several callers request reloads at the same time, and some of them give up")
async def _(world: World) -> None:
    world.seen.given_up = set()
    await ask_together(world, canceller(world, 2, 0.2), canceller(world, 0, 0.7), canceller(world, 3, 2.2), callers=5)


@when("three requests are made, and the orchestrator is stopped")
async def _(world: World) -> None:
    world.seen.asked, world.seen.stops = [], True
    for number in range(1, 4):
        place(world, numbered(world, number))
    await stop(world)
    await ends_of(world, *world.seen.asked)
    world.witness("requests waited when the orchestrator was stopped", True)


@then("every accepted request has exactly one outcome, and it is true")
async def _(world: World) -> None:
    await reload_bursts.claim_exactly_one_outcome(world)


# -- refusals -------------------------------------------------------------------------------------------------------------


@given("an orchestrator with room for two requests that has not been started")
async def _(world: World) -> None:
    await create(world, config=OrchestratorConfig(queue_capacity=2), starts=False)


@given("an orchestrator with room for two requests")
async def _(world: World) -> None:
    await create(world, config=OrchestratorConfig(queue_capacity=2))


@when("three requests are made")
async def _(world: World) -> None:
    world.seen.asked.clear()
    for _ in range(3):
        place(world, changes_for(world))
    world.witness("requests were made", True)


@when("three requests are made while a reload runs")
async def _(world: World) -> None:
    running = place(world, changes_for(world))
    await world.pass_time(0.2)
    if not calls(world):
        with left_to(RELOADS, ANSWERS):
            raise ContractViolation(expected="a module is reloaded", observed="no module was reloaded")
    world.seen.asked.clear()
    for _ in range(3):
        place(world, changes_for(world))
    world.witness("a reload was running", running.ended is None)


@then("only the last one is refused, at once and because the queue is full")
async def _(world: World) -> None:
    *taken, last = world.seen.asked
    for asking in taken:
        if not asking.accepted:
            raise ContractViolation(expected="there is room for two requests", observed=str(asking))
    with left_to(IN_ORDER):
        claim_refused(world, last, FULL_ERROR)


def claim_refused(world: World, asking: Asking, name: str) -> None:
    """Claim that the call itself raised an error of that name."""
    if asking.accepted:
        raise ContractViolation(expected=f"the call raises a {name}", observed="the call took the request")
    if not is_error(asking.refusal, name):
        raise ContractViolation(expected=f"the call raises a {name}", observed=str(asking))
    if world.clock.now > asking.called_at:
        raise ContractViolation(expected="refused at once", observed="refused after some time")


@then("there is room again when the reloads are done")
async def _(world: World) -> None:
    await ends_of(world, *world.seen.asked)
    for _ in range(2):
        asking = place(world, changes_for(world))
        if not asking.accepted:
            raise ContractViolation(expected="there is room for two requests again", observed=str(asking))


@when("the orchestrator is stopped, and a reload is requested")
async def _(world: World) -> None:
    await stop(world)
    world.seen.asking = place(world, changes_for(world))
    world.witness("a request was made after the stop", True)


@then("the request is refused at once, because the orchestrator is stopped")
async def _(world: World) -> None:
    claim_refused(world, world.seen.asking, STOPPED_ERROR)


@when("the circuit is opened by failures, and a reload is requested")
async def _(world: World) -> None:
    await reload_circuits.open_circuit(world)
    world.seen.asking = place(world, changes_for(world))
    world.witness("a request was made after failures", True)


@then("the request is refused at once, because the circuit is open")
async def _(world: World) -> None:
    with left_to(OPENS):
        claim_refused(world, world.seen.asking, OPEN_ERROR)


@when("six requests are made of which the first three fail")
async def _(world: World) -> None:
    world.seen.asked.clear()
    note_settings(world)
    reload_bursts.number_all(world)
    for number in range(1, 7):
        if number <= 3:
            world.seen.behaviours[NAMES[0], number] = supplied_modules.fail_before
        place(world, numbered(world, number))
    await ends_of(world, *world.seen.asked)
    world.witness("requests waited while the circuit opened", True)


@then("the requests behind have failed because the circuit is open, and reached no module")
async def _(world: World) -> None:
    for number, asking in enumerate(world.seen.asked, 1):
        claim_status(asking, "failed", "ORC-004", IN_ORDER, OPENS)
        error = read(asking.outcome, "error")
        if number > 3 and not is_error(error, OPEN_ERROR):
            with left_to(IN_ORDER):
                expected = f"request {number} has failed with a {OPEN_ERROR}"
                raise ContractViolation(expected=expected, observed=str(asking))
    late = [c for c in world.seen.journal.reloads(world.seen.mark) if c.began > world.seen.asked[2].returned]
    if late:
        raise ContractViolation(
            expected="no module is called while the circuit is open", observed=f"{late[0].module} was"
        )


# -- starting and stopping ------------------------------------------------------------------------------------------------


@when("the orchestrator is stopped twice")
async def _(world: World) -> None:
    world.seen.stops_made = [await world.attempt(world.subject.stop, limit=LIMIT_SECONDS) for _ in range(2)]
    world.witness("the orchestrator was stopped", True)


@when("three callers stop the orchestrator while the last module hangs and two requests wait")
async def _(world: World) -> None:
    hanging = world.seen.modules[world.seen.order[-1]]
    hanging.script.append(supplied_modules.hang)
    world.seen.running = place(world, changes_for(world))
    world.seen.waiting = [place(world, changes_for(world)) for _ in range(2)]
    await world.pass_time(2.0)
    world.seen.stops_made = await world.together([(world.subject.stop, ())] * 3, limit=LIMIT_SECONDS)
    await world.settle(1.0)
    world.witness("a module was hanging when the orchestrator was stopped", not hanging.script)


@when("the orchestrator is stopped while the last module ignores its cancellation")
async def _(world: World) -> None:
    deaf = world.seen.modules[world.seen.order[-1]]
    deaf.script.append(supplied_modules.ignore_cancellation)
    world.seen.running = place(world, changes_for(world))
    await world.pass_time(2.0)
    world.seen.stops_made = [await world.attempt(world.subject.stop, limit=LIMIT_SECONDS)]
    world.witness("a module was deaf when the orchestrator was stopped", not deaf.script)


@then("each of the stops returned within {limit}")
async def _(world: World, limit: str) -> None:
    seconds = GRACE_SECONDS * (2 if limit == "twice the grace" else 1) + ROLLBACK_SECONDS
    for number, attempt in enumerate(world.seen.stops_made, 1):
        if not attempt.accepted or attempt.seconds > seconds:
            observed = f"it took {attempt.seconds:g} s" if attempt.accepted else str(attempt)
            with left_to(*((ABANDONS,) if seconds > 2 * GRACE_SECONDS else ()), IN_ORDER):
                raise ContractViolation(expected=f"stop {number} returns within {limit}", observed=observed)


@then("no module is being reloaded any more")
async def _(world: World) -> None:
    for call in supplied_modules.running(world.seen.journal.calls):
        with left_to(IN_ORDER):
            raise ContractViolation(expected="no module is being reloaded", observed=f"{call.module} still is")
    if not world.seen.running.ended:
        with left_to(ANSWERS):
            expected = "the request that was served has ended"
            raise ContractViolation(expected=expected, observed=str(world.seen.running))


@then("the requests that waited have ended as stopped")
async def _(world: World) -> None:
    for asking in world.seen.waiting:
        if "stopped" not in asking.status:
            with left_to(*(() if asking.status else (ANSWERS,))):
                raise ContractViolation(expected="status stopped", observed=str(asking))


@when("the orchestrator is started again, and five requests are made")
async def _(world: World) -> None:
    await start(world)
    await ask_in_turn(world, 5)


@when("two callers start the orchestrator, and five requests are made")
async def _(world: World) -> None:
    await world.together([(world.subject.start, ())] * 2, limit=LIMIT_SECONDS)
    await ask_in_turn(world, 5)


@then("each of the requests is served once, and one at a time")
async def _(world: World) -> None:
    with left_to("ORC-010"):
        reload_bursts.claim_one_at_a_time(world)
    with left_to("ORC-001"):
        reload_bursts.claim_each_served_once(world)


# -- a burst --------------------------------------------------------------------------------------------------------------


@given("an orchestrator with modules that fail, hang and refuse at times")
async def _(world: World) -> None:
    config = OrchestratorConfig(queue_capacity=1000)
    await create_numbered(world, NAMES[:3], config=config, seconds=0.0)
    for module in world.seen.modules.values():
        module.timeout = timedelta(seconds=2)
    world.seen.burst = reload_bursts.Burst(world)


@when("several callers make {requests:d} requests at the same time")
async def _(world: World, requests: int) -> None:
    callers, rounds = (10, 4) if requests > 100 else (3, 2)
    await reload_bursts.make_burst(world, requests, callers, rounds)


@then("every request ended as the model says, and every module has the settings of the last completed one")
async def _(world: World) -> None:
    reload_bursts.claim_as_modelled(world)
