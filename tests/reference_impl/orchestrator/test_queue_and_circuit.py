"""The orchestrator in virtual time: its queue, its end, and its circuit."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pytest_policy_contracts import (
    CircuitOpenError,
    ConfigDiff,
    OrchestratorConfig,
    ReloadOutcome,
    ReloadQueueFullError,
    ReloadStoppedError,
)
from tests.reference_impl.orchestrator.parts import System, hangs, ignores_cancellation, now, raises, run, takes


async def failing(system: System, times: int) -> None:
    for _ in range(times):
        assert (await system.reload("bad")).status == "failed"


def broken_system(config: OrchestratorConfig | None = None) -> System:
    """Two modules, of which `bad` refuses everything for a long time."""
    system = System(config)
    system.add("good")
    system.add("bad", before={number: raises(ValueError("no")) for number in range(1, 1000)})
    return system


def test_requests_are_served_first_come_first_served_and_one_at_a_time() -> None:
    """Also those from before the start, and whatever takes long in between."""

    async def main() -> Any:
        system = System()
        system.add("a", before={number: takes(number % 3) for number in range(1, 9)})
        answers = [system.request() for _ in range(4)]
        await system.orchestrator.start()
        await system.orchestrator.start()
        answers += [system.request() for _ in range(4)]
        await asyncio.gather(*answers)
        return [call[0].new for call in system.modules["a"].calls]

    assert run(main) == list(range(1, 9))


def test_a_full_queue_refuses_and_one_that_gives_up_makes_room() -> None:
    """The refusal is raised by the call, and a cancelled request frees its place at once."""

    async def main() -> Any:
        system = System(OrchestratorConfig(queue_capacity=2))
        system.add("a")
        first, second = system.request(), system.request()
        with pytest.raises(ReloadQueueFullError, match="queue_capacity"):
            system.request()
        first.cancel()
        await asyncio.sleep(0)
        third = system.request()
        await system.orchestrator.start()
        return await second, await third, system

    second, third, system = run(main)
    assert second.status == third.status == "completed" and system.values() == {"a": 4}
    assert ("reload", "cancelled", 0.0) in system.log.counted


def test_stopping_ends_everything() -> None:
    """What runs is cut off and taken back, what waits ends as stopped, and nothing is taken any more."""

    async def main() -> Any:
        system = System()
        system.add("a")
        system.add("b", before={1: hangs})
        await system.orchestrator.start()
        running, waiting = system.request(), system.request()
        await asyncio.sleep(1)
        await asyncio.gather(*(system.orchestrator.stop() for _ in range(3)))
        await system.orchestrator.stop()
        for refused in (system.request, lambda: asyncio.ensure_future(system.orchestrator.start())):
            with pytest.raises(ReloadStoppedError):
                await refused()  # type: ignore[operator]
        return await running, await waiting, now(), system

    running, waiting, at, system = run(main)
    assert (running.status, running.applied, running.rolled_back) == ("stopped", ("a",), ("b", "a")) and at == 1
    assert waiting.status == "stopped" and isinstance(waiting.error, ReloadStoppedError)
    assert system.log.kinds == ["started", "failed"]


def test_stopping_does_not_wait_for_one_who_ignores_it() -> None:
    """It returns after the grace, and says who is left behind."""

    async def main() -> tuple[ReloadOutcome, float]:
        system = System()
        system.add("a", before={1: ignores_cancellation})
        await system.orchestrator.start()
        answer = system.request()
        await asyncio.sleep(1)
        await system.orchestrator.stop()
        return await answer, now()

    outcome, at = run(main)
    assert (outcome.status, outcome.quarantined, at) == ("stopped", ("a",), 1 + 5)


def test_stopping_one_that_was_never_started_ends_what_waits() -> None:
    """Nobody waits for ever for an orchestrator that is given away unused."""

    async def main() -> ReloadOutcome:
        system = System()
        system.add("a")
        answer = system.request()
        await system.orchestrator.stop()
        return await answer

    assert run(main).status == "stopped"


def test_a_worker_that_is_cancelled_takes_back_what_it_has_begun() -> None:
    """Where the loop cancels every task at its end, what is half applied is rolled back, and all requests end."""

    async def main() -> Any:
        system = System()
        system.add("a")
        system.add("b", before={1: hangs})
        await system.orchestrator.start()
        running, waiting = system.request(), system.request()
        await asyncio.sleep(1)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        return await running, await waiting, system.journal

    running, waiting, journal = run(main)
    assert (running.rollback, waiting.status) == ("complete", "stopped") and "".join(journal) == "abba"


def test_the_circuit_opens_and_sends_away_who_waits() -> None:
    """After three failures in a row the queue ends as failed, callers are refused, and a probe is let through in time."""

    async def main() -> Any:
        system = broken_system()
        await system.orchestrator.start()
        answers = [system.request("bad") for _ in range(3)] + [system.request("good")]
        waited = [await answer for answer in answers][-1]
        with pytest.raises(CircuitOpenError, match=r"in 2 s"):
            system.request("good")
        await asyncio.sleep(2)
        probe = system.request("good")
        with pytest.raises(CircuitOpenError, match="probe"):
            system.request("good")
        return waited, await probe, await system.reload("good"), system

    waited, probe, after, system = run(main)
    assert waited.status == "failed" and isinstance(waited.error, CircuitOpenError)
    assert probe.status == after.status == "completed"
    states = [state for what, *state in system.log.counted if what == "circuit"]
    assert states == [["closed"], ["open"], ["half_open"], ["closed"]]


def test_noops_and_callers_who_give_up_neither_count_nor_reset() -> None:
    """Two failures, a noop, somebody impatient and a third failure open the circuit."""

    async def main() -> bool:
        system = broken_system()
        system.add("slow", before={1: hangs})
        await system.orchestrator.start()
        await failing(system, 2)
        await system.orchestrator.request_reload(ConfigDiff())
        impatient = system.request("slow")
        await asyncio.sleep(1)
        impatient.cancel()
        await failing(system, 1)
        with pytest.raises(CircuitOpenError):
            system.request("good")
        return True

    assert run(main)


def test_a_probe_that_gives_up_frees_its_place() -> None:
    """The next caller is the probe then."""

    async def main() -> str:
        system = broken_system()
        await system.orchestrator.start()
        await failing(system, 3)
        await asyncio.sleep(2)
        system.request("good").cancel()
        await asyncio.sleep(0)
        return str((await system.reload("good")).status)

    assert run(main) == "completed"


def test_requests_that_became_pointless_are_superseded() -> None:
    """With `coalesce`, a later request for the same settings takes over, and can still be rolled back to what is there."""

    async def main() -> Any:
        system = System(coalesce=True)
        system.add("a")
        system.add("b", after={1: raises(ValueError("no"))})
        first, second, third = system.request("a"), system.request("a"), system.request("b", "a")
        await system.orchestrator.start()
        return [await answer for answer in (first, second, third)], system

    outcomes, system = run(main)
    assert [outcome.status for outcome in outcomes] == ["superseded", "superseded", "failed"]
    assert [(change.old, change.new) for change in system.modules["a"].calls[0]] == [(0, 3)]
    assert system.values()["a"] == 0


def test_a_request_that_is_not_pointless_stays() -> None:
    """Requests are superseded from the end of the queue, up to the first one that changes anything else."""

    async def main() -> Any:
        system = System(coalesce=True)
        for name in "ab":
            system.add(name)
        answers = [system.request("a"), system.request("a", "b"), system.request("b"), system.request("b")]
        await system.orchestrator.start()
        return [str((await answer).status) for answer in answers]

    assert run(main) == ["superseded", "completed", "superseded", "completed"]
