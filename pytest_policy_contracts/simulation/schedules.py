"""A schedule as a value, and as a short printable token.

Token: one letter for the mode, the cancel place when there is one, and after a dot the decisions, sparse and trimmed,
as URL-safe base64 of variable-length integers: `t`, `s2`, `t.AwEB`, `o1.CwMB`. What the values of the run were made from
follows in the same form after a tilde: `s~AQI`. Bytecode modes carry the interpreter's minor
version, because their switch points are those of its bytecode.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pytest_policy_contracts.simulation.errors import ReplayError
from pytest_policy_contracts.simulation.policies import Recorded

MAX_DECISIONS = 1_000_000
"""Longer recordings are refused: a damaged token must not fill the memory."""


class Mode(StrEnum):
    """What a schedule may vary: how tasks, or where threads, switch."""

    STOCK = "s"
    """Ready tasks in stock order; only arrivals and latencies vary."""
    TASKS = "t"
    """Ready tasks in any order."""
    GIL = "g"
    """Threads switch only where this CPython switches them."""
    LINE = "l"
    """Threads switch between any two source lines."""
    OPCODE = "o"
    """Threads switch between any two bytecodes."""


THREAD_MODES = frozenset({Mode.GIL, Mode.LINE, Mode.OPCODE})
_BYTECODE_MODES = frozenset({Mode.GIL, Mode.OPCODE})
_TOKEN = re.compile(r"(?P<mode>[stglo])(?P<place>\d{0,6})(?:\.(?P<data>[\w-]*))?(?:~(?P<values>[\w-]+))?", re.ASCII)


def trimmed(decisions: Sequence[int]) -> tuple[int, ...]:
    """Return the decisions without the zeros at the end, which say nothing."""
    end = len(decisions)
    while end and decisions[end - 1] == 0:
        end -= 1
    return tuple(decisions[:end])


@dataclass(frozen=True, slots=True)
class Schedule:
    """One repeatable run: what was varied, where it was cancelled (0: nowhere), and every decision.

    `values` are the bytes from which a program makes the values that it is tried with; none are as good as zeros.
    """

    mode: Mode
    place: int = 0
    decisions: tuple[int, ...] = ()
    values: tuple[int, ...] = ()

    def policy(self) -> Recorded:
        """Return a policy that gives these decisions again."""
        return Recorded(self.decisions, stock=self.mode is Mode.STOCK)

    @property
    def switches(self) -> int:
        """How many decisions differ from the undisturbed run."""
        return sum(1 for decision in self.decisions if decision)

    def token(self) -> str:
        """Return the schedule as text for a command line."""
        numbers: list[int] = []
        if self.mode in _BYTECODE_MODES:
            numbers.append(sys.version_info.minor)
        numbers += _sparse(self.decisions)
        head = f"{self.mode}{self.place or ''}"
        data = f".{_encode(numbers)}" if numbers else ""
        values = f"~{_encode(_sparse(self.values))}" if any(self.values) else ""
        return f"{head}{data}{values}"

    @classmethod
    def from_token(cls, token: str) -> Schedule:
        """Read a token; raise `ReplayError` for one that is damaged or belongs to another interpreter."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise ReplayError(f"{token!r} is not a schedule; copy the whole token of the replay line.")
        mode = Mode(match["mode"])
        numbers = _decode(match["data"] or "", token)
        if mode in _BYTECODE_MODES:
            _check_interpreter(next(numbers, 0), token)
        values = tuple(_dense(_decode(match["values"] or "", token), token))
        return cls(mode, int(match["place"] or 0), tuple(_dense(numbers, token)), values)


def _check_interpreter(minor: int, token: str) -> None:
    if minor != sys.version_info.minor:
        raise ReplayError(
            f"{token!r} was recorded per bytecode on Python 3.{minor} and this is Python "
            f"3.{sys.version_info.minor}; replay it there."
        )


def _sparse(decisions: Sequence[int]) -> list[int]:
    """Return pairs of the distance to the one before and the decision, for those that are not zero."""
    numbers: list[int] = []
    last = -1
    for position, decision in enumerate(decisions):
        if decision:
            numbers += (position - last, decision)
            last = position
    return numbers


def _dense(numbers: Iterator[int], token: str) -> list[int]:
    decisions: list[int] = []
    for gap in numbers:
        decision = next(numbers, None)
        if decision is None or gap < 1 or len(decisions) + gap > MAX_DECISIONS:
            raise _damaged(token)
        decisions += [0] * (gap - 1)
        decisions.append(decision)
    return decisions


def _damaged(token: str) -> ReplayError:
    return ReplayError(f"{token!r} is damaged; copy the whole token of the replay line.")


def _encode(numbers: Sequence[int]) -> str:
    data = bytearray()
    for number in numbers:
        rest = number
        while rest > 127:
            data.append(rest & 127 | 128)
            rest >>= 7
        data.append(rest)
    return base64.urlsafe_b64encode(bytes(data)).decode().rstrip("=")


def _decode(text: str, token: str) -> Iterator[int]:
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise _damaged(token) from None
    number = shift = 0
    for byte in data:
        number |= (byte & 127) << shift
        if byte & 128:
            shift += 7
        else:
            yield number
            number = shift = 0
    if shift:
        raise _damaged(token)
