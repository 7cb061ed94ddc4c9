"""The Gherkin vocabulary: for each step of the feature files the code that stands for it.

What belongs here: one module per contract, each step a call or a claim. What does not: running, repeating, reporting.
`given`, `when` and `then`, and the `World` that a step is handed, are also for the steps that adopters write; `changes_of` gives
them the changes of a Reloadable harness, as a fresh list for this run.
"""

from pytest_policy_contracts.steps.reloading import changes_of
from pytest_policy_contracts.steps.vocabulary import given, then, when
from pytest_policy_contracts.verification.violations import ContractViolation
from pytest_policy_contracts.verification.world import World

__all__ = ["ContractViolation", "World", "changes_of", "given", "then", "when"]
