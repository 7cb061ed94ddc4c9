"""Subjects that hide what is done to them, harnesses that do it, and whether the suite sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pytest_policy_contracts import HealthProviderHarness, HealthReport
from pytest_policy_contracts.harness import HarnessError, capabilities
from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.clock import virtual_time
from pytest_policy_contracts.simulation.exploration import Plan
from pytest_policy_contracts.simulation.policies import Policy
from pytest_policy_contracts.simulation.schedules import Mode
from pytest_policy_contracts.steps.harness_doubts import disturb_and_watch, refuse_idle
from pytest_policy_contracts.verification.world import Style, World


class Hiding:
    """Says healthy, whatever happens to what it holds."""

    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)

    async def health_check(self) -> list[HealthReport]:
        now = datetime.now(UTC)
        return [HealthReport("orders", "db", "healthy", "answered", now, now)]


class SyncHiding(Hiding):
    def health_check(self) -> list[HealthReport]:  # type: ignore[override]
        now = datetime.now(UTC)
        return [HealthReport("orders", "db", "healthy", "answered", now, now)]


class Slotted:
    __slots__ = ("broken",)

    def __init__(self) -> None:
        self.broken = False


class HidingContract(HealthProviderHarness):
    """The harness of a subject that hides; tests give it what it depends on, and what breaks that."""

    def __init__(self) -> None:
        self.store = Slotted()

    def create(self) -> Hiding:
        return Hiding()


def harness_of(break_dependency: Callable[..., Any], make: Callable[[], Any] = Hiding, **more: Any) -> Any:
    """A harness class whose subject is what `make` makes."""

    def create(self: object) -> Any:
        return make()

    return type("OrdersContract", (HidingContract,), {"create": create, "break_dependency": break_dependency, **more})


def is_idle(harness_class: Any, style: Style = Style.ASYNC, method: str = "break_dependency") -> bool:
    """Whether the suite holds that the method has changed nothing."""
    harness = harness_class()
    world = World(harness, capabilities(harness), style, Plan(Choices(Policy()), Mode.STOCK), {})

    async def main() -> None:
        world.subject = await world.create()
        await disturb_and_watch(world, method)

    with virtual_time():
        try:
            world.loop.complete(main())
        finally:
            world.close()
    try:
        refuse_idle(world)
    except HarnessError:
        return True
    return False


def do_nothing(self: object, subject: object) -> None: ...


def break_subject(self: object, subject: Any) -> None:
    subject.broken = True


def break_store(self: object, subject: Any) -> None:
    subject.store.broken = True
