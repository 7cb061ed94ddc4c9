"""Feature files that adopters write with our steps, and with steps of their own beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_policy_contracts.clauses import ClauseError
from pytest_policy_contracts.cli import main
from pytest_policy_contracts.harness import HarnessError, ReloadableHarness
from pytest_policy_contracts.running.contracts import contract_of
from tests.plugin.projects import CACHE, run

FEATURE = """\
@contract-Reloadable @version-1.0
Feature: What our caches promise besides

  @APP-001 @must @needs-snapshot @every-interleaving
  Rule: Warming a cache while it reloads does not bring old settings back
    Warming reads the settings, and once wrote them back.

    Scenario: Warmed during a reload
      Given a fresh module
      And its original and its new settings are known
      When the cache is warmed while the changes are reloaded
      Then its settings are the new ones
"""

WARMED = """
from pytest_policy_contracts.steps import World, when

class WarmedCache(Cache):
    async def warm(self):
        seen = self.settings
        await asyncio.sleep(0.5)
        self.settings = dict(seen)

class CarefulCache(Cache):
    async def warm(self):
        await asyncio.sleep(0.5)

@when("the cache is warmed while the changes are reloaded")
async def warm_meanwhile(world: World) -> None:
    cache, changes = world.subject, world.harness.changes()
    reloading, warming = await world.together([(cache.reload, (changes,)), (cache.warm, ())], limit=30)
    world.seen.attempt = reloading
    world.witness("it was warmed during the reload", warming.called < reloading.returned)

class WarmedContract(CacheContract):
    own_features = ("warming.feature",)
    def create(self): return WarmedCache()

class CarefulContract(CacheContract):
    own_features = ("warming.feature",)
    def create(self): return CarefulCache()
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """An adopter's project with a feature file beside its test module."""
    pytester.makepyfile(test_contracts=CACHE + WARMED)
    (pytester.path / "warming.feature").write_text(FEATURE, encoding="utf-8")
    return pytester


def test_an_own_clause_is_explored_like_ours(project: pytest.Pytester) -> None:
    """A race that needs a schedule is found, shrunk, and replays from its token."""
    found = run(project, "--policy-contracts", "-k", "WarmedContract and APP-001")

    found.assert_outcomes(failed=1, deselected=found.parseoutcomes()["deselected"])
    text = found.stdout.str()
    assert "APP-001 MUST  violated   warming a cache while it reloads does not bring old settings back" in text
    token = text.partition("--policy-contracts-replay=")[2].split()[0]
    again = run(project, f"--policy-contracts-replay={token}", "test_contracts.py::WarmedContract")
    assert again.parseoutcomes()["failed"] == 1


def test_an_own_clause_that_holds_says_how_much_was_tried(project: pytest.Pytester) -> None:
    """A subject that keeps the promise passes over the schedules, in every face the same."""
    result = run(project, "--policy-contracts", "-k", "CarefulContract and APP-001", "--policy-contracts-report=r.json")

    assert result.parseoutcomes()["passed"] == 1
    (harness,) = json.loads((project.path / "r.json").read_text(encoding="utf-8"))["harnesses"].values()
    (clause,) = harness["clauses"]
    assert (clause["outcome"], clause["reach"]) == ("passed", "sampled 200 schedules")


def test_the_shipped_clauses_are_run_beside_the_own_ones(project: pytest.Pytester) -> None:
    """A harness with own features has all clauses of its contract, and the own ones behind them."""
    listed = run(
        project, "--policy-contracts", "--collect-only", "-q", "test_contracts.py::CarefulContract"
    ).stdout.str()

    assert "CarefulContract::RLD-001 The timeout of a fresh module" in listed
    assert listed.index("RLD-020") < listed.index("CarefulContract::APP-001 Warmed during a reload")


def test_the_command_line_runs_own_clauses(project: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    """`policy-contracts verify` judges an own clause as pytest does."""
    target = f"{project.path / 'test_contracts.py'}:WarmedContract"

    assert main(["verify", target, "--clauses", "APP-001"]) == 1
    assert "APP-001 MUST  violated" in capsys.readouterr().out


def test_a_step_nobody_has_defined_is_named(project: pytest.Pytester) -> None:
    """A misspelt step makes the clause broken, and says which step it was."""
    (project.path / "warming.feature").write_text(FEATURE.replace("is warmed", "is heated"), encoding="utf-8")
    result = run(project, "--policy-contracts", "-k", "CarefulContract and APP-001")

    assert result.parseoutcomes()["failed"] == 1
    assert "No step definition for 'When the cache is heated while the changes are reloaded'" in result.stdout.str()


def test_our_step_outside_a_harness_says_where_to_put_it(project: pytest.Pytester) -> None:
    """A plain pytest-bdd scenario that uses our steps is told to name its file in own_features."""
    project.makepyfile(
        test_plain="""
        from pytest_bdd import scenario
        @scenario("plain.feature", "Plain")
        def test_plain(): pass
        """
    )
    (project.path / "plain.feature").write_text(
        "Feature: Plain\n  Scenario: Plain\n    Given a fresh module\n", encoding="utf-8"
    )
    result = run(project, "--policy-contracts", "test_plain.py", "test_contracts.py", "-k", "test_plain")

    assert "Name its feature file in own_features of a harness class" in result.stdout.str()


class Quiet(ReloadableHarness):
    """A harness without own features, to derive from."""

    def create(self) -> object:
        raise NotImplementedError

    def changes(self) -> list[Any]:
        return []


def harness_with(features: object, monkeypatch: pytest.MonkeyPatch, folder: Path) -> type[ReloadableHarness]:
    """A harness class whose file seems to lie in `folder`."""
    monkeypatch.setattr("inspect.getfile", lambda owner: str(folder / "test_contracts.py"))
    return type("Own", (Quiet,), {"own_features": features})


@pytest.mark.parametrize(
    ("features", "text", "says"),
    [
        ("one.feature", FEATURE, r"own_features is 'one.feature'. Write a tuple of paths"),
        (("none.feature",), FEATURE, "there is no such file"),
        (("one.feature",), FEATURE.replace("APP-001", "RLD-001"), "an id that reloadable.feature"),
        (("one.feature",), FEATURE.replace("contract-Reloadable", "contract-Gate"), "Write @contract-Reloadable"),
        (("one.feature",), FEATURE.replace("@must", "@must @after-APP-009"), "a precondition that is no clause"),
        (("one.feature", "one.feature"), FEATURE, "an id that one.feature"),
    ],
)
def test_own_features_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, features: object, text: str, says: str
) -> None:
    """A file that is missing, of another contract, or takes an id that exists is refused with the remedy."""
    (tmp_path / "one.feature").write_text(text, encoding="utf-8")

    with pytest.raises((ClauseError, HarnessError), match=says):
        contract_of(harness_with(features, monkeypatch, tmp_path))


def test_a_harness_without_own_features_has_the_shipped_contract() -> None:
    """Nothing is added where nothing was named."""
    assert len(contract_of(Quiet).clauses) == 20
