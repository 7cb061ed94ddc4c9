"""Feature files turned into Clause values, and the choice among them.

Rules: a feature file is the contract; nothing here adds to what it says. Reading is deterministic
and whole: a file that is malformed anywhere yields an error and no clause. It must not run a step,
and it knows no harness.
"""

from pytest_policy_contracts.clauses.clause import Clause, Contract, Level, Scenario, Step
from pytest_policy_contracts.clauses.problems import ClauseError
from pytest_policy_contracts.clauses.selection import select_clauses
from pytest_policy_contracts.clauses.shipped import load_contract, read_contract, read_own_feature, shipped_contracts

__all__ = [
    "Clause",
    "ClauseError",
    "Contract",
    "Level",
    "Scenario",
    "Step",
    "load_contract",
    "read_contract",
    "read_own_feature",
    "select_clauses",
    "shipped_contracts",
]
