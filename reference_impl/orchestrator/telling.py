"""What an orchestrator tells of its work: events, metrics and log lines, without values that are secret.

Rules: whoever is told can do no harm. What a port raises is logged, and what logging raises is dropped [ORC-018].
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

from pytest_policy_contracts.contracts import ReloadOutcome
from reference_impl.orchestrator.breaker import CircuitState
from reference_impl.orchestrator.requests import Request
from reference_impl.orchestrator.transaction import Transaction
from reference_impl.ports import Events, ReloadMetrics

STARTED = "config.reload.started"
COMPLETED = "config.reload.completed"
FAILED = "config.reload.failed"
NOOP = "config.reload.noop"

logger = logging.getLogger("reference_impl.orchestrator")


class Telling:
    """Tells of requests what happened to them."""

    def __init__(self, events: Events, metrics: ReloadMetrics) -> None:
        self._events = events
        self._metrics = metrics
        self._circuit: CircuitState | None = None

    def waiting(self, requests: int) -> None:
        """So many requests wait now."""
        _safely(lambda: self._metrics.queue_holds(requests))

    def circuit(self, state: CircuitState) -> None:
        """The circuit is in that state now."""
        if state is not self._circuit:
            self._circuit = state
            _safely(lambda: self._metrics.circuit_is(state.value))

    def noop(self, request: Request) -> None:
        """There was nothing to do."""
        self._emit(request, NOOP, {"trigger": request.trigger})

    def started(self, request: Request, modules: Iterable[str]) -> None:
        """The request is served now; the settings are named, their values are not."""
        settings = [change.path for change in request.diff.changes]
        self._emit(request, STARTED, {"trigger": request.trigger, "settings": settings, "modules": list(modules)})

    def ended(self, request: Request, outcome: ReloadOutcome) -> None:
        """The request was served: completed, or not."""
        kind = COMPLETED if outcome.status == "completed" else FAILED
        lists = ("applied", "failed", "skipped", "rolled_back", "dirty", "quarantined")
        data: dict[str, object] = {name: list(getattr(outcome, name)) for name in lists}
        data.update(trigger=request.trigger, status=str(outcome.status), rollback=str(outcome.rollback))
        if outcome.error is not None:
            data["error"] = str(outcome.error)
        self._emit(request, kind, data)
        if kind == FAILED:
            _safely(lambda: logger.warning("Reload %s ended as %s: %s", request.correlation_id, outcome.status, data))

    def counted(self, outcome: ReloadOutcome, seconds: float, books: Transaction | None = None) -> None:
        """Count a request that was served for so long, and what its modules did."""
        _safely(lambda: self._count(outcome, seconds, books))

    def _count(self, outcome: ReloadOutcome, seconds: float, books: Transaction | None) -> None:
        self._metrics.reload_ended(str(outcome.status), seconds)
        if books is None:
            return
        if outcome.rollback != "none":
            self._metrics.rolled_back(str(outcome.rollback))
        for result in books.results():
            self._metrics.module_ended(result)

    def _emit(self, request: Request, kind: str, data: dict[str, object]) -> None:
        _safely(lambda: self._events.emit(kind, data, subject="config", correlation_id=request.correlation_id))


def _safely(tell: Callable[[], object]) -> None:
    try:
        tell()
    except Exception:
        with suppress(Exception):
            logger.warning("An event, a metric or a log line of the orchestrator was lost.", exc_info=True)
