"""Providers that err, panic, hang and talk nonsense [AGG-003 to AGG-007]."""

import asyncio
import time
from collections.abc import Awaitable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_policy_contracts import HealthStatus
from pytest_policy_contracts.contracts import TemporaryError
from reference_impl.health import HealthService
from tests.reference_impl.health.fakes import (
    Blocking,
    Scripted,
    answers,
    brief,
    hangs,
    ignores_cancellation,
    now,
    others,
    raises,
    report,
    run,
    says,
    statuses,
)
from tests.simulation.programs import ended


class Panic(BaseException):
    """What no `except Exception` catches."""


class Moody:
    """A report that cannot be looked at."""

    module = component = "moody"

    @property
    def status(self) -> str:
        raise RuntimeError("not now")


def checked(provider: Any, *, optional: bool = False, checks: int = 1) -> Any:
    """The answer of a service that asks this provider beside a healthy one, and when it came."""

    async def main() -> Any:
        service = HealthService()
        service.add_provider("odd", provider, optional=optional)
        service.add_provider("well", Scripted())
        for _ in range(checks):
            answer = await service.check(force_refresh=True)
        took = now()
        await service.close()
        assert others() == set()
        return answer, took

    return run(main)


# -- errors and panics -------------------------------------------------------------------------------------------------

PANICS = [
    ValueError("x"), SystemExit(3), GeneratorExit(), asyncio.CancelledError(), StopIteration(), Panic(), MemoryError(),
    TimeoutError(), BaseExceptionGroup("both", [Panic()]),
]  # fmt: skip


@pytest.mark.parametrize("error", PANICS, ids=repr)
@pytest.mark.parametrize("where", ["on the loop", "on a thread"])
def test_whatever_is_raised_is_one_unhealthy_report(error: BaseException, where: str) -> None:
    """Of what a provider raises comes one unhealthy report with its name, and the others still report."""

    def work() -> Any:
        raise error

    answer, _ = checked(Scripted(raises(error)) if where == "on the loop" else Blocking(work))

    assert brief(answer) == [("odd", "unhealthy"), ("m", "healthy")]
    assert answer.reports[0].component == "health_check"


def test_a_provider_that_cancels_itself_is_reported() -> None:
    """A cancellation that nobody but the provider asked for ends neither the check nor its callers."""

    async def step() -> Any:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(1)

    assert brief(checked(Scripted(step))[0]) == [("odd", "unhealthy"), ("m", "healthy")]


def test_a_provider_that_cancels_another_is_none_of_its_callers_business() -> None:
    """A check whose asking is cancelled before it began is reported like any other that ended as cancelled."""

    async def step() -> Any:
        for task in asyncio.all_tasks():
            if task.get_name() == "health of well":
                task.cancel()
        return [report("odd")]

    assert brief(checked(Scripted(step))[0]) == [("odd", "healthy"), ("well", "unhealthy")]


def test_what_the_user_interrupts_is_interrupted() -> None:
    """A `KeyboardInterrupt` on the loop's thread is the user's and goes on its way; where the loop goes on, it is reported."""

    async def main() -> Any:
        service = HealthService()
        service.add_provider("odd", Scripted(raises(KeyboardInterrupt)))
        return brief(await service.check())

    one = ended(main)
    assert (one.value, [type(exit_request) for exit_request in one.loop.exits]) == (
        [("odd", "unhealthy")],
        [KeyboardInterrupt],
    )


@pytest.mark.parametrize("value", [None, 7, "healthy", b"", {}, set(), [7], [None], [Moody()], report()])
def test_nonsense_is_one_unhealthy_report(value: Any) -> None:
    """An answer that is no sequence of reports is reported under the name of the provider."""
    assert brief(checked(Scripted(answers(value)))[0]) == [("odd", "unhealthy"), ("m", "healthy")]


@pytest.mark.parametrize("value", [[], ()])
def test_who_has_nothing_to_report_adds_nothing(value: Any) -> None:
    """An answer without any report is no mistake, and counts for nothing."""
    assert brief(checked(Scripted(answers(value)))[0]) == [("m", "healthy")]


def test_the_text_of_an_error_is_not_told() -> None:
    """An error's text may quote a password: only its type is shown."""
    answer, _ = checked(Scripted(raises(ConnectionError("postgresql://probe:hunter2@store"))))

    assert answer.reports[0].message == "raised ConnectionError" and "hunter2" not in repr(answer)


def test_a_provider_without_the_method_is_reported() -> None:
    """What has no `health_check` is unhealthy, and takes no other with it."""
    assert brief(checked(object())[0]) == [("odd", "unhealthy"), ("m", "healthy")]


# -- what is temporary -------------------------------------------------------------------------------------------------


class Flagged(Exception):
    def __init__(self, temporary: Any) -> None:
        self.temporary = temporary


class Denies(TemporaryError):
    temporary = False


class Unreadable(Exception):
    @property
    def temporary(self) -> bool:
        raise RuntimeError("no")


def linked(error: BaseException, *, cause: BaseException | None = None, context: BaseException | None = None) -> Any:
    error.__cause__, error.__suppress_context__, error.__context__ = cause, cause is not None, context
    return error


def in_a_circle(*errors: BaseException) -> BaseException:
    for one, other in zip(errors, [*errors[1:], errors[0]], strict=True):
        one.__context__ = other
    return errors[0]


def in_its_own_group() -> BaseException:
    error = ValueError()
    error.__context__ = ExceptionGroup("round", [error])
    return error.__context__


def hidden() -> BaseException:
    error = linked(ValueError(), context=TemporaryError())
    error.__suppress_context__ = True
    return error  # type: ignore[no-any-return]


twice = TemporaryError()
TEMPORARY = [
    TemporaryError(), Denies(), Flagged(True), Flagged(1),
    linked(ValueError(), cause=TemporaryError()), linked(ValueError(), context=Flagged(True)),
    linked(Flagged(False), cause=linked(OSError(), context=TemporaryError())),
    linked(Unreadable(), cause=TemporaryError()),
    in_a_circle(ValueError(), OSError(), TemporaryError()),
    ExceptionGroup("all", [TemporaryError(), linked(ValueError(), cause=TemporaryError())]),
    ExceptionGroup("nested", [ExceptionGroup("inner", [TemporaryError()])]), ExceptionGroup("twice", [twice, twice]),
    linked(ValueError(), cause=ExceptionGroup("all", [TemporaryError()])), linked(Panic(), cause=TemporaryError()),
]  # fmt: skip
LASTING = [
    ValueError(), Flagged(False), Flagged(0), Flagged(None), Unreadable(), in_a_circle(ValueError(), OSError()), hidden(),
    ExceptionGroup("mixed", [TemporaryError(), ValueError()]),
    linked(ExceptionGroup("mixed", [TemporaryError(), ValueError()]), context=TemporaryError()),
    in_a_circle(ExceptionGroup("round", [in_a_circle(ValueError(), OSError())]), KeyError()), in_its_own_group(),
]  # fmt: skip


@pytest.mark.parametrize("error", TEMPORARY, ids=repr)
def test_what_is_likely_to_be_right_again_is_degraded(error: BaseException) -> None:
    """An error that says it is temporary, or came from one that does, or holds only such ones, is degraded."""
    assert brief(checked(Scripted(raises(error)))[0])[0] == ("odd", "degraded")


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_any_other_error_is_unhealthy(error: BaseException) -> None:
    """Errors that say nothing, cannot be asked, hide their context or run in circles are unhealthy."""
    assert brief(checked(Scripted(raises(error)))[0])[0] == ("odd", "unhealthy")


# -- hanging -----------------------------------------------------------------------------------------------------------

HANGING = {
    "waits": lambda: Scripted(hangs),
    "ignores its cancellation": lambda: Scripted(ignores_cancellation(5.5)),
    "holds a thread": lambda: Blocking(lambda: time.sleep(5.5)),
}


@pytest.mark.parametrize("kind", HANGING)
def test_who_hangs_is_cut_off_and_the_others_are_kept(kind: str) -> None:
    """A provider that does not answer is unhealthy at the limit, whatever it does with its cancellation."""
    answer, took = checked(HANGING[kind]())

    assert brief(answer) == [("odd", "unhealthy"), ("m", "healthy")]
    assert answer.reports[0].message == "did not answer within 5 s"
    assert took == 5.0


def test_all_are_asked_at_once() -> None:
    """An answer takes as long as the slowest provider, sync ones included, and not as long as all of them."""

    async def main() -> float:
        service = HealthService()
        for number in range(20):
            service.add_provider(f"a{number}", Scripted(says("healthy", after=1.0)))
            service.add_provider(f"s{number}", Blocking(lambda: time.sleep(1.0) or [report()]))
        await service.check()
        return now()

    assert run(main) == 1.0


def test_what_hangs_for_good_hangs_once() -> None:
    """Whose call has not ended is reported without being called again, and is asked again as soon as it has ended."""

    async def main() -> list[Any]:
        service = HealthService()
        stubborn = Scripted(ignores_cancellation(12), says("degraded"))
        stuck = Blocking(lambda: time.sleep(12) if stuck.asked == 1 else [report("stuck", "degraded")])
        service.add_provider("stubborn", stubborn)
        service.add_provider("stuck", stuck)
        seen = []
        for _ in range(3):
            answer = await service.check(force_refresh=True)
            seen.append((now(), *(status for _, status in brief(answer)), stubborn.asked, stuck.asked))
        return seen

    assert run(main) == [
        (5.0, "unhealthy", "unhealthy", 1, 1),
        (10.0, "unhealthy", "unhealthy", 1, 1),
        (12.0, "degraded", "degraded", 2, 2),
    ]


# -- optional ----------------------------------------------------------------------------------------------------------

FAILING = [raises(ValueError), raises(SystemExit), raises(TemporaryError), hangs, answers(None)]


@pytest.mark.parametrize("failing", FAILING)
def test_an_optional_provider_stays_optional(failing: Any) -> None:
    """What was registered as optional does not touch the readiness, however it fails."""
    answer, _ = checked(Scripted(failing), optional=True)

    assert answer.reports[0].optional and statuses(answer)[0] != "healthy" and statuses(answer)[1] == "healthy"


@pytest.mark.parametrize("failing", FAILING)
def test_who_called_itself_optional_stays_so(failing: Any) -> None:
    """A provider whose reports said so is optional also when it fails, again and again; one that said so in part is not."""
    said = checked(Scripted(says("healthy", optional=True), failing), checks=3)[0]
    mixed = checked(
        Scripted(answers([report(optional=True), report(component="d", optional=False)]), failing), checks=3
    )[0]

    assert (said.reports[0].optional, mixed.reports[0].optional) == (True, False)
    assert statuses(said)[1] == "healthy" != statuses(mixed)[1]


def test_a_new_provider_of_an_old_name_starts_afresh() -> None:
    """Whether the provider that had the name before was optional says nothing about the one that has it now."""

    async def main() -> bool:
        service = HealthService()
        service.add_provider("a", Scripted(says("healthy", optional=True)))
        await service.check()
        service.remove_provider("a")
        service.add_provider("a", Scripted(raises(ValueError)))
        return (await service.check()).reports[0].optional

    assert run(main) is False


# -- how a provider is called ------------------------------------------------------------------------------------------


class ReturnsTask:
    """A plain method that starts a task, and says that it returns an awaitable."""

    def health_check(self) -> "Awaitable[Any]":
        return asyncio.ensure_future(says("degraded")())


class ReturnsCoroutine:
    """A plain method that returns a coroutine, and does not say so."""

    def health_check(self):  # type: ignore[no-untyped-def]
        return says("degraded")()


class CallableAttribute:
    """Has an object with an async `__call__` for a method."""

    class _Check:
        async def __call__(self) -> Any:
            return await says("degraded")()

    health_check = _Check()


@pytest.mark.parametrize("provider", [ReturnsTask(), ReturnsCoroutine(), CallableAttribute()])
def test_what_is_awaitable_is_awaited(provider: Any) -> None:
    """It is the answer that says whether it is awaited, not only the kind of function."""
    assert brief(checked(provider)[0])[0] == ("m", "degraded")


def test_a_thread_sees_the_context_of_the_check() -> None:
    """Context variables reach a sync provider as they reach an async one."""
    tenant: ContextVar[str] = ContextVar("tenant", default="nobody")

    async def main() -> Any:
        tenant.set("degraded")
        service = HealthService()
        service.add_provider("a", Blocking(lambda: [report(status=tenant.get())]))
        return brief(await service.check())

    assert run(main) == [("m", "degraded")]


def test_a_coroutine_that_comes_too_late_is_closed() -> None:
    """A coroutine that a thread returns after the limit is not forgotten unawaited."""

    class Slow:
        def health_check(self):  # type: ignore[no-untyped-def]
            time.sleep(5.5)
            return says(HealthStatus.HEALTHY)()

    assert brief(checked(Slow())[0])[0] == ("odd", "unhealthy")


def test_a_sync_provider_does_not_block_the_loop() -> None:
    """While a thread works for one provider, everything else goes on."""

    async def main() -> list[float]:
        service = HealthService()
        service.add_provider("slow", Blocking(lambda: time.sleep(2) or [report()]))
        check = asyncio.create_task(service.check())
        ticks = []
        while not check.done():
            ticks.append(now())
            await asyncio.sleep(0.5)
        return ticks

    assert run(main)[:4] == [0.0, 0.5, 1.0, 1.5]


def test_moments_and_names_are_completed() -> None:
    """A report that lacks all but its status is completed with the provider's name and the time."""
    bare = SimpleNamespace(status="healthy")

    async def main() -> Any:
        service = HealthService()
        service.add_provider("bare", Scripted(answers([bare])))
        return (await service.check()).reports[0]

    one = run(main)
    assert (one.module, one.component, one.message, one.optional, one.details) == ("bare", "bare", "", False, {})
    assert one.checked_at == one.observed_since and one.checked_at.utcoffset() is not None
