"""Conforming implementations of TenantGuard, from tiny to realistic: none may be accused.

They keep every clause at its sharpest reading, by as many different techniques as there are, so
that a suite which demands one technique instead of the promise is caught.
"""

from pytest_policy_contracts import TenantGuardHarness

from .awaited_lock import StoringGuardContract
from .background_tasks import TaskingGuardContract
from .bound_context import BoundGuardContract
from .event_queue import QueueingGuardContract
from .immediate import ImmediateGuardContract
from .lock_free import LockFreeGuardContract
from .locked_deque import LockedGuardContract
from .own_types import GatekeeperContract
from .publisher_thread import MailedGuardContract
from .reference import ReferenceGuardContract
from .request_context import WebGuardContract
from .session_tenant import SessionGuardContract
from .swapped_tuple import SwappedTupleContract

__all__ = ["CONFORMING"]

CONFORMING: list[type[TenantGuardHarness]] = [
    LockedGuardContract,
    LockFreeGuardContract,
    SwappedTupleContract,
    GatekeeperContract,
    MailedGuardContract,
    BoundGuardContract,
    StoringGuardContract,
    ImmediateGuardContract,
    TaskingGuardContract,
    QueueingGuardContract,
    WebGuardContract,
    SessionGuardContract,
    ReferenceGuardContract,
]
