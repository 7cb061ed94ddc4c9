"""Running a coroutine function in a simulated world: what the tests of the kernel share."""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.clock import virtual_time
from pytest_policy_contracts.simulation.loop import SimulatedLoop
from pytest_policy_contracts.simulation.nested_loops import nested_loops
from pytest_policy_contracts.simulation.policies import (
    PCT,
    POS,
    InOrder,
    Latencies,
    Policy,
    RandomWalk,
)

Main = Callable[[], Coroutine[Any, Any, Any]]


@dataclass
class Ended:
    """What one run left: its result or error, and the loop, whose records can still be read."""

    loop: SimulatedLoop
    value: Any = None
    error: BaseException | None = None
    stubborn: list[str] = field(default_factory=list)

    @property
    def time(self) -> float:
        return self.loop.clock.now


def ended(
    main: Main,
    policy: Policy | None = None,
    modules: Sequence[types.ModuleType] = (),
    **options: Any,
) -> Ended:
    """Run `main` to its end, dismantle the world, and return what came out, errors included."""
    loop = SimulatedLoop(Choices(policy or Policy()), **options)
    run = Ended(loop)
    with virtual_time(modules), nested_loops():
        try:
            run.value = loop.complete(main())
        except (Exception, SystemExit) as error:
            run.error = error
        run.stubborn = loop.dismantle()
    return run


def result(main: Main, policy: Policy | None = None, **options: Any) -> Any:
    """Run `main` and return its result, or raise what it raised."""
    run = ended(main, policy, **options)
    if run.error is not None:
        raise run.error
    return run.value


def policies(seeds: int) -> list[Policy]:
    """One policy of every kind and seed, the undisturbed ones first."""
    found: list[Policy] = [Policy(), InOrder()]
    for seed in range(seeds):
        found += [Latencies(seed), RandomWalk(seed), PCT(seed, 3, 20), POS(seed), PCT(seed, 2, 20)]
    return found


def module_of(source: str, name: str = "program_under_test") -> types.ModuleType:
    """Return a module made of `source`."""
    module = types.ModuleType(name)
    exec(compile(source, f"{name}.py", "exec"), vars(module))
    return module
