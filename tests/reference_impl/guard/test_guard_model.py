"""The guard against a model of it: two bounded memories, a whitelist with an end, and a clock."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pytest_policy_contracts import ViolationKind
from reference_impl.guard import WhitelistEntry

from .fakes import NOON, Clock, KeptEvents, denies, guard_of, violation

ROOM, REPEATS = 3, 4
ENDS = NOON + timedelta(seconds=5)
ENTRIES = [WhitelistEntry("a", "b", "for ever"), WhitelistEntry("b", "c", "for a while", expires_at=ENDS)]
IDS = st.sampled_from(["a", "b", "c", ""])


class Guarding(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock, self.events = Clock(), KeptEvents()
        self.guard = guard_of(room=ROOM, entries=ENTRIES, max_repeats=REPEATS, now=self.clock, events=self.events)
        self.newest: deque[tuple[str, str, str, datetime]] = deque(maxlen=ROOM)
        self.repeats: OrderedDict[tuple[str, str, str], list[Any]] = OrderedDict()
        self.uses = {("a", "b"): 0, ("b", "c"): 0}
        self.recorded = 0

    def permits(self, kind: str, tenant: str, target: str) -> bool:
        if kind != "cross_tenant" or not tenant or not target:
            return False
        if tenant == target:
            return True
        if (tenant, target) == ("b", "c") and self.clock.now >= ENDS:
            return False
        if (tenant, target) in self.uses:
            self.uses[tenant, target] += 1
            return True
        return False

    def record(self, kind: str, tenant: str, target: str) -> None:
        self.recorded += 1
        self.newest.append((kind, tenant, target, self.clock.now))
        repeat = self.repeats.setdefault((kind, tenant, target), [0, self.clock.now, None])
        repeat[0] += 1
        repeat[2] = self.clock.now
        self.repeats.move_to_end((kind, tenant, target))
        if len(self.repeats) > REPEATS:
            self.repeats.popitem(last=False)

    @rule(
        kind=st.sampled_from([*map(str, ViolationKind), "made up"]),
        tenant=IDS,
        reached=IDS,
        times=st.sampled_from([1, 1, 2, 130]),
    )
    def access(self, kind: str, tenant: str, reached: str, times: int) -> None:
        for _ in range(times):
            permitted = self.permits(kind, tenant, reached)
            assert denies(self.guard, violation(kind, tenant, reached)) is not permitted
            if not permitted:
                self.record(kind, tenant, reached)

    @rule(tenant=IDS, reached=IDS)
    def bound_access(self, tenant: str, reached: str) -> None:
        kind = "cross_tenant" if tenant else "missing_context"
        permitted = self.permits(kind, tenant, reached)
        denied = False
        with self.guard.bound_to(tenant):
            try:
                self.guard.access(reached)
            except PermissionError:
                denied = True
        assert denied is not permitted
        if denied:
            self.record(kind, tenant, reached)

    @rule(seconds=st.integers(1, 3))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    @rule()
    def the_newest_are_remembered(self) -> None:
        seen = [(str(one.kind), one.tenant_id, one.target_id, one.timestamp) for one in self.guard.recent_violations()]
        assert seen == list(self.newest)

    @rule()
    def repeats_are_counted(self) -> None:
        seen = {
            (str(r.kind), r.tenant_id, r.target_id): [r.count, r.first_seen, r.last_seen] for r in self.guard.repeats()
        }
        assert list(seen.items()) == list(self.repeats.items())

    @rule()
    def the_rest_is_counted(self) -> None:
        assert self.guard.dropped == self.recorded - len(self.newest)

    @invariant()
    def each_record_is_an_event(self) -> None:
        assert len(self.events.told) == self.recorded

    @invariant()
    def uses_are_counted(self) -> None:
        assert {
            (one.entry.tenant_id, one.entry.target_id): one.uses for one in self.guard.whitelist_uses()
        } == self.uses


Guarding.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


class TestGuardIsItsModel(Guarding.TestCase):  # type: ignore[misc,name-defined]
    """Whatever is asked in whatever order, the guard answers and remembers as the model does."""
