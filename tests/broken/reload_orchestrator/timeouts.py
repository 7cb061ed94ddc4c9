"""Orchestrators that give a module too much time, or too little: ORC-008."""

from datetime import timedelta
from typing import Any

from tests.broken.entry import Broken

from .orchestrators import Orchestrator, OrchestratorHarness


class ZeroMeansAtOnce(Orchestrator):
    """Takes a timeout of zero, or below, by the word."""

    def _timeout_of(self, module: Any) -> float:
        limit = module.reload_timeout
        return float(max(timedelta(0), limit() if callable(limit) else limit).total_seconds())


class TheDefaultIsTheMost(Orchestrator):
    """Gives no module more than the default."""

    def _timeout_of(self, module: Any) -> float:
        return min(super()._timeout_of(module), self._config.default_timeout.total_seconds())


class TheFirstSetsTheClock(Orchestrator):
    """Reads the timeout of the first module, and keeps it for the others."""

    def _timeout_of(self, module: Any) -> float:
        return super()._timeout_of(next(iter(self._modules.values())))


class AClockOfItsOwn(Orchestrator):
    """Has a default of its own where a module has no timeout above zero."""

    def _timeout_of(self, module: Any) -> float:
        limit = module.reload_timeout
        limit = limit() if callable(limit) else limit
        return (limit if limit > timedelta(0) else timedelta(seconds=30)).total_seconds()


class ZeroMeansAtOnceContract(OrchestratorHarness):
    kind = ZeroMeansAtOnce


class TheDefaultIsTheMostContract(OrchestratorHarness):
    kind = TheDefaultIsTheMost


class TheFirstSetsTheClockContract(OrchestratorHarness):
    kind = TheFirstSetsTheClock


class AClockOfItsOwnContract(OrchestratorHarness):
    kind = AClockOfItsOwn


SUBJECTS = [
    Broken(ZeroMeansAtOnceContract, ("ORC-008",), "routes is cancelled after 30 s | routes: cancelled after 0 s"),
    Broken(TheDefaultIsTheMostContract, ("ORC-008",), "routes is cancelled after 90 s | routes: cancelled after 30 s"),
    Broken(TheFirstSetsTheClockContract, ("ORC-008",), "cancelled after 60 s"),
    Broken(AClockOfItsOwnContract, ("ORC-008",), "routes is cancelled after 4 s | routes: cancelled after 30 s"),
]
