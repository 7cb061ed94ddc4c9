"""Conforming implementations of Reloadable, from tiny to realistic: none may be accused.

They keep every clause at its sharpest reading, by as many different techniques as there are, so
that a suite which demands one technique instead of the promise is caught.
"""

from pytest_policy_contracts import ReloadableHarness

from .busy_refusal import AsyncQuotaContract, SyncQuotaContract
from .dict_swap import AsyncDictContract, SyncDictContract
from .frozen_settings import LedgerModuleContract
from .http_pool import SessionPoolContract
from .lock_free import FlagModuleContract
from .locked_writes import AwaitedPoolContract, LockedPoolContract
from .poller import FeedModuleContract
from .pool_resize import PooledModuleContract
from .reference import PlainSettingsModuleContract, SettingsModuleContract
from .two_phase import CoordinatorContract
from .worker_task import RoutingModuleContract
from .worker_thread import MailModuleContract

__all__ = ["CONFORMING"]

CONFORMING: list[type[ReloadableHarness]] = [
    AsyncDictContract,
    SyncDictContract,
    LockedPoolContract,
    AwaitedPoolContract,
    PooledModuleContract,
    RoutingModuleContract,
    CoordinatorContract,
    MailModuleContract,
    AsyncQuotaContract,
    SyncQuotaContract,
    FeedModuleContract,
    SessionPoolContract,
    LedgerModuleContract,
    FlagModuleContract,
    SettingsModuleContract,
    PlainSettingsModuleContract,
]
