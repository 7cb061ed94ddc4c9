"""The modules that the suite hands to an orchestrator: each does what its script says, and everything is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest

from pytest_policy_contracts.contracts import ConfigChange, Reloadable
from pytest_policy_contracts.simulation.clock import VirtualClock, virtual_time
from pytest_policy_contracts.simulation.loop import SimulatedLoop
from pytest_policy_contracts.steps import supplied_modules
from pytest_policy_contracts.steps.leftovers import MARK
from pytest_policy_contracts.steps.supplied_modules import (
    Behaviour,
    Journal,
    ModuleFailed,
    Panic,
    SuppliedModule,
    SynchronousModule,
    TimeoutAsMethod,
    apply,
    concerns,
    order_of,
    running,
    settings_of,
)

TTL, SIZE = ConfigChange.modified("cache.ttl", 30, 60), ConfigChange.added("cache.size", [1, {"a": 2}])


class Stage:
    """A module on a loop with virtual time."""

    def __init__(self, kind: type[SuppliedModule] = SuppliedModule, **more: Any) -> None:
        self.clock = VirtualClock()
        self.journal = Journal(self.clock)
        self.module = kind("cache", self.journal, settings={"cache.ttl": 30}, **more)

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        loop = SimulatedLoop(clock=self.clock)
        with virtual_time([]):
            try:
                return loop.complete(coroutine)
            finally:
                loop.dismantle()

    def reload(self, *behaviours: Behaviour, changes: Any = (TTL, SIZE)) -> Any:
        """Reload once with each behaviour; what a module raises is the answer of the last one."""
        self.module.script += behaviours

        async def each() -> BaseException | None:
            error: BaseException | None = None
            for _ in behaviours or (None,):
                error = (await asyncio.gather(self.module.reload(list(changes)), return_exceptions=True))[0]
            return error

        return self.run(each())

    def cancelled_after(self, seconds: float, behaviour: Behaviour) -> tuple[float, bool]:
        """Cancel a reload after so many seconds; tell when it had ended, and whether as cancelled."""
        self.module.script.append(behaviour)

        async def cancel() -> tuple[float, bool]:
            task = asyncio.get_running_loop().create_task(self.module.reload([TTL]))
            await asyncio.sleep(seconds)
            task.cancel()
            await asyncio.wait({task})
            return self.clock.now, task.cancelled()

        ended: tuple[float, bool] = self.run(cancel())
        return ended


# -- what concerns a module --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "is_its"),
    [("cache", True), ("cache.ttl", True), ("cache.pool.size", True), ("cached.ttl", False), ("my.cache", False)],
)
def test_a_change_concerns_a_module_at_its_name_and_below(path: str, is_its: bool) -> None:
    """The name itself and what follows it after a dot concern a module, and names that only begin alike do not."""
    assert concerns(path, "cache") is is_its


def test_changes_are_applied_by_kind_and_copied() -> None:
    """Added and modified settings are there, removed ones gone, whatever type says so, and no value is shared."""
    settings: dict[str, Any] = {"a": 1, "b": 2}
    nested = [1]

    class Own:
        path, kind, old, new = "b", "REMOVED", 2, None

    apply(settings, [ConfigChange.modified("a", 1, True), ConfigChange.added("c", nested), Own()])
    nested.append(2)

    assert settings == {"a": True, "c": [1]} and settings["a"] is True


# -- what a module does ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [SuppliedModule, SynchronousModule, TimeoutAsMethod])
def test_a_module_is_reloadable(kind: type[SuppliedModule]) -> None:
    """Each kind has what the contract Reloadable asks for."""
    assert isinstance(Stage(kind).module, Reloadable)


def test_an_obedient_module_takes_its_changes_and_its_time() -> None:
    """Without a script a module has all of its changes after its seconds, and nobody else's."""
    stage = Stage(seconds=3.0)

    assert stage.reload(changes=(TTL, SIZE, ConfigChange.added("routes.max", 1))) is None
    assert stage.module.settings == {"cache.ttl": 60, "cache.size": [1, {"a": 2}]}
    (call,) = stage.journal.reloads()
    assert (call.how, call.ended_at - call.began_at, call.paths) == (
        "returned",
        3.0,
        ("cache.ttl", "cache.size", "routes.max"),
    )


@pytest.mark.parametrize(
    ("behaviour", "settings"),
    [
        (supplied_modules.fail_before, {"cache.ttl": 30}),
        (supplied_modules.fail_now, {"cache.ttl": 30}),
        (supplied_modules.fail_half_way, {"cache.ttl": 60}),
        (supplied_modules.fail_half_now, {"cache.ttl": 60}),
        (supplied_modules.fail_after, {"cache.ttl": 60, "cache.size": [1, {"a": 2}]}),
        (supplied_modules.fail_quoting, {"cache.ttl": 60, "cache.size": [1, {"a": 2}]}),
    ],
)
def test_a_failing_module_has_as_much_as_its_name_says(behaviour: Behaviour, settings: dict[str, Any]) -> None:
    """Before, half-way and after: the settings are those of that place, and the error is in the journal."""
    stage = Stage()

    assert isinstance(stage.reload(behaviour), ModuleFailed)
    assert stage.module.settings == settings
    assert stage.journal.calls[-1].how.startswith("raised ModuleFailed: ")


def test_a_quoting_failure_quotes_every_value_and_has_a_cause() -> None:
    """Its text and that of its cause hold old and new values, as careless parsers write them."""
    error = Stage().reload(
        supplied_modules.fail_quoting, changes=[ConfigChange.modified("cache.pw", "old-pw", "new-pw")]
    )

    for text in (str(error), str(error.__cause__)):
        assert "'old-pw'" in text and "'new-pw'" in text


def test_a_panic_is_what_was_asked_for() -> None:
    """A panicking module raises exactly the error that it was given."""
    error = Panic("on purpose")

    assert Stage().reload(supplied_modules.panic(error)) is error


def test_a_script_is_used_up_call_by_call() -> None:
    """Each call takes the next behaviour, and obeys when there is none left."""
    stage = Stage()
    stage.reload(supplied_modules.fail_now, supplied_modules.take(2.0))

    assert [call.how for call in stage.journal.reloads()] == [
        "raised ModuleFailed: cache could not take its changes",
        "returned",
    ]
    assert not stage.module.script


@pytest.mark.parametrize(
    ("behaviour", "ended_at", "is_cancelled"),
    [
        (supplied_modules.hang, 5.0, True),
        (supplied_modules.tidy_up_when_cancelled, 5.0 + supplied_modules.TIDYING_SECONDS, True),
        (supplied_modules.ignore_cancellation, supplied_modules.DEAF_SECONDS, False),
    ],
)
def test_how_a_hanging_module_takes_its_cancellation(behaviour: Behaviour, ended_at: float, is_cancelled: bool) -> None:
    """One ends at once, one after some seconds of tidying up, and one when it likes to, after an hour."""
    assert Stage().cancelled_after(5.0, behaviour) == (ended_at, is_cancelled)


def test_a_mutating_module_has_copies_and_leaves_marks() -> None:
    """What it was handed is altered deeply afterwards; its settings and the journal have what was handed in."""
    stage = Stage()
    nested = ConfigChange.added("cache.hosts", ["a", {"port": 1}])
    changes = [nested]

    async def hand_in() -> None:
        stage.module.script.append(supplied_modules.obey_and_mutate)
        await stage.module.reload(changes)

    stage.run(hand_in())

    assert changes == [MARK] and nested.new == [MARK]
    assert stage.module.settings["cache.hosts"] == ["a", {"port": 1}]
    assert stage.journal.calls[0].changes[0].new == ["a", {"port": 1}]


def test_a_module_answers_and_times_out_as_prepared() -> None:
    """Prepared answers and timeouts are given once, errors among them raised, and then the plain ones."""
    module = Stage().module
    module.answers += (False, RuntimeError("not known"))
    module.timeout = RuntimeError("not known either")

    assert module.can_reload() is False
    for ask in (module.can_reload, lambda: module.reload_timeout):
        with pytest.raises(RuntimeError, match="not known"):
            ask()
    assert module.can_reload() is True and module.reload_timeout == timedelta(minutes=1)


def test_a_refusing_module_refuses_until_it_does_not() -> None:
    """Beside its prepared answers a module can say no for as long as it is told to."""
    module = Stage().module
    module.refuses = True
    assert module.can_reload() is False
    module.refuses = False
    assert module.can_reload() is True


# -- the journal -------------------------------------------------------------------------------------------------------


def test_the_journal_tells_order_and_what_runs() -> None:
    """Modules are listed by their first call, and a call runs until its end was noted."""
    journal = Stage().journal
    first, second, third = (journal.begin(name, "reload", [TTL]) for name in ("routes", "cache", "routes"))
    journal.end(second, "returned")

    assert order_of(journal.reloads()) == ["routes", "cache"]
    assert list(running(journal.calls)) == [first, third]
    assert journal.reloads(since=second.began) == [third]


def test_settings_are_copied_when_they_are_noted() -> None:
    """What is noted of modules does not change with them."""
    module = Stage().module
    module.settings["cache.hosts"] = ["a"]
    noted = settings_of([module])
    module.settings["cache.hosts"].append("b")

    assert noted == {"cache": {"cache.ttl": 30, "cache.hosts": ["a"]}}
