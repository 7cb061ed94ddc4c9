"""How one call of the subject ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pytest_policy_contracts.environment.foreign_values import text_of


class Ended(StrEnum):
    """The ways in which a call can end."""

    RETURNED = "returned"
    RAISED = "raised"
    CANCELLED = "cancelled"
    EXITED = "tried to exit the process"
    HUNG = "did not end"


@dataclass(slots=True)
class Attempt:
    """One call: how it ended, with what, and between which moments (virtual seconds, and places in the world's history)."""

    ended: Ended
    value: Any = None
    error: BaseException | None = None
    began_at: float = 0.0
    ended_at: float = 0.0
    place: str = ""
    called: int = 0
    returned: int = 0
    is_late: bool = False
    """It did end, but after its limit."""

    @property
    def accepted(self) -> bool:
        """Whether the call returned."""
        return self.ended is Ended.RETURNED

    @property
    def refused(self) -> bool:
        """Whether the call raised an `Exception`."""
        return self.ended is Ended.RAISED

    @property
    def seconds(self) -> float:
        """The virtual time that the call took."""
        return self.ended_at - self.began_at

    def hold_to(self, limit: float) -> None:
        """Count a call that did end, but only after `limit` seconds, as one that did not end in time."""
        if self.seconds > limit and self.ended is not Ended.HUNG:
            self.ended, self.is_late = Ended.HUNG, True

    def __str__(self) -> str:
        if self.ended is Ended.RETURNED:
            return "it returned"
        if self.is_late:
            return f"it ended only after {self.seconds:g} s"
        if self.ended is Ended.HUNG:
            waited = f"within {self.seconds:g} s" if self.seconds else "while no time passed"
            return f"it did not end {waited}: {self.place}"
        return f"it {self.ended}: {describe_error(self.error)}"


def describe_error(error: BaseException | None) -> str:
    """Return ``ValueError: text``."""
    if error is None:
        return "no error"
    text = text_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def outcome_of_error(error: BaseException) -> Ended:
    """Classify what a call raised; `CancelledError` is told apart by its caller, who knows who cancelled."""
    return Ended.RAISED if isinstance(error, Exception) else Ended.EXITED
