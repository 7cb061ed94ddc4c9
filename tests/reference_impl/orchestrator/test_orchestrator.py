"""The orchestrator in virtual time: order, rollback, limits."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from pytest_policy_contracts import (
    ConfigChange,
    ConfigDiff,
    OrchestratorConfig,
    ReloadOutcome,
    ReloadTrigger,
)
from reference_impl.errors import ConfigurationError
from reference_impl.orchestrator import ModuleFailedError, Orchestrator
from tests.reference_impl.orchestrator.parts import Log, System, hangs, ignores_cancellation, now, raises, run, takes


def test_modules_are_reloaded_in_order_each_with_its_own_changes() -> None:
    """Who needs whom decides, then the alphabet; nobody is called whom nothing concerns."""

    async def main() -> tuple[ReloadOutcome, System]:
        system = System()
        system.add("a", after_modules=("b",))
        system.add("c")
        system.add("b")
        await system.orchestrator.start()
        return await system.reload("a", "b"), system

    outcome, system = run(main)
    assert (outcome.status, outcome.applied, outcome.rollback) == ("completed", ("b", "a"), "none")
    assert [change.path for change in system.modules["b"].calls[0]] == ["b.ttl"]
    assert system.modules["c"].calls == [] and system.log.kinds == ["started", "completed"]


@pytest.mark.parametrize("diff", [ConfigDiff(), ConfigDiff.of([ConfigChange.added("nobody.x", 1)])])
def test_what_concerns_nobody_is_a_noop(diff: ConfigDiff) -> None:
    """An empty diff and one for nobody call no module, and publish one event."""

    async def main() -> tuple[ReloadOutcome, System]:
        system = System()
        system.add("a")
        await system.orchestrator.start()
        return await system.orchestrator.request_reload(diff), system

    outcome, system = run(main)
    assert outcome.status == "noop" and system.log.kinds == ["noop"] and system.journal == []


@pytest.mark.parametrize(
    "error", [ValueError("no"), SystemExit(3), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError()]
)
def test_a_failure_takes_everybody_back_in_reverse(error: BaseException) -> None:
    """Whatever a module raises, it and those before it get the old settings, and the next request is served."""

    async def main() -> tuple[ReloadOutcome, ReloadOutcome, System]:
        system = System()
        for name in "ab":
            system.add(name)
        system.add("c", before={1: raises(error)})
        system.add("d")
        await system.orchestrator.start()
        return await system.reload(), await system.reload(), system

    first, second, system = run(main)
    assert (first.status, first.applied, first.failed) == ("failed", ("a", "b"), ("c",))
    assert (first.rolled_back, first.rollback, first.dirty) == (("c", "b", "a"), "complete", ())
    assert isinstance(first.error, ModuleFailedError) and first.error.__cause__ is error
    assert "".join(system.journal) == "abc" + "cba" + "abcd" and second.status == "completed"


def test_a_rollback_goes_on_without_those_who_fail_it() -> None:
    """The outcome, the event and the health name who is dirty, until a reload of it succeeds."""

    async def main() -> Any:
        system = System()
        system.add("a")
        system.add("b", before={2: raises(OSError("gone"))})
        system.add("c", after={1: raises(ValueError("late"))})
        await system.orchestrator.start()
        outcome = await system.reload()
        sick = await system.orchestrator.health_check()
        await system.reload()
        return outcome, sick, await system.orchestrator.health_check(), system

    outcome, sick, well, system = run(main)
    assert (outcome.rollback, outcome.rolled_back, outcome.dirty) == ("partial", ("c", "a"), ("b",))
    data = system.log.events[1][1]
    assert (data["rollback"], data["dirty"], data["rolled_back"]) == ("partial", ["b"], ["c", "a"])
    assert [str(report.status) for report in sick] == ["healthy", "unhealthy"] and "inconsistent: b" in sick[1].message
    assert [str(report.status) for report in well] == ["healthy", "healthy"]


def test_one_who_cannot_be_reloaded_is_skipped_and_one_who_cannot_say_has_failed() -> None:
    """Everybody is asked before anybody is touched."""

    async def main() -> tuple[ReloadOutcome, ReloadOutcome, System]:
        system = System()
        system.add("a", ready=False)
        system.add("b")
        await system.orchestrator.start()
        first = await system.reload()
        system.add("c").can_reload = lambda: 1 / 0  # type: ignore[method-assign, assignment, return-value]
        return first, await system.reload(), system

    first, second, system = run(main)
    assert (first.status, first.skipped, first.applied) == ("completed", ("a",), ("b",))
    assert (second.status, second.failed, second.rollback) == ("failed", ("c",), "none")
    assert system.journal == ["b"]


@pytest.mark.parametrize(("timeout", "seconds"), [(timedelta(seconds=3), 3), (timedelta(0), 30), (-timedelta(1), 30)])
def test_a_hanging_module_is_cut_off_when_its_time_is_up(timeout: timedelta, seconds: int) -> None:
    """The limit is the module's own, or the default where it names none."""

    async def main() -> tuple[ReloadOutcome, float]:
        system = System()
        system.add("a", before={1: hangs}, timeout=timeout)
        await system.orchestrator.start()
        return await system.reload(), now()

    outcome, at = run(main)
    assert (outcome.status, outcome.failed, outcome.rolled_back) == ("failed", ("a",), ("a",)) and at == seconds
    assert f"longer than {seconds} s" in str(outcome.error)


def test_a_module_that_ignores_its_cancellation_is_left_behind() -> None:
    """After its time and the grace it is quarantined; the others are taken back, and the queue moves on."""

    async def main() -> Any:
        system = System()
        system.add("a")
        stuck = system.add("b", before={1: ignores_cancellation}, timeout=timedelta(seconds=1))
        await system.orchestrator.start()
        first, second = system.request(), system.request()
        outcomes = [await first, await second]
        at, sick = now(), await system.orchestrator.health_check()
        stuck_calls = len(stuck.calls)
        system.add("b")
        return outcomes, at, sick, stuck_calls, await system.reload(), await system.orchestrator.health_check()

    (first, second), at, sick, calls, third, well = run(main)
    assert (first.failed, first.quarantined, first.dirty, first.rolled_back) == (("b",), ("b",), ("b",), ("a",))
    assert first.rollback == "partial" and at == 1 + 5 and calls == 1
    assert (second.status, second.applied, second.skipped) == ("completed", ("a",), ("b",))
    assert "inconsistent: b" in sick[1].message and third.applied == ("a", "b")
    assert [str(report.status) for report in well] == ["healthy", "healthy"]


@pytest.mark.parametrize("deadline", [0.5, 1.0, 1.5])
def test_who_gives_up_sees_the_cancellation_and_everybody_is_taken_back(deadline: float) -> None:
    """A caller's cancellation and deadline cut the work off; the rollback runs to its end, slow as it is."""

    async def main() -> Any:
        system = System()
        system.add("a", after={1: takes(1), 2: takes(7)})
        system.add("b", after={1: takes(1), 2: takes(7)})
        await system.orchestrator.start()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(deadline):
                await system.reload()
        at = now()
        next_one = await system.reload()
        return at, next_one, system

    at, next_one, system = run(main)
    assert at == deadline and next_one.status == "completed"
    assert system.log.kinds == ["started", "failed", "started", "completed"]
    data = system.log.events[1][1]
    assert (data["status"], data["rollback"], data["dirty"]) == ("cancelled", "complete", [])
    assert system.values() == {"a": 2, "b": 2}
    assert ("circuit", "open") not in system.log.counted


def test_a_module_may_do_as_it_likes_with_its_changes() -> None:
    """What one does to the list or to a value reaches neither the next module nor the rollback nor the caller."""

    async def main() -> Any:
        system = System()
        value = {"nested": [1]}
        seen: list[Any] = []

        class Mutating:
            reload_timeout = timedelta(seconds=1)

            def can_reload(self) -> bool:
                return True

            async def reload(self, changes: list[ConfigChange]) -> None:
                seen.append(repr([(change.kind.value, change.new) for change in changes]))
                if isinstance(changes[0].new, dict):
                    changes[0].new["nested"].append(2)
                changes.clear()

        for name in "ab":
            system.orchestrator.register(name, Mutating(), settings=["shared"])
        system.add("c", before={1: raises(ValueError("no"))})
        await system.orchestrator.start()
        changes = [ConfigChange.added("shared.x", value), ConfigChange.added("c.y", 1)]
        outcome = await system.orchestrator.request_reload(ConfigDiff.of(changes))
        return outcome, seen, value

    outcome, seen, value = run(main)
    assert seen[0] == seen[1] and seen[2:] == ["[('removed', None)]"] * 2 and value == {"nested": [1]}
    assert outcome.rollback == "partial" and outcome.dirty == ("c",)  # it never had what the rollback takes out


def test_modules_may_come_while_a_reload_runs() -> None:
    """They take part from the next one on."""

    async def main() -> Any:
        system = System()
        system.add("a", before={1: takes(1)})
        await system.orchestrator.start()
        answer = system.request("a", "b")
        await asyncio.sleep(0.5)
        system.add("b")
        return await answer, await system.reload()

    first, second = run(main)
    assert first.applied == ("a",) and second.applied == ("a", "b")


def test_ports_that_raise_change_no_outcome() -> None:
    """Events and metrics that fail are logged, and the log may fail as well."""

    class Failing(Log):
        def __getattribute__(self, name: str) -> Any:
            raise ConnectionError(name)

    async def main() -> ReloadOutcome:
        port = Failing()
        orchestrator = Orchestrator(events=port, metrics=port)
        system = System()
        orchestrator.register("a", system.add("a"))
        await orchestrator.start()
        outcome = await orchestrator.request_reload(system.diff(), trigger=ReloadTrigger.SCHEDULED)
        await orchestrator.stop()
        return outcome

    assert run(main).status == "completed"


def test_secrets_appear_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Neither outcome nor event nor log shows a sensitive value that a module puts into its error."""

    async def main() -> Any:
        system = System()
        system.add("db", before={1: raises(ValueError("cannot log in with hunter2"))})
        await system.orchestrator.start()
        change = ConfigChange.modified("db.password", "hunter1", "hunter2", sensitive=True)
        return await system.orchestrator.request_reload(ConfigDiff.of([change])), system

    outcome, system = run(main)
    shown = f"{outcome} {outcome.error!r} {system.log.events} {caplog.text}"
    assert "hunter" not in shown and "<redacted>" in shown and outcome.error.__cause__ is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"queue_capacity": 0},
        {"default_timeout": timedelta(0)},
        {"failure_threshold": 0},
        {"backoff_cap": timedelta(1e-6)},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    """A configuration is refused before anything runs."""
    with pytest.raises(ConfigurationError, match="Let"):
        Orchestrator(OrchestratorConfig(**wrong))


def test_a_module_that_cannot_say_how_long_it_takes_has_failed() -> None:
    """A limit that is no timedelta is the module's failure, and says so."""

    async def main() -> ReloadOutcome:
        system = System()
        system.add("a", timeout=3)
        await system.orchestrator.start()
        return await system.reload()

    outcome = run(main)
    assert outcome.status == "failed" and "Let it be a timedelta" in str(outcome.error)
