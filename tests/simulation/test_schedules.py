"""Schedules as tokens: what was written is read again, and what is damaged is refused."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_policy_contracts.simulation.errors import ReplayError
from pytest_policy_contracts.simulation.schedules import Mode, Schedule, trimmed
from tests.strategies import schedules


@given(schedules())
def test_a_token_is_read_again(schedule: Schedule) -> None:
    """Every schedule comes back from its token, which needs no quoting on a command line."""
    token = schedule.token()

    assert Schedule.from_token(token) == schedule
    assert all(character.isalnum() or character in "._-" for character in token)


@pytest.mark.parametrize(
    ("schedule", "token"),
    [
        (Schedule(Mode.STOCK), "s"),
        (Schedule(Mode.TASKS, 2), "t2"),
        (Schedule(Mode.TASKS, 0, (0, 0, 1)), "t.AwE"),
        (Schedule(Mode.LINE, 12, (300,)), "l12.AawC"),
    ],
)
def test_tokens_stay_readable(schedule: Schedule, token: str) -> None:
    """Tokens in old reports keep their meaning."""
    assert schedule.token() == token
    assert Schedule.from_token(token) == schedule


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is handed in is a schedule or a `ReplayError`, never another error."""
    for candidate in (text, f"t{text}", f"t.{text}", f"o.{text}"):
        try:
            Schedule.from_token(candidate)
        except ReplayError as error:
            assert repr(candidate) in str(error)  # noqa: PT017  # some candidates are valid


@pytest.mark.parametrize(
    "token",
    [
        "", "x", "t.A", "t.AAE", "t.Aw", "t.gA", "t.AwGA", "t 1", "T", "t1234567", "t.Aw E", "t.äöü",
        "t\N{ARABIC-INDIC DIGIT ONE}", "t.____fw", "t.gICAgAEB",
    ],
)  # fmt: skip
def test_damaged_tokens_are_refused(token: str) -> None:
    """A token that was cut, mistyped or asks for a million decisions says to copy the whole token."""
    with pytest.raises(ReplayError, match="copy the whole token of the replay line"):
        Schedule.from_token(token)


@pytest.mark.parametrize("mode", [Mode.GIL, Mode.OPCODE])
def test_bytecode_tokens_belong_to_an_interpreter(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule of bytecodes recorded on another minor version is refused with both versions."""
    token = Schedule(mode, 0, (1,)).token()
    here = sys.version_info.minor
    monkeypatch.setattr(
        "pytest_policy_contracts.simulation.schedules.sys",
        type("sys", (), {"version_info": type("info", (), {"minor": here + 1})}),
    )

    with pytest.raises(ReplayError, match=rf"Python 3\.{here} and this is Python 3\.{here + 1}"):
        Schedule.from_token(token)


def test_task_tokens_belong_to_no_interpreter() -> None:
    """Tokens of tasks and lines are the same on every interpreter."""
    for mode in (Mode.STOCK, Mode.TASKS, Mode.LINE):
        assert Schedule(mode, 1, (2,)).token() == f"{mode}1.AQI"


@given(st.lists(st.integers(0, 3)))
def test_trimming_takes_only_zeros_from_the_end(decisions: list[int]) -> None:
    """Trimming keeps everything up to the last deviation."""
    short = trimmed(decisions)
    assert [*short, *[0] * (len(decisions) - len(short))] == decisions
    assert not short or short[-1]


def test_switches_are_the_deviations() -> None:
    """What a schedule is counted by is how often it differs from the undisturbed run."""
    assert Schedule(Mode.TASKS, 3, (0, 2, 0, 1)).switches == 2
