"""Orchestrators that leave a request without an outcome, or give one that is not true: ORC-011."""

import asyncio
from typing import Any

from pytest_policy_contracts import ConfigDiff, ReloadOutcome
from tests.broken.entry import Broken

from .orchestrators import GRACE, Orchestrator, OrchestratorHarness, Request


class DropsTheQueue(Orchestrator):
    """Clears its queue when it is stopped, and with it whoever waits (R9)."""

    async def stop(self) -> None:
        self._queue.clear()
        await super().stop()


class NoHandle(Orchestrator):
    """Takes a request, and has nothing to say about what becomes of it (R10)."""

    def request_reload(self, diff: ConfigDiff, *, trigger: object) -> Any:
        answer = super().request_reload(diff, trigger=trigger)
        return self._wait(answer)

    async def _wait(self, answer: "asyncio.Future[ReloadOutcome]") -> None:
        await answer


class DropsWhatComesWhileItIsBusy(Orchestrator):
    """Finds that a reload is running, logs that, and forgets the request (R11)."""

    async def _serve(self, request: Request) -> None:
        await super()._serve(request)
        while self._queue:
            self._log("a reload is running; request %s is dropped", self._queue.popleft().number)


class TakesTheWrongOneOut(Orchestrator):
    """Takes the next request out of its queue when a caller gives up, whoever's it is."""

    def _gave_up(self, request: Request) -> None:
        if request in self._queue:
            self._count(self._queue.popleft(), "cancelled")
        request.give_up("cancelled")


class ForgetsWhatItIsDoing(Orchestrator):
    """Ends its worker when it is stopped, and the request under way has no answer."""

    def _answer(self, request: Request, outcome: ReloadOutcome) -> None:
        if outcome.status != "stopped" or not request.given_up.done():
            super()._answer(request, outcome)


class CallsItStopped(Orchestrator):
    """Tells the caller under way that it was stopped, and completes the reload if that takes no longer than the grace."""

    async def stop(self) -> None:
        self._stopped = True
        if self._current is not None:
            super()._answer(self._current, self._outcome("stopped"))
            await asyncio.wait({self._worker}, timeout=GRACE)
        await super().stop()


class DropsTheQueueContract(OrchestratorHarness):
    kind = DropsTheQueue


class NoHandleContract(OrchestratorHarness):
    kind = NoHandle


class DropsWhatComesWhileItIsBusyContract(OrchestratorHarness):
    kind = DropsWhatComesWhileItIsBusy


class TakesTheWrongOneOutContract(OrchestratorHarness):
    kind = TakesTheWrongOneOut


class ForgetsWhatItIsDoingContract(OrchestratorHarness):
    kind = ForgetsWhatItIsDoing


class CallsItStoppedContract(OrchestratorHarness):
    kind = CallsItStopped


SUBJECTS = [
    Broken(DropsTheQueueContract, ("ORC-011",), "no outcome within"),
    Broken(NoHandleContract, ("ORC-011",), "its outcome is none"),
    Broken(DropsWhatComesWhileItIsBusyContract, ("ORC-011",), "no outcome within"),
    Broken(TakesTheWrongOneOutContract, ("ORC-011",), "no outcome within"),
    Broken(ForgetsWhatItIsDoingContract, ("ORC-011",), "no outcome within"),
    Broken(CallsItStoppedContract, ("ORC-011",), "has the outcome that is true"),
]
