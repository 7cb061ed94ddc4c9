"""Threads that run one at a time, in an order somebody decides, and wait in virtual time.

What belongs here: the scheduler, the places where it can switch, and the primitives through which threads wait. What does
not: which orders are worth trying (`policies.py`), and what counts as a failure. Standard library only.

A thread under control is a real operating system thread that holds or awaits one baton. Its waits (locks, everything
built on locks, sleeps, joins) hand the baton over, and so may every line or instruction of the subject in between; the
answers of `Choices` are therefore the run.
"""

from pytest_policy_contracts.simulation.threads.controlled import ControlledThread, ThreadResult
from pytest_policy_contracts.simulation.threads.patching import (
    controlled_primitives,
    look_up_primitives,
)
from pytest_policy_contracts.simulation.threads.scheduler import LeftRunning, ThreadScheduler
from pytest_policy_contracts.simulation.threads.switching import Granularity

__all__ = [
    "ControlledThread",
    "Granularity",
    "LeftRunning",
    "ThreadResult",
    "ThreadScheduler",
    "controlled_primitives",
    "look_up_primitives",
]
