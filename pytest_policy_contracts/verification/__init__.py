"""Running scenarios against a subject and judging what happened.

What belongs here: the world of one run, the program that is run in it, the runner that repeats it under schedules and
cancel places, verdicts and violations. What does not: any word of a contract's vocabulary (steps/), any output (report/),
pytest. It names no clause.
"""

from pytest_policy_contracts.contracts import SuiteError
from pytest_policy_contracts.verification.violations import ContractViolation

__all__ = ["ContractViolation", "SuiteError"]
