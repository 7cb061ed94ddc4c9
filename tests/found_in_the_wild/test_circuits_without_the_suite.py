"""What the pages about circuit breakers say was found, on stock asyncio; and that the orchestrator around them is in order."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import aiobreaker
import pytest
from circuitbreaker import CircuitBreaker
from purgatory import AsyncCircuitBreakerFactory

from pytest_policy_contracts import OrchestratorConfig, ReloadOrchestratorHarness, verify
from reference_impl.orchestrator import Breaker, Result
from tests.found_in_the_wild.pages import module_of

# aiobreaker asks for the time with utcnow(), which is deprecated since Python 3.12.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

Call = Callable[[], Awaitable[object]]
Through = Callable[[Call], Awaitable[object]]
OVER_AT_ONCE_SECONDS = -1


class RefusedError(Exception):
    pass


class BreakerInOrderContract(ReloadOrchestratorHarness):
    """The orchestrator of the pages around a breaker that keeps the clauses."""

    def create(self, config: OrchestratorConfig, publish: object) -> object:
        base, cap = config.backoff_base.total_seconds(), config.backoff_cap.total_seconds()
        breaker = Breaker(threshold=config.failure_threshold, base=base, cap=cap)

        async def through(call: Call) -> None:
            now = asyncio.get_running_loop().time
            ticket = breaker.admit(now())
            if ticket is None:
                raise RefusedError("the circuit is open")
            result = Result.NEITHER
            try:
                await call()
                result = Result.SUCCESS
            except Exception:
                result = Result.FAILURE
                raise
            finally:
                breaker.settle(ticket, result, now())

        return module_of("circuitbreaker_circuit").GuardedOrchestrator(config, through, RefusedError)


def test_the_orchestrator_of_the_pages_is_in_order() -> None:
    """With a breaker that keeps the clauses, the orchestrator that the libraries are tried in is conformant."""
    report = verify(BreakerInOrderContract, clauses=["ORC-014", "ORC-015", "ORC-016"], schedules=30)

    assert {one.id: one.outcome for one in report.clauses.values()} == {
        "ORC-014": "passed", "ORC-015": "passed", "ORC-016": "passed",
    }  # fmt: skip


# -- half-open -------------------------------------------------------------------------------------------------------


async def with_purgatory() -> Through:
    breaker = await AsyncCircuitBreakerFactory(1, OVER_AT_ONCE_SECONDS).get_breaker("shop")

    async def through(call: Call) -> None:
        async with breaker:
            await call()

    return through


async def with_aiobreaker() -> Through:
    return aiobreaker.CircuitBreaker(1, timedelta(seconds=OVER_AT_ONCE_SECONDS)).call_async  # type: ignore[no-any-return]


async def with_circuitbreaker() -> Through:
    async def through(call: Call) -> None:
        await call()

    return CircuitBreaker(1, OVER_AT_ONCE_SECONDS)(through)  # type: ignore[no-any-return]


@pytest.mark.parametrize("library", [with_purgatory, with_aiobreaker, with_circuitbreaker])
def test_a_half_open_circuit_lets_everybody_through(library: Callable[[], Awaitable[Through]]) -> None:
    """When the open period is over, five callers at once all reach the service that had failed."""

    async def story() -> int:
        through = await library()
        with suppress(Exception):
            await through(failing)
        inside = 0
        goes_on = asyncio.Event()

        async def call() -> None:
            nonlocal inside
            inside += 1
            await goes_on.wait()

        callers = [asyncio.ensure_future(through(call)) for _ in range(5)]
        await asyncio.sleep(0)
        reached = inside
        goes_on.set()
        await asyncio.gather(*callers)
        return reached

    assert asyncio.run(story()) == 5


async def failing() -> None:
    raise ConnectionRefusedError("the shop does not answer")


async def hanging() -> None:
    await asyncio.Event().wait()


async def give_up(through: Through) -> None:
    """Call what hangs, and be cancelled."""
    caller = asyncio.ensure_future(through(hanging))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()


# -- purgatory -------------------------------------------------------------------------------------------------------


async def purgatory_circuit(threshold: int, ttl: float = 60, exclude: Any = ()) -> tuple[Any, Through]:
    breaker = await AsyncCircuitBreakerFactory(threshold, ttl, list(exclude)).get_breaker("shop")

    async def through(call: Call) -> None:
        async with breaker:
            await call()

    return breaker.context, through


def test_callers_who_give_up_open_the_circuit_of_purgatory() -> None:
    """Three callers who are cancelled lock everybody else out, although nothing has failed."""

    async def story() -> str:
        circuit, through = await purgatory_circuit(threshold=3)
        for _ in range(3):
            await give_up(through)
        return str(circuit.state)

    assert asyncio.run(story()) == "opened"


def test_an_excluded_cancellation_begins_the_count_of_purgatory_anew() -> None:
    """With CancelledError excluded, one caller who gives up makes two failures forgotten."""

    async def story() -> tuple[int, int]:
        circuit, through = await purgatory_circuit(threshold=3, exclude=[asyncio.CancelledError])
        for _ in range(2):
            with suppress(ConnectionRefusedError):
                await through(failing)
        before = circuit.failure_count
        await give_up(through)
        return before, circuit.failure_count

    assert asyncio.run(story()) == (2, 0)


def test_an_excluded_cancellation_closes_the_circuit_of_purgatory() -> None:
    """With CancelledError excluded, a probe whose caller gives up closes the circuit."""

    async def story() -> str:
        circuit, through = await purgatory_circuit(1, OVER_AT_ONCE_SECONDS, [asyncio.CancelledError])
        with suppress(ConnectionRefusedError):
            await through(failing)
        assert circuit.state == "opened"
        await give_up(through)
        return str(circuit.state)

    assert asyncio.run(story()) == "closed"


# -- circuitbreaker --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["gives up", "has its answer"])
def test_whoever_came_before_closes_the_circuit_of_circuitbreaker(how: str) -> None:
    """A call that began before the circuit opened closes it when it ends, also when its caller gives up."""

    async def story() -> tuple[bool, bool]:
        breaker = CircuitBreaker(failure_threshold=1, recovery_timeout=60)
        answered = asyncio.Event()

        @breaker
        async def through(call: Call) -> None:
            await call()

        earlier = asyncio.ensure_future(through(answered.wait))
        await asyncio.sleep(0)
        with suppress(ConnectionRefusedError):
            await through(failing)
        opened = breaker.opened
        if how == "gives up":
            earlier.cancel()
        answered.set()
        await asyncio.wait([earlier])
        return opened, breaker.closed

    assert asyncio.run(story()) == (True, True)


def test_a_caller_who_gives_up_makes_circuitbreaker_forget() -> None:
    """One caller who gives up makes two failures forgotten."""

    async def story() -> tuple[int, int]:
        breaker = CircuitBreaker(failure_threshold=3)

        @breaker
        async def through(call: Call) -> None:
            await call()

        for _ in range(2):
            with suppress(ConnectionRefusedError):
                await through(failing)
        before = breaker.failure_count
        await give_up(through)
        return before, breaker.failure_count

    assert asyncio.run(story()) == (2, 0)


# -- aiobreaker ------------------------------------------------------------------------------------------------------


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


async def refused_by_aiobreaker() -> aiobreaker.CircuitBreakerError:
    """Return the error of a call that is refused for a minute."""
    breaker = aiobreaker.CircuitBreaker(1, timedelta(minutes=1))
    with pytest.raises(aiobreaker.CircuitBreakerError):
        await breaker.call_async(failing)
    with pytest.raises(aiobreaker.CircuitBreakerError) as caught:
        await breaker.call_async(failing)
    return caught.value


@pytest.mark.parametrize("zone", ["EST5"], indirect=True)
@pytest.mark.usefixtures("zone")
def test_west_of_greenwich_aiobreaker_says_to_wait_for_hours() -> None:
    """Five hours west of UTC, the time that is left of one minute is five hours and a minute."""
    refusal = asyncio.run(refused_by_aiobreaker())

    assert timedelta(hours=5) < refusal.time_remaining <= timedelta(hours=5, minutes=1)


@pytest.mark.parametrize("zone", ["CET-1"], indirect=True)
@pytest.mark.usefixtures("zone")
def test_east_of_greenwich_aiobreaker_cannot_say_how_long_to_wait() -> None:
    """An hour east of UTC, asking how much time is left raises TypeError."""
    refusal = asyncio.run(refused_by_aiobreaker())

    assert refusal.reopen_time is None
    with pytest.raises(TypeError):
        _ = refusal.time_remaining


def test_aiobreaker_does_not_know_the_argument_of_its_readme() -> None:
    """The example of its README, with reset_timeout, raises TypeError: the argument is timeout_duration."""
    with pytest.raises(TypeError, match="reset_timeout"):
        aiobreaker.CircuitBreaker(fail_max=5, reset_timeout=timedelta(seconds=60))
