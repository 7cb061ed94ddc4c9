"""Claim: a denial by the reference guard costs its caller at most 4 times what a bare denial costs; memory stays flat.

A denial in strict mode, recorded and with its event left for delivery, against code without a guard that appends the
violation to a deque and raises the same error with the same text. Both make the violation first, as every caller does;
what the rest alone compares like is shown, too. Compared is the processor time of the calling thread: the event is built
and delivered by another one, which is shown and held to nothing. Then a million violations of ever new tenants: after a
warm-up neither the resident memory nor what Python has allocated may grow with them.
Run: `python -m benchmarks.guard_denial`.
"""

import gc
import logging
import os
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from benchmarks.measuring import by_turns, reached
from pytest_policy_contracts.contracts import GuardConfig, GuardMode, Severity, TenantViolation, ViolationKind
from reference_impl.errors import AccessDeniedError
from reference_impl.events import Outbox, ThreadDelivery
from reference_impl.guard import TenantGuard
from reference_impl.metrics import Metrics

REACH = 4.0
DENIALS = 500
ROUNDS = 400

FLOOD = 1_000_000
TRACED_FLOOD = 200_000
SAMPLES = 10
WARM = 2
"""The sample that growth is counted from; before it the bounded memories of the guard fill."""
RESIDENT_REACH_MIB = 0.5
TRACED_REACH_BYTES = 1.0
"""Growth for each violation; one that is kept would be hundreds."""

STATUS = "/proc/self/statm"
OWN = TenantViolation(ViolationKind.CROSS_TENANT, Severity.HIGH, "acme", "acme")


def main() -> int:
    """Measure, print and return the exit status."""
    # What is logged is limited in its rate, and goes nowhere here.
    logging.getLogger("reference_impl").addHandler(logging.NullHandler())
    logging.getLogger("reference_impl").propagate = False
    held = [_denial_is_quick()]
    if os.path.exists(STATUS):
        held.append(_resident_is_flat())
    held.append(_traced_is_flat())
    return 0 if all(held) else 1


# -- speed --


def _denial_is_quick() -> bool:
    outbox = Outbox("/benchmarks/guard")
    delivery = ThreadDelivery(outbox, lambda event: None)
    guard = TenantGuard(GuardConfig(GuardMode.STRICT), events=outbox)
    counted = TenantGuard(GuardConfig(GuardMode.STRICT), metrics=Metrics().guard)
    made, plain, denied, _, with_metrics, allowed = by_turns(
        (
            lambda: [_violation() for _ in range(DENIALS)],
            _denials(_without_guard()),
            _denials(guard.validate_access),
            lambda: _drain(outbox),
            _denials(counted.validate_access),
            lambda: [guard.validate_access(OWN) for _ in range(DENIALS)],
        ),
        ROUNDS,
        time.thread_time,
    )
    _show("making the violation", made)
    _show("a bare denial", plain)
    _show("a denial with record and event", denied)
    _show("a denial with record and metrics", with_metrics)
    _show("an access that is allowed", allowed)
    print(f"       without making the violation: {(denied - made) / (plain - made):.3g} of a bare denial")
    print(f"       both threads, until it is delivered: {_microseconds_of_delivery(guard, outbox):.1f} µs")
    delivery.close()
    if outbox.counts.dropped or outbox.counts.failed:
        raise RuntimeError(f"events were lost: {outbox.counts}")
    return reached("a denial with record and event, of a deque append and an exception", denied / plain, REACH)


def _show(what: str, seconds: float) -> None:
    print(f"       {what}: {seconds / DENIALS * 1e9:,.0f} ns")


def _violation() -> TenantViolation:
    return TenantViolation(ViolationKind.CROSS_TENANT, Severity.HIGH, "acme", "globex")


def _without_guard() -> Callable[[TenantViolation], None]:
    kept: deque[TenantViolation] = deque(maxlen=1000)

    def deny(asked: TenantViolation) -> None:
        kept.append(asked)
        raise AccessDeniedError(f"{asked.tenant_id!r} may not reach {asked.target_id!r} ({asked.kind})")

    return deny


def _denials(deny: Callable[[TenantViolation], None]) -> Callable[[], None]:
    def deny_all() -> None:
        for _ in range(DENIALS):
            try:
                deny(_violation())
            except PermissionError:
                pass

    return deny_all


def _microseconds_of_delivery(guard: TenantGuard, outbox: Outbox) -> float:
    def deny_and_deliver() -> None:
        _denials(guard.validate_access)()
        _drain(outbox)

    (seconds,) = by_turns([deny_and_deliver], 20)
    return seconds / DENIALS * 1e6


def _drain(outbox: Outbox) -> None:
    while len(outbox):
        time.sleep(0.001)  # leaves the core to the deliverer; the processor time that is measured does not see it


# -- memory --


def _resident_is_flat() -> bool:
    samples = _flood(FLOOD, _resident_mib)
    print("       " + " ".join(f"{mib:.2f}" for mib in samples) + " MiB")
    grown = max(samples[-2:]) - samples[WARM]
    return reached(f"{FLOOD:,} violations of ever new tenants, resident growth", grown, RESIDENT_REACH_MIB, " MiB")


def _traced_is_flat() -> bool:
    tracemalloc.start()
    try:
        samples = _flood(TRACED_FLOOD, lambda: float(tracemalloc.get_traced_memory()[0]))
    finally:
        tracemalloc.stop()
    grown = (samples[-1] - samples[WARM]) / (TRACED_FLOOD * (SAMPLES - 1 - WARM) / SAMPLES)
    return reached(
        f"{TRACED_FLOOD:,} violations of ever new tenants, allocated growth each", grown, TRACED_REACH_BYTES, " bytes"
    )


def _flood(violations: int, measure: Callable[[], float]) -> list[float]:
    """Hand in violations of ever new tenants, and measure after each tenth, when everything is delivered."""
    outbox = Outbox("/benchmarks/guard")
    delivery = ThreadDelivery(outbox, lambda event: None)
    guard = TenantGuard(GuardConfig(GuardMode.LENIENT), events=outbox, metrics=Metrics().guard)
    samples: list[float] = []
    for number in range(1, violations + 1):
        tenant, target = f"made-up-{number}", f"target-{number}"
        guard.validate_access(TenantViolation(ViolationKind.CROSS_TENANT, Severity.HIGH, tenant, target))
        if number % (violations // SAMPLES) == 0:
            _drain(outbox)
            gc.collect()
            samples.append(measure())
    delivery.close(timedelta(seconds=30))
    if guard.dropped != violations - 1000 or len(guard.recent_violations()) != 1000:
        raise RuntimeError(f"of {violations} violations {guard.dropped} were dropped, and not all but 1000")
    return samples


def _resident_mib() -> float:
    with open(STATUS, encoding="ascii") as status:
        return int(status.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
