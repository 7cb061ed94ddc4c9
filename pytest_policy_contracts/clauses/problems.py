"""A contract that cannot be read, and the place where it cannot.

Rules: every message names file, line, the value found and the remedy. It must not be used for a
caller's mistake, such as an unknown clause id on the command line: that is a `UsageError`.
"""

from dataclasses import dataclass
from pathlib import Path

from pytest_policy_contracts.contracts.errors import SuiteError


class ClauseError(SuiteError):
    """A feature file cannot be read as a contract."""

    def __init__(self, place: "Place", fact: str, value: str, remedy: str) -> None:
        super().__init__(f"{place}: {fact}: {value!r}. {remedy}")
        self.file = place.file
        self.line = place.line
        self.value = value
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a feature file, 1-based; line 0 stands for the file, or folder, as a whole."""

    file: Path
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else str(self.file)

    def at(self, line: int) -> "Place":
        """Answer another line of the same file."""
        return Place(self.file, line)

    def error(self, fact: str, value: str, remedy: str) -> ClauseError:
        """Make the error for this place; the caller raises it."""
        return ClauseError(self, fact, value, remedy)
