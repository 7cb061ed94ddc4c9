"""Conforming implementations of HealthAggregator, from small to realistic: none may be accused.

They keep every clause by as many different techniques as there are, so that a suite which demands one technique instead of
the promise is caught: evaluations that run beside each other, one after the other, in the task of a caller or of a worker.
"""

from pytest_policy_contracts import HealthAggregatorHarness

from .event_queue import QueuedEventsContract
from .frozen import FrozenAnswersContract
from .locked import LockedHealthContract
from .own_types import StatusPageContract
from .reference import ReferenceHealthServiceContract
from .restarting import RestartingContract
from .shared_task import SharedTaskContract
from .task_group import WatchedGroupContract
from .worker import WorkerContract

__all__ = ["CONFORMING"]

CONFORMING: list[type[HealthAggregatorHarness]] = [
    SharedTaskContract,
    LockedHealthContract,
    WatchedGroupContract,
    WorkerContract,
    RestartingContract,
    FrozenAnswersContract,
    StatusPageContract,
    QueuedEventsContract,
    ReferenceHealthServiceContract,
]
