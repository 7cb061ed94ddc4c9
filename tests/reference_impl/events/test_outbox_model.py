"""The outbox against a model of it: a bounded queue, counts, and a deliverer who sleeps or does not."""

from collections import deque
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from reference_impl.events import Counts

from .fakes import STARTED, number_of, outbox_of, started

CAPACITY = 3


class Posting(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.outbox = outbox_of(CAPACITY)
        self.waiting: deque[int | None] = deque()
        self.counts = Counts()
        self.number = self.woken = self.expected_wakes = 0
        self.is_idle = True
        self.outbox.attach(self.wake)

    def wake(self) -> None:
        self.woken += 1

    def note(self, number: int | None) -> None:
        if len(self.waiting) == CAPACITY:
            self.counts.dropped += 1
            return
        self.waiting.append(number)
        self.expected_wakes += self.is_idle
        self.is_idle = False

    @rule(times=st.integers(1, 5), later=st.booleans())
    def emit(self, times: int, later: bool) -> None:
        for _ in range(times):
            self.number += 1
            data = started(self.number)
            self.outbox.emit(STARTED, (lambda told=data: told) if later else data)
            self.note(self.number)

    @rule()
    def emit_what_fails_later(self) -> None:
        self.outbox.emit(STARTED, lambda: {}[1])
        self.note(None)

    @rule(kind=st.sampled_from(["made.up", None, []]))
    def emit_of_no_type(self, kind: Any) -> None:
        self.outbox.emit(kind, started())
        self.counts.refused += 1

    @rule(arrives=st.booleans())
    def deliver(self, arrives: bool) -> None:
        event = self.outbox.take()
        while self.waiting and self.waiting[0] is None:
            self.waiting.popleft()
            self.counts.failed += 1
        if not self.waiting:
            assert event is None
            self.is_idle = True
            return
        assert event is not None and number_of(event) == self.waiting.popleft()
        if arrives:
            self.outbox.delivered()
            self.counts.delivered += 1
        else:
            self.outbox.failed(OSError())
            self.counts.failed += 1

    @rule()
    def another_one_delivers(self) -> None:
        self.outbox.detach(self.wake)
        self.outbox.attach(self.wake)
        self.is_idle = not self.waiting
        self.expected_wakes += bool(self.waiting)

    @invariant()
    def nothing_is_lost_without_being_counted(self) -> None:
        assert len(self.outbox) == len(self.waiting) and self.outbox.counts == self.counts

    @invariant()
    def who_sleeps_is_woken(self) -> None:
        """A deliverer who has found nothing, or has just come, is woken once by the next event."""
        assert self.woken == self.expected_wakes


Posting.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


class TestOutboxIsItsModel(Posting.TestCase):  # type: ignore[misc,name-defined]
    """Whatever is emitted, taken and counted in whatever order, the outbox does as the model does."""
