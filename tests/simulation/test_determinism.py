"""One token, one run: in this process, in another one, with other hashes and other addresses."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from pytest_policy_contracts.simulation.choices import Choices
from pytest_policy_contracts.simulation.loop import SimulatedLoop
from pytest_policy_contracts.simulation.policies import RandomWalk
from pytest_policy_contracts.simulation.schedules import Mode, Schedule, trimmed
from tests.simulation.determinism import program, replayed


def recorded(seed: int) -> str:
    """Return the token of a random run of the program."""
    loop = SimulatedLoop(Choices(RandomWalk(seed)))
    loop.complete(program())
    loop.dismantle()
    return Schedule(Mode.TASKS, 0, trimmed(loop.choices.decisions)).token()


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_a_token_replays_in_another_process(hash_seed: str) -> None:
    """The same token gives a byte-identical journal whatever strings hash to."""
    token = recorded(7)
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.determinism", token],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout == replayed(token)


def test_replaying_does_not_depend_on_addresses() -> None:
    """Twenty runs among ever different objects are one run."""
    token = recorded(3)
    junk, seen = [], set()
    for number in range(20):
        junk.append([bytearray(number * 91) for _ in range(number * 3)])
        seen.add(replayed(token))
    assert len(seen) == 1


def test_journals_hold_no_addresses() -> None:
    """What a journal says can be compared between processes: no address, no process-wide number."""
    for seed in range(5):
        assert not re.search(r"0x[0-9a-f]{6,}|Task-\d", replayed(recorded(seed)))


def test_different_tokens_are_different_runs() -> None:
    """The program does depend on its schedule, so that the comparisons above say something."""
    assert len({replayed(recorded(seed)) for seed in range(10)}) == 10
