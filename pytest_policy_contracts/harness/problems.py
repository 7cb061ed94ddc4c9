"""A harness that cannot be loaded or used.

Rules: the message shows what was found and what to write. It must not be used for a subject that
breaks a promise, nor for an error that the adopter's own code raises while the harness runs.
"""

from pytest_policy_contracts.contracts.errors import SuiteError


class HarnessError(SuiteError):
    """The adopter's harness cannot be loaded or used as it is written."""
