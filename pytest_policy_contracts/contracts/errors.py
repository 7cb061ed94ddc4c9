"""The root of the errors that say "this run cannot be made", told apart from a broken promise.

    SuiteError          the suite, a contract or the harness itself is at fault
      UsageError        the caller asked for something that does not exist or makes no sense
      ClauseError       a feature file cannot be read as a contract     (clauses/)
      HarnessError      a harness cannot be loaded or used              (harness/)

It stands in the lowest layer because clauses and harness are siblings that may not import each
other. A violation of a contract is never one of these: that is an `AssertionError`, and the two
families do not mix.
"""


class SuiteError(Exception):
    """We or the caller cannot run; it says nothing about the subject."""


class UsageError(SuiteError):
    """The caller asked for something that does not exist or makes no sense."""
