"""The adopter's table in pyproject.toml."""

from pathlib import Path

import pytest

from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.harness.settings import Settings, read_settings

TOML = """
[tool.policy-contracts]
harnesses = ["myapp.contracts:CacheContract"]
schedules = 500
seed = 0
level = "should"
timeout-factor = 2

[tool.policy-contracts.deviations.CacheContract.RLD-007]
reason = "r"
owner = "o"
expires = 2030-01-31
message = "m"
"""


def settings(folder: Path, text: str) -> Settings:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return read_settings(folder)


def test_every_key_is_read(tmp_path: Path) -> None:
    """Each key of the table reaches its field, with its type."""
    found = settings(tmp_path, TOML)

    assert ("myapp.contracts:CacheContract",) == found.harnesses
    assert (500, 0, "should", 2.0) == (
        found.schedules,
        found.seed,
        found.level,
        found.timeout_factor,
    )
    assert isinstance(found.timeout_factor, float)
    assert "o" == found.deviations.of("CacheContract")["RLD-007"].owner


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'", "[tool.ruff]", "[tool.policy-contracts]"])
def test_nothing_set_is_none(tmp_path: Path, text: str) -> None:
    """Without the table, or without a key, each setting is unset rather than a default."""
    assert Settings() == settings(tmp_path, text)
    assert Settings().seed is None


def test_project_without_pyproject_has_no_settings(tmp_path: Path) -> None:
    """A folder without pyproject.toml is a project that sets nothing."""
    assert Settings() == read_settings(tmp_path)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("timeout_factor = 2.0", "unknown key 'timeout_factor'. Did you mean timeout-factor?"),
        ("harness = []", "Did you mean harnesses?"),
        ("foo = 1", "Known: deviations, harnesses, level, schedules, seed, timeout-factor."),
        ("harnesses = 'a:B'", "harnesses = 'a:B'. Write a list such as"),
        ("harnesses = [1]", "harnesses = [1]"),
        ("harnesses = ['']", "harnesses = ['']"),
        ("schedules = -1", "schedules = -1. Write a whole number from 0"),
        ("schedules = true", "schedules = True"),
        ("schedules = 1.5", "schedules = 1.5"),
        ("seed = -1", "seed = -1. Write a whole number from 0"),
        ("level = 'MUST'", 'level = \'MUST\'. Write "must" or "should"'),
        ("timeout-factor = 0", "timeout-factor = 0. Write a number above 0"),
        ("timeout-factor = inf", "timeout-factor = inf"),
        ("timeout-factor = nan", "timeout-factor = nan"),
        ("deviations = 'x.toml'", "deviations = 'x.toml'. Write tables"),
        ("deviations.C.RLD-001.reason = 'r'", "deviations] [C.RLD-001] lacks owner"),
    ],
)
def test_malformed_setting_is_refused(tmp_path: Path, line: str, says: str) -> None:
    """An unknown key or a wrong value is a usage error with place, value and remedy."""
    with pytest.raises(UsageError) as caught:
        settings(tmp_path, f"[tool.policy-contracts]\n{line}\n")

    assert str(caught.value).startswith("pyproject.toml [tool.policy-contracts")
    assert says in str(caught.value)


@pytest.mark.parametrize("text", ["[tool]\npolicy-contracts = 1", "tool = 1", "[tool"])
def test_file_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    """A table that is none, or a file that is no TOML, is a usage error."""
    with pytest.raises(UsageError, match=r"pyproject\.toml"):
        settings(tmp_path, text)
