"""A clause that is known to be broken: by whom it is owned, until when, and how it shows.

Rules: all four fields are needed and enforced, so that a list of exceptions cannot rot: another
message, a pass and an expiry each turn the run red. The value knows no clock; the caller says what
day it is. It must not decide the verdict.
"""

from dataclasses import dataclass
from datetime import date, datetime

from pytest_policy_contracts.harness.problems import HarnessError


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDeviation:
    """One clause's known deviation; a blank field or one of another type raises `HarnessError`."""

    reason: str
    """Why it deviates, in a sentence for whoever gates on the report."""
    owner: str
    """Who mends it: a team, a person or a ticket."""
    expires: date
    """The last day on which it is accepted."""
    message: str
    """How the violation's message begins; a violation with another message is a new one."""

    def __post_init__(self) -> None:
        for name in ("reason", "owner", "message"):
            _check_text(name, getattr(self, name))
        _check_date(self.expires)

    def is_expired(self, today: date) -> bool:
        """Whether `today` lies after the last day."""
        return today > self.expires

    def matches(self, message: str) -> bool:
        """Whether a violation with this message is the known one."""
        return message.startswith(self.message)


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise HarnessError(f"A known deviation has {name}={value!r}. Write a text that is not blank.")


def _check_date(value: object) -> None:
    # A datetime is a date to isinstance, and comparing the two raises.
    if isinstance(value, datetime) or not isinstance(value, date):
        raise HarnessError(
            f"A known deviation has expires={value!r}, a {type(value).__name__}. "
            "Write a day without a time: date(2030, 1, 31), or 2030-01-31 in TOML."
        )
