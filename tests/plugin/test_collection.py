"""Harness classes become pytest items of the adopter's own test tree."""

from __future__ import annotations

import pytest

from tests.plugin.projects import CACHE, HALF, run


def test_items_belong_to_the_harness_class(pytester: pytest.Pytester) -> None:
    """Node ids are `file::Class::CLAUSE scenario`, as an adopter would select them."""
    pytester.makepyfile(test_contracts=CACHE)
    listed = run(pytester, "--policy-contracts", "--collect-only", "-q").stdout.str()

    assert "test_contracts.py::CacheContract::RLD-004 The same changes twice" in listed
    assert "test_contracts.py::test_plain" in listed


def test_off_by_default(pytester: pytest.Pytester) -> None:
    """Without the option a harness class is not collected and the plugin imports nothing of ours."""
    pytester.makepyfile(test_contracts=CACHE)
    result = run(pytester)

    result.assert_outcomes(passed=1)


def test_ini_setting_turns_it_on(pytester: pytest.Pytester) -> None:
    """`policy_contracts = true` in the ini file is as good as the option."""
    pytester.makeini("[pytest]\npolicy_contracts = true\n")
    pytester.makepyfile(test_contracts=CACHE)
    result = run(pytester, "-k", "RLD-003")

    result.assert_outcomes(passed=2, deselected=result.parseoutcomes()["deselected"])


def test_selection_by_keyword_and_by_node_id(pytester: pytest.Pytester) -> None:
    """`-k RLD-007` and `::CacheContract` choose as they do for any test."""
    pytester.makepyfile(test_contracts=CACHE + HALF)
    by_keyword = run(pytester, "--policy-contracts", "-k", "RLD-007")
    by_class = run(pytester, "--policy-contracts", "test_contracts.py::CacheContract")

    assert by_keyword.parseoutcomes()["passed"] == 1
    assert by_keyword.parseoutcomes()["failed"] == 1
    assert "failed" not in by_class.parseoutcomes()


def test_only_leaves_the_other_tests_out(pytester: pytest.Pytester) -> None:
    """`--policy-contracts-only` runs the contracts and nothing else."""
    pytester.makepyfile(test_contracts=CACHE)
    result = run(pytester, "--policy-contracts-only", "-v")

    assert "test_plain" not in result.stdout.str()
    assert "RLD-001" in result.stdout.str()


def test_nothing_to_test_is_an_error_that_says_what_to_write(pytester: pytest.Pytester) -> None:
    """A run without any harness is no green run; the error shows a harness class."""
    pytester.makepyfile(test_contracts="def test_plain(): pass\n")
    result = run(pytester, "--policy-contracts")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "class CacheContract(ReloadableHarness)" in result.stderr.str()


def test_a_harness_without_create_says_what_to_write(pytester: pytest.Pytester) -> None:
    """A harness class that cannot make a subject is a collection error with the lines to add."""
    pytester.makepyfile(
        test_contracts="""
        from pytest_policy_contracts import ReloadableHarness
        class EmptyContract(ReloadableHarness): pass
        """
    )
    result = run(pytester, "--policy-contracts")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*EmptyContract*create*"])


def test_harnesses_named_in_pyproject_are_run(pytester: pytest.Pytester) -> None:
    """`[tool.policy-contracts] harnesses` needs no test file."""
    pytester.makepyfile(contracts_of_mine=CACHE)
    pytester.makepyprojecttoml('[tool.policy-contracts]\nharnesses = ["contracts_of_mine:CacheContract"]\n')
    result = run(pytester, "--policy-contracts", "-k", "RLD-003", "-v")

    assert result.parseoutcomes()["passed"] == 2
    assert "contracts_of_mine:CacheContract::RLD-003 Nothing to change in a fresh module" in result.stdout.str()


def test_fixtures_of_the_adopter_work(pytester: pytest.Pytester) -> None:
    """`create` may take fixtures through `self.request`, and they are torn down in the test process."""
    pytester.makeconftest(
        """
        import pytest
        @pytest.fixture
        def settings(request):
            yield {"ttl": 30, "size": 10}
            print("torn down")
        """
    )
    pytester.makepyfile(
        test_contracts=CACHE
        + """
class FixtureContract(CacheContract):
    def create(self):
        cache = Cache()
        cache.settings = dict(self.request.getfixturevalue("settings"))
        return cache
"""
    )
    result = run(pytester, "--policy-contracts", "-k", "FixtureContract and RLD-004", "-s")

    result.assert_outcomes(passed=2, deselected=result.parseoutcomes()["deselected"])
    assert result.stdout.str().count("torn down") == 2


def test_tags_are_no_marks(pytester: pytest.Pytester) -> None:
    """Neither `--strict-markers` nor `-W error` objects to the tags of the shipped features."""
    pytester.makepyfile(test_contracts=CACHE)
    result = run(pytester, "--policy-contracts", "--strict-markers", "-k", "RLD-001")

    assert result.ret == pytest.ExitCode.OK


def test_hooks_of_pytest_bdd_see_the_first_run(pytester: pytest.Pytester) -> None:
    """pytest-bdd makes the first run itself, so its hooks are called for every step."""
    pytester.makeconftest(
        """
        def pytest_bdd_after_step(step): print("step:", step.name)
        """
    )
    pytester.makepyfile(test_contracts=CACHE)
    result = run(pytester, "--policy-contracts", "-k", "RLD-003", "-s")

    result.stdout.fnmatch_lines(["*step: it is reloaded with no changes*"])
