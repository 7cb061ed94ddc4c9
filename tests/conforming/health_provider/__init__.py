"""Conforming implementations of HealthProvider, from tiny to realistic: none may be accused.

They keep every clause at its sharpest reading, by as many different techniques as there are, so
that a suite which demands one technique instead of the promise is caught. Two kinds of them answer
with what they found up to 30 s ago, as HLT-005 allows.
"""

from pytest_policy_contracts import HealthProviderHarness

from .composite import GatewayContract, ShopContract
from .counted_checks import CountedChecksContract
from .degraded import MailRelayContract, SearchIndexContract
from .leased_connection import LeasedPingContract
from .own_types import MonitorContract, StatusPageContract
from .ping import AsyncPingContract, SyncPingContract
from .poller import PolledStoreContract
from .polling_thread import WatchedQueueContract
from .raising import AsyncRaisingContract, MemoryUseContract, SyncRaisingContract
from .reference import (
    ReferenceCompositeContract,
    ReferenceFunctionContract,
    ReferenceServiceContract,
    ReferenceThreadFunctionContract,
)
from .returned_task import StartedCheckContract
from .shared_probe import SharedProbeContract
from .single_flight import SharedPingContract
from .to_thread import ThreadedPingContract
from .ttl_cache import CachedPingContract
from .worker_pool import WorkerPingContract

__all__ = ["CONFORMING"]

CONFORMING: list[type[HealthProviderHarness]] = [
    AsyncPingContract,
    SyncPingContract,
    AsyncRaisingContract,
    SyncRaisingContract,
    MemoryUseContract,
    SearchIndexContract,
    MailRelayContract,
    StatusPageContract,
    MonitorContract,
    SharedPingContract,
    SharedProbeContract,
    CachedPingContract,
    ShopContract,
    GatewayContract,
    PolledStoreContract,
    WatchedQueueContract,
    WorkerPingContract,
    ThreadedPingContract,
    CountedChecksContract,
    LeasedPingContract,
    StartedCheckContract,
    ReferenceFunctionContract,
    ReferenceThreadFunctionContract,
    ReferenceCompositeContract,
    ReferenceServiceContract,
]
