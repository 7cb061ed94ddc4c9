"""Making a run: which harnesses, which clauses, under which options; what the faces share.

Rules: everything that can be refused is refused before the first clause runs, as a `UsageError` or
`HarnessError`; what is said about a run is said in events. The faces (library, command line,
plugin) differ in how they are asked and in how they tell. It must not print, and it must not read
files that its caller did not name.
"""

from pytest_policy_contracts.running.options import Options
from pytest_policy_contracts.running.replays import ReplayToken, replay
from pytest_policy_contracts.running.runs import Listener, run, session_of
from pytest_policy_contracts.running.targets import HarnessTarget, target_of, targets_from

__all__ = [
    "HarnessTarget",
    "Listener",
    "Options",
    "ReplayToken",
    "replay",
    "run",
    "session_of",
    "target_of",
    "targets_from",
]
