"""A synchronous module whose one thread applies every reload; callers wait for its answer."""

import queue
import threading
from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta

from pytest_policy_contracts import ConfigChange, ReloadableHarness

from .values import Values, count, merged, text

RULES = {"mail.batch": count, "mail.relay": text, "mail.footer": text}


class Order:
    """A set of changes on its way to the thread, and the answer on its way back."""

    def __init__(self, changes: Sequence[ConfigChange]) -> None:
        self.changes = deepcopy(list(changes))
        self.error: Exception | None = None
        self.answered = threading.Event()


class MailModule:
    """Only the thread writes, so it needs no lock; a refusal travels back to its caller."""

    reload_timeout = timedelta(seconds=10)

    def __init__(self) -> None:
        self._values: Values = {"mail.batch": 50, "mail.relay": "relay-1"}
        self._orders: queue.Queue[Order | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="mail-settings", daemon=True)
        self._thread.start()

    def can_reload(self) -> bool:
        return self._thread.is_alive()

    def settings(self) -> Values:
        return dict(self._values)

    def reload(self, changes: Sequence[ConfigChange]) -> None:
        order = Order(changes)
        self._orders.put(order)
        order.answered.wait()
        if order.error is not None:
            raise order.error

    def _work(self) -> None:
        while (order := self._orders.get()) is not None:
            try:
                self._values = merged(self._values, order.changes, RULES)
            except Exception as error:  # the caller gets it, the thread lives on
                order.error = error
            finally:
                order.answered.set()

    def close(self) -> None:
        self._orders.put(None)
        self._thread.join()


class MailModuleContract(ReloadableHarness):
    def create(self) -> MailModule:
        return MailModule()

    def changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("mail.batch", 50, 80),
            ConfigChange.modified("mail.relay", "relay-1", "relay-2"),
            ConfigChange.added("mail.footer", "Sent by the cache team"),
        ]

    def alternative_changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("mail.batch", 50, 20)]

    def invalid_changes(self) -> list[ConfigChange]:
        return [
            ConfigChange.modified("mail.relay", "relay-1", "relay-3"),
            ConfigChange.modified("mail.batch", 50, 2.5),
        ]

    def snapshot(self, subject: MailModule) -> object:
        return subject.settings()

    def dispose(self, subject: MailModule) -> None:
        subject.close()
