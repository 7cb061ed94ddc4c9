"""Orchestrators that keep every clause of ReloadOrchestrator, each by another technique.

They are the other half of the proof: a suite that accuses one of them is wrong.
"""

from pytest_policy_contracts import ReloadOrchestratorHarness

from .awaited_answers import ShieldedContract
from .chained_tasks import ChainContract
from .deque_worker import DequeContract
from .dirty_listing import ListingContract
from .everything_for_all import EverythingContract
from .own_types import SettingsContract
from .queue_and_tasks import QueueContract
from .reference import CoalescingReferenceContract, ReferenceOrchestratorContract
from .unbroken import UnbrokenContract

CONFORMING: list[type[ReloadOrchestratorHarness]] = [
    UnbrokenContract,
    DequeContract,
    ListingContract,
    EverythingContract,
    ShieldedContract,
    QueueContract,
    ChainContract,
    SettingsContract,
    ReferenceOrchestratorContract,
    CoalescingReferenceContract,
]
