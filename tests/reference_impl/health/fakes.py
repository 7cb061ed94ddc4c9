"""What a health service meets in these tests: providers that do as they are told, and ports that write down."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

from pytest_policy_contracts import HealthReport
from pytest_policy_contracts.contracts import AggregatedHealth
from pytest_policy_contracts.simulation.policies import Policy
from tests.simulation.programs import ended

Step = Callable[[], Awaitable[Any]]


def run(main: Callable[[], Coroutine[Any, Any, Any]], policy: Policy | None = None) -> Any:
    """Run in virtual time; nothing may be left behind, nothing may end up with the loop."""
    one = ended(main, policy)
    assert (one.loop.reported, one.loop.exits, one.stubborn) == ([], [], [])
    if one.error is not None:
        raise one.error
    return one.value


def now() -> float:
    return asyncio.get_running_loop().time()


def others() -> set[str]:
    """The names of the tasks beside this one."""
    return {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}


# -- providers ---------------------------------------------------------------------------------------------------------


def report(module: str = "m", status: Any = "healthy", component: str = "c", **fields: Any) -> HealthReport:
    moment = datetime.now(UTC)
    given = {"message": "", "checked_at": moment, "observed_since": moment, **fields}
    return HealthReport(module, component, status, **given)


def says(*statuses: Any, after: float = 0.0, **fields: Any) -> Step:
    """Answers with one report for each status."""

    async def step() -> list[HealthReport]:
        if after:
            await asyncio.sleep(after)
        return [report("m", status, f"c{number}", **fields) for number, status in enumerate(statuses)]

    return step


def answers(value: Any) -> Step:
    async def step() -> Any:
        return value

    return step


def raises(error: BaseException | type[BaseException], after: float = 0.0) -> Step:
    async def step() -> Any:
        if after:
            await asyncio.sleep(after)
        raise error

    return step


async def hangs() -> Any:
    await asyncio.Event().wait()


def ignores_cancellation(seconds: float) -> Step:
    async def step() -> Any:
        end = now() + seconds
        while now() < end:
            try:
                await asyncio.sleep(end - now())
            except asyncio.CancelledError:
                continue
        return [report()]

    return step


class Scripted:
    """Does at each call what is next in its script; the last step stands for all that follow."""

    def __init__(self, *script: Step) -> None:
        self.script = script or (says("healthy"),)
        self.asked = 0
        self.under_way = 0

    async def health_check(self) -> Any:
        self.asked += 1
        self.under_way += 1
        try:
            return await self.script[min(self.asked, len(self.script)) - 1]()
        finally:
            self.under_way -= 1


class Blocking:
    """A sync provider: `work` is what its thread does."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.asked = 0

    def health_check(self) -> Any:
        self.asked += 1
        return self.work()


# -- ports -------------------------------------------------------------------------------------------------------------


class Recorder:
    """Keeps the events, and calls `then` with each."""

    def __init__(self, then: Callable[[str], object] = lambda kind: None) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.then = then

    def emit(self, kind: str, data: Mapping[str, object], *, subject: str = "", correlation_id: str = "") -> None:
        self.events.append((kind, dict(data)))
        self.then(kind)

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.events]


class Counters:
    """Metrics that are lists."""

    def __init__(self) -> None:
        self.checked: list[tuple[str, str, float]] = []
        self.removed: list[str] = []
        self.evaluations: list[tuple[str, str, float]] = []

    def provider_checked(self, provider: str, status: str, seconds: float) -> None:
        self.checked.append((provider, status, seconds))

    def provider_removed(self, provider: str) -> None:
        self.removed.append(provider)

    def evaluated(self, health: str, readiness: str, seconds: float) -> None:
        self.evaluations.append((health, readiness, seconds))


# -- answers -----------------------------------------------------------------------------------------------------------


def statuses(answer: AggregatedHealth) -> tuple[str, str]:
    """Health and readiness."""
    return str(answer.health), str(answer.readiness)


def brief(answer: AggregatedHealth) -> list[tuple[str, str]]:
    """Module and status of each report."""
    return [(one.module, str(one.status)) for one in answer.reports]
