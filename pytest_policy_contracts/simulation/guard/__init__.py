"""Runs code that may never come back, and comes back with a verdict that names the frame.

`run_in_child` is the strong form (POSIX): it answers for everything, a held GIL, a crash,
`os._exit`. `run_in_worker` is the cheap form, for platforms without `fork`: it answers for
everything that lets other threads run. `adopted_threads` keeps threads that the code leaves behind
from holding up the interpreter's exit.

What does not belong here: virtual time and schedules. The guard knows only real time and a number
that must keep moving.
"""

from pytest_policy_contracts.simulation.guard.adoption import Adoption, adopted_threads
from pytest_policy_contracts.simulation.guard.fork import (
    child_available,
    child_unavailable_reason,
    run_in_child,
)
from pytest_policy_contracts.simulation.guard.outcome import (
    Guarded,
    Heartbeat,
    RaisedInChild,
    ResultTransferError,
)
from pytest_policy_contracts.simulation.guard.worker import abandoned_workers, run_in_worker

__all__ = [
    "Adoption",
    "Guarded",
    "Heartbeat",
    "RaisedInChild",
    "ResultTransferError",
    "abandoned_workers",
    "adopted_threads",
    "child_available",
    "child_unavailable_reason",
    "run_in_child",
    "run_in_worker",
]
