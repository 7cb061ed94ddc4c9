"""An orchestrator whose circuit breaker is somebody else's.

The queue, the worker and the rollback are those of `reference_impl`, whose own breaker never opens here. Each request is
one call through the library's breaker, from the moment it is made until its outcome is there: a reload that failed is a
call that raised, and a caller who gives up cancels the call. A request without changes does not go through the breaker.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any

from pytest_policy_contracts import CircuitOpenError, ConfigDiff, OrchestratorConfig, ReloadOutcome, ReloadTrigger
from reference_impl.orchestrator import Orchestrator

Call = Callable[[], Coroutine[Any, Any, None]]
"""What raises `ReloadFailedError` where the reload has failed."""

_NEVER = 10**9


class ReloadFailedError(Exception):
    """A reload has failed; this is what the breaker counts."""


class GuardedOrchestrator:
    """`through` makes a call through the breaker, and raises `refusal` where the circuit is open."""

    def __init__(
        self, config: OrchestratorConfig, through: Callable[[Call], Awaitable[None]], refusal: type[Exception]
    ) -> None:
        self._orchestrator = Orchestrator(
            OrchestratorConfig(config.queue_capacity, config.default_timeout, failure_threshold=_NEVER)
        )
        self._through = through
        self._refusal = refusal
        self.register = self._orchestrator.register
        self.start = self._orchestrator.start
        self.stop = self._orchestrator.stop

    def request_reload(self, diff: ConfigDiff, *, trigger: ReloadTrigger) -> Awaitable[ReloadOutcome]:
        if not diff.has_changes:
            return self._orchestrator.request_reload(diff, trigger=trigger)
        return Begun(self._guarded(partial(self._orchestrator.request_reload, diff, trigger=trigger)))

    async def _guarded(self, request: Callable[[], Awaitable[ReloadOutcome]]) -> ReloadOutcome:
        outcomes: list[ReloadOutcome] = []

        async def call() -> None:
            outcomes.append(await request())
            if outcomes[0].status == "failed":
                raise ReloadFailedError(outcomes[0].error)

        try:
            await self._through(call)
        except (ReloadFailedError, self._refusal) as error:
            if not outcomes:
                raise CircuitOpenError(str(error)) from error
        return outcomes[0]


class Begun:
    """A coroutine that runs up to its first wait at once, so that a refusal is raised by the call that is refused."""

    def __init__(self, coroutine: Coroutine[Any, Any, ReloadOutcome]) -> None:
        self._coroutine = coroutine
        self._first = coroutine.send(None)

    def __await__(self) -> Generator[Any, Any, ReloadOutcome]:
        waits_for = self._first
        while True:
            try:
                step = partial(self._coroutine.send, (yield waits_for))
            except BaseException as error:
                step = partial(self._coroutine.throw, error)
            try:
                waits_for = step()
            except StopIteration as end:
                return end.value
