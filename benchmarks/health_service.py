"""Claim: the health service costs little beside what it does: a check from memory at most three times the bare copying of
its reports, an evaluation of a hundred providers at most 1.3 of waiting for them with `asyncio.gather`.

Bare copying is a coroutine that copies the same ten reports with the service's own function, so that what is measured is
the service and not the copying; beside it stands `copy.deepcopy`. The providers wait 10 ms each, so an evaluation is
measured by the wall, the best round of many. Run: `python -m benchmarks.health_service`.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta

from benchmarks.measuring import by_turns, reached
from pytest_policy_contracts import AggregatorConfig, HealthReport
from pytest_policy_contracts.contracts import AggregatedHealth
from reference_impl.health import HealthService
from reference_impl.health.summary import copied

CACHED_REACH = 3.0
FAN_OUT_REACH = 1.3
CHECKS = 5_000
REPORTS = 10
PROVIDERS = 100
WAIT_SECONDS = 0.01
ROUNDS = 9
AN_HOUR = AggregatorConfig(cache_ttl=timedelta(hours=1))


class Waiting:
    """A provider that waits, and then reports a detail."""

    def __init__(self, name: str, seconds: float = WAIT_SECONDS) -> None:
        self._name = name
        self._seconds = seconds

    async def health_check(self) -> Sequence[HealthReport]:
        """Wait and report."""
        await asyncio.sleep(self._seconds)
        now = datetime.now(UTC)
        return [HealthReport(self._name, "store", "healthy", "", now, now, details={"lag_s": 0.1})]


def service_of(providers: Sequence[Waiting]) -> HealthService:
    service = HealthService(AN_HOUR)
    for number, provider in enumerate(providers):
        service.add_provider(f"p{number}", provider)
    return service


# -- from memory -------------------------------------------------------------------------------------------------------


def cached_ratios() -> tuple[float, float]:
    """Return what a check from memory costs beside copying its reports, with our function and with `deepcopy`."""
    with asyncio.Runner() as runner:
        service = service_of([Waiting(f"p{number}", 0.0) for number in range(REPORTS)])
        answer = runner.run(service.check())
        ours, bare, deep = by_turns(
            [
                lambda: runner.run(_checks(service)),
                lambda: runner.run(_copies(answer, copied)),
                lambda: runner.run(_copies(answer, deepcopy)),
            ],
            ROUNDS,
        )
        runner.run(service.close())
    print(
        f"{REPORTS} reports: {ours / CHECKS * 1e6:.1f} us a check from memory, {bare / CHECKS * 1e6:.1f} us copied bare"
    )
    return ours / bare, ours / deep


async def _checks(service: HealthService) -> None:
    for _ in range(CHECKS):
        await service.check()


async def _copies(answer: AggregatedHealth, copy: Callable[[AggregatedHealth], AggregatedHealth]) -> None:
    async def bare() -> AggregatedHealth:
        return copy(answer)

    for _ in range(CHECKS):
        await bare()


# -- an evaluation -----------------------------------------------------------------------------------------------------


async def fan_out_ratio() -> float:
    """Return how long an evaluation takes beside `asyncio.gather` of the same providers."""
    providers = [Waiting(f"p{number}") for number in range(PROVIDERS)]
    service = service_of(providers)
    gathered = evaluated = float("inf")
    for _ in range(ROUNDS * 3):
        begun = time.perf_counter()
        await asyncio.gather(*(provider.health_check() for provider in providers))
        between = time.perf_counter()
        await service.check(force_refresh=True)
        evaluated = min(evaluated, time.perf_counter() - between)
        gathered = min(gathered, between - begun)
    await service.close()
    print(f"{PROVIDERS} providers: {evaluated * 1e3:.1f} ms an evaluation, {gathered * 1e3:.1f} ms gathered bare")
    return evaluated / gathered


def main() -> int:
    """Measure, print and return the exit status."""
    beside_ours, beside_deepcopy = cached_ratios()
    held = [
        reached("a check from memory / copying its reports bare", beside_ours, CACHED_REACH),
        reached("a check from memory / copying them with deepcopy", beside_deepcopy, CACHED_REACH),
        reached(
            f"an evaluation of {PROVIDERS} providers / gathering them", asyncio.run(fan_out_ratio()), FAN_OUT_REACH
        ),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
