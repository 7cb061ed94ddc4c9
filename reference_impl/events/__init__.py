"""Brings events to whoever listens, without ever letting a listener harm the sender.

    outbox = Outbox("/orders/policies")                 # what the siblings know as `ports.Events`
    delivery = ThreadDelivery(outbox, publish)          # or, in an event loop: TaskDelivery(outbox, publish)
    guard = TenantGuard(config, events=outbox)
    ...
    delivery.close()

Who emits only leaves the event in the outbox. It is built, checked and delivered elsewhere: by a thread, or by a task.
"""

from reference_impl.events.catalogue import EVENT_TYPES
from reference_impl.events.outbox import Counts, Outbox
from reference_impl.events.task_delivery import TaskDelivery
from reference_impl.events.thread_delivery import ThreadDelivery

__all__ = ["EVENT_TYPES", "Counts", "Outbox", "TaskDelivery", "ThreadDelivery"]
