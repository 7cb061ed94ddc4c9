"""The vocabulary of the contract TenantGuard: guards that find out themselves which tenant is asking."""

from __future__ import annotations

from pytest_policy_contracts.contracts import GuardConfig, GuardMode
from pytest_policy_contracts.steps import bindings
from pytest_policy_contracts.steps.guarding import create_guard
from pytest_policy_contracts.steps.vocabulary import given, then, when
from pytest_policy_contracts.verification.world import World


@given("a strict guard that knows the running context")
async def _(world: World) -> None:
    await create_guard(world, GuardConfig(GuardMode.STRICT, {}))
    world.seen.left_to = ()


@when("a tenant is bound, and accesses are made inside and afterwards")
async def _(world: World) -> None:
    await bindings.bind_once(world)


@when("a tenant is bound inside the binding of another")
async def _(world: World) -> None:
    await bindings.bind_nested(world)


@when("the work inside a binding raises")
async def _(world: World) -> None:
    await bindings.bind_and_raise(world)


@when("two tasks are bound to two tenants and take turns in every way")
async def _(world: World) -> None:
    await bindings.take_turns(world)


@when("tasks and callbacks are started before, inside and after a binding, and look in the middle and afterwards")
async def _(world: World) -> None:
    await bindings.start_tasks_around(world)


@when("to_thread and executor calls are made before, inside and after a binding")
async def _(world: World) -> None:
    await bindings.call_executors_around(world)


@when("threads and a pool are started before, inside and after a binding")
async def _(world: World) -> None:
    await bindings.start_threads_around(world)


@when("two async generators are read in turn inside two bindings")
async def _(world: World) -> None:
    await bindings.read_generators(world)


@when("two threads are bound to two tenants at the same time")
async def _(world: World) -> None:
    await bindings.bind_on_two_threads(world)


@then("everybody sees the tenant that the work belongs to, and nobody another one")
async def _(world: World) -> None:
    bindings.claim_seen(world)


@when("an access is made with nothing bound")
async def _(world: World) -> None:
    await bindings.access_unbound(world)


@when("an access is made after a binding has ended")
async def _(world: World) -> None:
    await bindings.access_after_binding(world)


@when("an access is made with nothing bound, while another task has a tenant bound")
async def _(world: World) -> None:
    await bindings.access_beside_binding(world)
