"""The options of a run are checked where they are made."""

from datetime import date
from typing import Any

import pytest

from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.running import Options
from pytest_policy_contracts.running.options import clause_patterns


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("level", "MUST"),
        ("level", None),
        ("schedules", -5),
        ("schedules", True),
        ("schedules", 2.0),
        ("seed", -1),
        ("seed", "7"),
        ("timeout_factor", -0.5),
        ("timeout_factor", float("nan")),
        ("timeout_factor", float("inf")),
        ("timeout_factor", "2"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(option: str, value: Any) -> None:
    """The message names the option, what was given, and what may be given."""
    with pytest.raises(UsageError) as refused:
        Options(**{option: value})

    assert str(refused.value).startswith(f"{option} is {value!r}. Give ")


def test_options_reach_the_engine() -> None:
    """Schedules, seed, timeout factor and the day are what the engine is told."""
    told = Options(schedules=7, seed=3, timeout_factor=2, today=date(2026, 1, 2)).engine_settings()

    assert (told.effort.schedules, told.effort.seed) == (7, 3)
    assert (told.timeout_factor, told.today) == (2, date(2026, 1, 2))


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, None),
        ("RLD", ("RLD",)),
        (["RLD-001", "RLD-002"], ("RLD-001", "RLD-002")),
        ("RLD-001, RLD-002", ("RLD-001", "RLD-002")),
        (["RLD-001,RLD-002", "TNT"], ("RLD-001", "RLD-002", "TNT")),
        (" , ", ()),
        ((), ()),
    ],
)
def test_patterns_come_one_or_several(given: Any, read: Any) -> None:
    """A text holds patterns with commas between them, and not its letters; several texts hold the patterns of each."""
    assert clause_patterns(given) == read


@pytest.mark.parametrize("given", [7, [7], [None]])
def test_patterns_are_texts(given: Any) -> None:
    """What is no text is refused."""
    with pytest.raises(UsageError, match="clauses is"):
        clause_patterns(given)
