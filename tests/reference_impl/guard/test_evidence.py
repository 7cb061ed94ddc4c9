"""What the guard remembers, under load and in whatever hands."""

import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone
from typing import Any

import pytest

from pytest_policy_contracts import ViolationKind
from reference_impl.errors import ConfigurationError
from reference_impl.guard import evidence

from .fakes import NOON, Clock, guard_of, violation

THREADS, EACH = 6, 400


def test_no_violation_is_lost_between_threads() -> None:
    """What many threads hand in at once is all remembered, counted, and in the order of each thread."""
    guard = guard_of("lenient", room=THREADS * EACH, max_repeats=THREADS * EACH)
    start = threading.Barrier(THREADS)

    def hand_in(thread: int) -> None:
        start.wait()
        for number in range(EACH):
            guard.validate_access(violation(tenant=f"tenant-{thread}", details={"number": number}))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(hand_in, range(THREADS)))
    numbers: dict[str, list[object]] = {}
    for one in guard.recent_violations():
        numbers.setdefault(one.tenant_id, []).append(one.details["number"])
    assert numbers == {f"tenant-{thread}": list(range(EACH)) for thread in range(THREADS)}
    assert {one.count for one in guard.repeats()} == {EACH} and guard.dropped == 0


@pytest.mark.parametrize("line", range(40))
def test_a_guard_may_be_asked_at_any_line_of_itself(line: int) -> None:
    """A finalizer or signal handler that asks the guard in the middle of its work finds it whole, and does no harm to it."""
    guard = guard_of("lenient", room=500)
    left = line

    def trace(frame: Any, event: str, argument: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename != evidence.__file__:
            return None
        if event == "line":
            left -= 1
            if left == -1:
                guard.validate_access(violation(tenant="finalizer"))
                guard.recent_violations()
        return trace

    for _ in range(3):
        guard.validate_access(violation())
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        guard.recent_violations()
    finally:
        sys.settrace(before)
    assert left < 0, "the guard has fewer lines than that"
    assert Counter(one.tenant_id for one in guard.recent_violations()) == {"acme": 3, "finalizer": 1}


def test_a_full_record_keeps_the_newest_and_counts_the_rest() -> None:
    """Of more violations than there is room for the newest are kept in order, and the others counted."""
    guard = guard_of("lenient", room=3)
    for number in range(250):
        guard.validate_access(violation(tenant=f"tenant-{number}"))

    assert [one.tenant_id for one in guard.recent_violations()] == ["tenant-247", "tenant-248", "tenant-249"]
    assert guard.dropped == 247


def test_repeats_are_counted_with_their_first_and_last_moment() -> None:
    """The same access again adds to its count, also when its record is long gone; another kind is another sort."""
    clock = Clock()
    guard = guard_of("lenient", room=1, now=clock)
    for _ in range(3):
        guard.validate_access(violation())
        clock.advance(seconds=10)
    guard.validate_access(violation(ViolationKind.UNAUTHORIZED))

    first, second = guard.repeats()
    assert (first.kind, first.tenant_id, first.target_id, first.count) == ("cross_tenant", "acme", "globex", 3)
    assert (first.first_seen, first.last_seen) == (NOON, NOON + timedelta(seconds=20))
    assert (second.kind, second.count) == ("unauthorized", 1)
    first.count = 99
    assert guard.repeats()[0].count == 3


def test_the_table_of_repeats_forgets_who_was_seen_least_recently() -> None:
    """Ever new tenants push out those that were not seen for the longest time, and nobody else."""
    guard = guard_of("lenient", max_repeats=2)
    for tenant in ("a", "b", "a", "c"):
        guard.validate_access(violation(tenant=tenant))

    assert Counter({one.tenant_id: one.count for one in guard.repeats()}) == {"a": 2, "c": 1}


def test_nobody_can_alter_a_record() -> None:
    """Neither who handed a violation in nor who reads the record changes what is remembered."""
    details = {"path": ["/x", {"rows": [1]}]}
    guard = guard_of("lenient")
    guard.validate_access(violation(details=details))
    details["path"].append("altered")
    guard.recent_violations()[0].details["path"].clear()  # type: ignore[attr-defined]

    assert guard.recent_violations()[0].details == {"path": ["/x", {"rows": [1]}]}


def test_a_timestamp_is_kept_or_filled_in() -> None:
    """A given moment is recorded as it is, a missing one is now, and what is no moment is marked as unknown."""
    clock, given = Clock(), NOON.astimezone(timezone(timedelta(hours=-11)))
    guard = guard_of("lenient", now=clock)
    for at in (given, None, "yesterday"):
        guard.validate_access(violation(at=at))

    kept, filled, unknown = [one.timestamp for one in guard.recent_violations()]
    assert kept == given and kept is not None and kept.utcoffset() == given.utcoffset()
    assert filled == NOON and unknown is not None and unknown.year == 1970


def test_kinds_and_severities_are_recorded_as_such() -> None:
    """What was given as text is the same record as what was given as a member; anything else is told by its type."""
    guard = guard_of("lenient")
    guard.validate_access(violation("cross_tenant"))
    guard.validate_access(violation(["cross_tenant"], tenant=7))

    known, unknown = guard.recent_violations()
    assert known.kind is ViolationKind.CROSS_TENANT
    assert (unknown.kind, unknown.tenant_id) == ("<list>", "<int>")


def test_a_table_without_room_is_refused() -> None:
    """There has to be room for at least one repeat."""
    with pytest.raises(ConfigurationError):
        guard_of(max_repeats=0)
