"""Where events wait for their delivery.

Rules: `emit` never raises and never waits [ORC-018, AGG-015, TNT-014]. The outbox is bounded, and what it cannot keep is
counted. It knows nothing of how events are delivered; one deliverer at a time takes them out in their order.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import RLock

from reference_impl.errors import ConfigurationError
from reference_impl.events.catalogue import EVENT_TYPES, missing_fields
from reference_impl.events.envelope import Occurrence, event_of
from reference_impl.events.json_values import json_object
from reference_impl.ports import Data, Event, Now, utc_now

_log = logging.getLogger(__name__)

MOST_COMPLAINTS = 20
"""A mistake that makes up ever new types must not fill the memory."""


@dataclass(slots=True)
class Counts:
    """What became of the events that do not wait any more."""

    delivered: int = 0
    failed: int = 0
    """Could not be made into an event, or whoever listens raised or took too long."""
    dropped: int = 0
    """Found the outbox full."""
    refused: int = 0
    """Are of a type that is not in the catalogue, or have data that is none."""
    incomplete: int = 0
    """Lack a field of their type; they are delivered all the same, and counted there, too."""


class Outbox:
    """Keeps at most `capacity` events, and one more for each other thread that emits at the same moment.

    `source` is the CloudEvents attribute, a URI of whoever emits. Raises `ConfigurationError` for an empty source or no
    room.
    """

    def __init__(self, source: str, *, capacity: int = 1024, now: Now = utc_now) -> None:
        if not source or capacity < 1:
            raise ConfigurationError(f"an outbox needs a source and room: not {source!r} and {capacity!r}")
        self._source = source
        self._capacity = capacity
        self._now = now
        self._waiting: deque[Occurrence] = deque()
        self._counts = Counts()
        self._complaints: set[str] = set()
        self._lock = RLock()  # of the counts alone: emitting needs none, because appending is atomic
        self._wake: Callable[[], object] = _wake_nobody
        self._is_idle = True

    def __len__(self) -> int:
        """Return how many events wait."""
        return len(self._waiting)

    @property
    def counts(self) -> Counts:
        """What became of the events so far; a copy."""
        with self._lock:
            return replace(self._counts)

    # -- for those who emit --

    def emit(
        self, kind: str, data: Data, *, subject: str = "", correlation_id: str = "", at: datetime | None = None
    ) -> None:
        """Leave an event for delivery. A type that is not in the catalogue is counted, logged, and not delivered."""
        try:
            if kind not in EVENT_TYPES or len(self._waiting) >= self._capacity:
                self._turn_away(kind)
                return
            told = data if callable(data) else json_object(data)
            self._waiting.append((kind, told, subject, correlation_id, at or self._moment()))
        except Exception as error:
            self._refuse(f"an event cannot be taken: {type(error).__name__}")
            return
        if self._is_idle:
            self._rouse()

    def _moment(self) -> datetime | None:
        try:
            return self._now()
        except Exception:
            return None  # an event need not have a time, and one without it is better than none

    def _turn_away(self, kind: str) -> None:
        if kind not in EVENT_TYPES:
            self._refuse(f"there is no event type {kind!r}; the types are {', '.join(EVENT_TYPES)}")
            return
        with self._lock:
            self._counts.dropped += 1
        self._complain("full", f"the outbox of {self._source} is full: events are dropped, and counted")

    def _refuse(self, reason: str) -> None:
        with self._lock:
            self._counts.refused += 1
        self._complain(reason, reason)

    def _rouse(self) -> None:
        self._is_idle = False
        try:
            self._wake()
        except Exception as error:
            self._is_idle = True  # the next one who emits tries again
            self._complain("asleep", f"events wait, because their deliverer cannot be woken: {error!r}")

    # -- for those who deliver --

    def attach(self, wake: Callable[[], object]) -> None:
        """Have `wake` called, on any thread, when something waits and `take` has found nothing before."""
        self._wake = wake
        self._is_idle = True
        if self._waiting:
            self._rouse()

    def detach(self, wake: Callable[[], object]) -> None:
        """Do not call `wake` any more; what waits is left for the next deliverer."""
        if self._wake == wake:
            self._wake = _wake_nobody

    def take(self) -> Event | None:
        """Return the next event; None where nothing waits."""
        while (occurrence := self._next()) is not None:
            try:
                event, data = event_of(occurrence, self._source)
            except Exception as error:
                self.failed(error)
                continue
            self._note_missing(occurrence[0], missing_fields(occurrence[0], data))
            return event
        return None

    def _next(self) -> Occurrence | None:
        # Looks twice: somebody may have found us awake after the first look, and has not woken us.
        for _ in range(2):
            if self._waiting:
                self._is_idle = False
                return self._waiting.popleft()
            self._is_idle = True
        self._complaints.discard("full")
        return None

    def _note_missing(self, kind: str, missing: list[str]) -> None:
        if missing:
            with self._lock:
                self._counts.incomplete += 1
            self._complain(f"incomplete {kind}", f"an event {kind} lacks {', '.join(missing)}")

    def delivered(self) -> None:
        """An event has arrived."""
        with self._lock:
            self._counts.delivered += 1
        self._complaints.discard("failed")

    def failed(self, error: BaseException) -> None:
        """An event has not arrived, and will not be sent again."""
        with self._lock:
            self._counts.failed += 1
        self._complain("failed", f"events of {self._source} do not arrive: {type(error).__name__}")

    def _complain(self, about: str, text: str) -> None:
        """Log it once, until it has been well in between: what happens for every event would flood the log."""
        try:
            if about not in self._complaints and len(self._complaints) < MOST_COMPLAINTS:
                self._complaints.add(about)
                _log.warning("%s", text)
        except Exception:
            return


def _wake_nobody() -> None:
    """Nobody delivers yet, or any more."""
