"""Deviations that belong to nothing."""

from typing import Any, ClassVar

import pytest

from pytest_policy_contracts import KnownDeviation
from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.harness.deviation_tables import DeviationTable, parse_deviations
from pytest_policy_contracts.running.deviations import check_deviations
from tests.samples.caches import Bare, Deviating

ENTRY = {"reason": "r", "owner": "o", "expires": Deviating.known_deviations["RLD-007"].expires,
         "message": "m"}  # fmt: skip


def table(harness: str, clause: str) -> DeviationTable:
    entries: dict[str, Any] = {harness: {clause: ENTRY}}
    return parse_deviations(entries, "known.toml")


@pytest.mark.parametrize("harness", ["Bare", "*", "Deviating"])
def test_entries_that_match_are_fine(harness: str) -> None:
    """A harness of the run, every harness, and one beside it in its module are known."""
    check_deviations([Bare], [table(harness, "RLD-007")])


def test_a_harness_elsewhere_may_be_known() -> None:
    """The caller can name harnesses that exist and are not part of the run."""
    check_deviations([Bare], [table("Elsewhere", "RLD-007")], ["Elsewhere"])


def test_an_entry_of_no_harness_is_refused() -> None:
    """The message names the source, the stray name and the near ones."""
    with pytest.raises(UsageError, match=r"known.toml .*'Bear'.*Did you mean .*Bare"):
        check_deviations([Bare], [table("Bear", "RLD-007")])


@pytest.mark.parametrize("harness", ["Bare", "*", "Deviating"])
def test_an_entry_of_no_clause_is_refused(harness: str) -> None:
    """A clause that does not exist is a mistake wherever it is listed."""
    with pytest.raises(UsageError, match=r"known.toml \[.*\] has a deviation of 'RLD-700'"):
        check_deviations([Bare], [table(harness, "RLD-700")])


def test_a_class_with_an_entry_of_no_clause_is_refused() -> None:
    """The class attribute is held to the same."""

    class Stray(Bare):
        known_deviations: ClassVar = {"RLD-777": KnownDeviation(**ENTRY)}  # type: ignore[arg-type]

    with pytest.raises(UsageError, match=r"Stray.known_deviations has a deviation of 'RLD-777'"):
        check_deviations([Stray], [])
