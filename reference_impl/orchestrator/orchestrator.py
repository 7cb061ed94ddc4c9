"""The orchestrator: takes requests, serves one at a time, and leaves every module with the old settings or the new ones.

    request_reload ─▶ circuit closed? ─▶ room in the queue? ─▶ Queue ─▶ one worker ─▶ Reload ─▶ outcome
                          ▲                                                                       │
                          └───────────────────────── success or failure ──────────────────────────┘

Rules: one event loop; every method is called on it. It decides which request is served, and when; how one is served is
the matter of `Reload`, who takes part of `Registry`, when to pause of `Breaker`.
"""

import asyncio
from collections.abc import Iterable
from functools import partial

from pytest_policy_contracts.contracts import (
    ConfigDiff,
    HealthReport,
    OrchestratorConfig,
    Reloadable,
    ReloadOutcome,
    ReloadStatus,
    ReloadTrigger,
)
from reference_impl.errors import CircuitBreakerOpenError, ConfigurationError, OrchestratorStoppedError
from reference_impl.model import merged, paths
from reference_impl.orchestrator.breaker import Breaker, CircuitState, Result, Ticket
from reference_impl.orchestrator.condition import Condition, reports_of
from reference_impl.orchestrator.registry import Registry
from reference_impl.orchestrator.reload import Reload
from reference_impl.orchestrator.requests import Queue, Request, own_copy
from reference_impl.orchestrator.telling import Telling
from reference_impl.ports import SILENT, Events, Now, ReloadMetrics, utc_now

_RESULTS = {ReloadStatus.COMPLETED: Result.SUCCESS, ReloadStatus.FAILED: Result.FAILURE}


class Orchestrator:
    """Reloads many modules as one.

    `coalesce` lets a request take the place of the ones before it that it makes pointless: those that wait at the end
    of the queue and change nothing that it does not change. They end as superseded.
    """

    def __init__(
        self,
        config: OrchestratorConfig | None = None,
        *,
        events: Events = SILENT,
        metrics: ReloadMetrics = SILENT,
        now: Now = utc_now,
        coalesce: bool = False,
    ) -> None:
        config = config or OrchestratorConfig()
        if config.queue_capacity < 1 or config.default_timeout.total_seconds() <= 0:
            raise ConfigurationError(
                f"queue_capacity is {config.queue_capacity} and default_timeout {config.default_timeout}. Let both be above 0."
            )
        self._breaker = Breaker(
            threshold=config.failure_threshold,
            base=config.backoff_base.total_seconds(),
            cap=config.backoff_cap.total_seconds(),
        )
        self._default_seconds = config.default_timeout.total_seconds()
        self._telling = Telling(events, metrics)
        self._queue = Queue(config.queue_capacity, self._telling.waiting)
        self._registry = Registry()
        self._now = now
        self._coalesce = coalesce
        self._dirty: set[str] = set()
        self._stopped = False
        self._worker: asyncio.Task[None] | None = None
        self._current: Reload | None = None

    # -- what others call --------------------------------------------------------------------------------

    def register(
        self, name: str, module: Reloadable, *, settings: Iterable[str] | None = None, after: Iterable[str] = ()
    ) -> None:
        """Add a module, which takes part from the next request on [ORC-020].

        It gets the changes at or below one of its `settings`, by default those below its own name, and is reloaded
        `after` others, where these are registered. A name that is taken raises `DuplicateNameError`, unless its module is
        quarantined: then the new one takes its place. A circle raises `DependencyCycleError`.
        """
        self._registry.add(name, module, settings, after)
        self._dirty.discard(name)

    def unregister(self, name: str) -> None:
        """Remove a module; an unknown name raises `UnknownNameError`."""
        self._registry.remove(name)
        self._dirty.discard(name)

    async def start(self) -> None:
        """Begin to serve; a second call does nothing, and one after `stop` raises `OrchestratorStoppedError` [ORC-013]."""
        self._check_running()
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._serve_all(), name="reload orchestrator")

    async def stop(self) -> None:
        """Cancel and roll back what is being applied, end what waits as stopped, and return when that is done [ORC-013].

        May be called again, and by many at once. Whoever is cancelled here does not stop the stopping.
        """
        self._close()
        if self._current is not None:
            self._current.cut_off()
        if self._worker is not None:
            await asyncio.wait([self._worker])

    def request_reload(
        self, diff: ConfigDiff, *, trigger: ReloadTrigger = ReloadTrigger.MANUAL
    ) -> "asyncio.Future[ReloadOutcome]":
        """Take a place in the queue, and return what gives the outcome once; cancelling that gives the request up.

        Raises `OrchestratorStoppedError`, `CircuitBreakerOpenError` or `QueueFullError` [ORC-012].
        """
        self._check_running()
        own = own_copy(diff)
        superseded = self._pointless_beside(own) if self._coalesce else []
        if not superseded:
            self._queue.check_room()
        answer: asyncio.Future[ReloadOutcome] = asyncio.get_running_loop().create_future()
        request = Request(own, str(trigger), self._admitted(), answer)
        for one in superseded:
            request.diff = merged(one.diff, request.diff)
            self._queue.discard(one)
            self._end_unserved(one, ReloadOutcome(ReloadStatus.SUPERSEDED))
        self._queue.put(request)
        answer.add_done_callback(partial(self._answered, request))
        return answer

    async def health_check(self) -> list[HealthReport]:
        """Say how the circuit, the modules and the queue are."""
        condition = Condition(self._circuit(), frozenset(self._dirty), frozenset(self._registry.quarantined))
        return reports_of(condition, self._now())

    # -- admission -----------------------------------------------------------------------------------------

    def _is_stopping(self) -> bool:
        return self._stopped

    def _check_running(self) -> None:
        if self._stopped:
            raise OrchestratorStoppedError("The orchestrator is stopped. Make a new one.")

    def _admitted(self) -> Ticket:
        now = _loop_time()
        ticket = self._breaker.admit(now)
        if ticket is None:
            raise self._open_error(now)
        self._telling.circuit(self._breaker.state(now))
        return ticket

    def _open_error(self, now: float) -> CircuitBreakerOpenError:
        left = self._breaker.seconds_left(now)
        when = f"Ask again in {left:g} s." if left else "A probe is under way. Ask again when it has ended."
        return CircuitBreakerOpenError(f"Too many reloads failed one after the other, and the circuit is open. {when}")

    def _circuit(self) -> CircuitState:
        return self._breaker.state(_loop_time())

    def _pointless_beside(self, diff: ConfigDiff) -> list[Request]:
        """Return the last requests of the queue that change nothing but what `diff` changes, the last one first."""
        found, settings = [], paths(diff)
        for request in self._queue.newest_first():
            if not request.diff.has_changes or not paths(request.diff) <= settings:
                break  # an empty one has no settings that another could take over [ORC-003]
            found.append(request)
        return found

    def _answered(self, request: Request, answer: "asyncio.Future[ReloadOutcome]") -> None:
        """The caller has its outcome, or gives up: then the request need not be served, or not any further [ORC-005]."""
        if not answer.cancelled():
            return
        if self._queue.discard(request):
            self._end_unserved(request, ReloadOutcome(ReloadStatus.CANCELLED))
        elif self._current is not None and self._current.request is request:
            self._current.cut_off()

    def _end_unserved(self, request: Request, outcome: ReloadOutcome) -> None:
        self._breaker.settle(request.ticket, Result.NEITHER, _loop_time())
        self._telling.counted(outcome, 0.0)
        request.settle(outcome)

    def _close(self) -> None:
        self._stopped = True
        for request in self._queue.close():
            error = OrchestratorStoppedError("The orchestrator was stopped before the request was served.")
            self._end_unserved(request, ReloadOutcome(ReloadStatus.STOPPED, error=error))

    # -- serving -------------------------------------------------------------------------------------------

    async def _serve_all(self) -> None:
        try:
            while (request := await self._queue.get()) is not None:
                await self._serve(request)
        finally:
            self._close()  # also where the loop is closed around it

    async def _serve(self, request: Request) -> None:
        if request.given_up:
            self._end_unserved(request, ReloadOutcome(ReloadStatus.CANCELLED))
            return
        begun = _loop_time()
        reload = Reload(request, self._registry, self._default_seconds, self._is_stopping)
        if not reload.modules:
            self._telling.noop(request)
            self._end_unserved(request, ReloadOutcome(ReloadStatus.NOOP))
            return
        self._telling.started(request, reload.modules)
        self._current = reload
        status = await reload.run()
        self._current = None
        if reload.cancelled:
            self._close()
        self._end(reload, status, begun)

    def _end(self, reload: Reload, status: ReloadStatus, begun: float) -> None:
        now, request, books = _loop_time(), reload.request, reload.books
        self._dirty -= {*books.applied, *books.rolled_back}
        self._dirty |= {*books.dirty}
        outcome = books.outcome(status)
        opened = self._breaker.settle(request.ticket, _RESULTS.get(status, Result.NEITHER), now)
        self._telling.ended(request, outcome)
        self._telling.counted(outcome, now - begun, books)
        self._telling.circuit(self._breaker.state(now))
        request.settle(outcome)
        if opened:
            self._send_away(now)

    def _send_away(self, now: float) -> None:
        """End what waits, because the circuit has opened [ORC-012]."""
        for request in self._queue.clear():
            self._end_unserved(request, ReloadOutcome(ReloadStatus.FAILED, error=self._open_error(now)))


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
