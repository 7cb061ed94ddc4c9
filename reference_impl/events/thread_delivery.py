"""Delivers the events of an outbox from a thread of its own, for synchronous code."""

import threading
from asyncio import CancelledError
from collections.abc import Callable
from contextvars import Context
from datetime import timedelta
from inspect import isawaitable, iscoroutine

from reference_impl.events.outbox import Outbox
from reference_impl.ports import Event


class ThreadDelivery:
    """Hands each event to `publish`, one after the other, on a thread that is started with the first of them.

    `publish` may raise, take its time, and use whatever emits: it holds up later events, and nobody else. What it
    returns is not awaited; a publisher that has to be awaited needs a `TaskDelivery`.
    """

    def __init__(self, outbox: Outbox, publish: Callable[[Event], object]) -> None:
        self._outbox = outbox
        self._publish = publish
        self._thread: threading.Thread | None = None
        self._news = threading.Event()
        self._ends_when_empty = self._ends_now = False
        self._lock = threading.RLock()
        outbox.attach(self._wake)

    def start(self) -> None:
        """Start the thread now, and not with the first event; raises `RuntimeError` where the system gives no more of them."""
        with self._lock:
            if self._thread is None and not self._ends_when_empty:
                # A daemon: a listener that does not come back must not keep the program from ending.
                thread = threading.Thread(target=self._work, name="event-delivery", daemon=True)
                thread.start()
                self._thread = thread

    def close(self, patience: timedelta = timedelta(seconds=5)) -> bool:
        """Deliver what waits, for so long at most, and end the thread; tell whether nothing is left.

        Where `publish` does not come back, nobody can end it: the thread then ends as soon as it does, with nothing more
        delivered. Called from `publish` itself, it does not wait.
        """
        with self._lock:  # whoever starts the thread right now has it started before we look
            self._ends_when_empty = True
            thread = self._thread
        self._outbox.detach(self._wake)
        self._news.set()
        if thread is None:
            return len(self._outbox) == 0
        if thread is not threading.current_thread():
            thread.join(patience.total_seconds())
            self._ends_now = True
        return len(self._outbox) == 0 and not thread.is_alive()

    def _wake(self) -> None:
        self.start()
        self._news.set()

    def _work(self) -> None:
        # Events are nobody's, whoever was bound when the first one came: some builds of Python hand the context on.
        Context().run(self._deliver_all)

    def _deliver_all(self) -> None:
        while not self._ends_now:
            event = self._outbox.take()
            if event is not None:
                self._deliver(event)
            elif self._ends_when_empty:
                return
            else:
                self._news.wait()
                self._news.clear()

    def _deliver(self, event: Event) -> None:
        try:
            answer = self._publish(event)
            if isawaitable(answer):
                _refuse_to_await(answer)
        except (Exception, CancelledError, SystemExit) as error:
            self._outbox.failed(error)
        else:
            self._outbox.delivered()


def _refuse_to_await(answer: object) -> None:
    if iscoroutine(answer):
        answer.close()
    raise TypeError("publish returns an awaitable, and a thread cannot await it; use TaskDelivery")
