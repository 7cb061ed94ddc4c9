"""Known deviations: their four fields, and the tables that hold them."""

from datetime import date, datetime
from pathlib import Path

import pytest

from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.harness import HarnessError, KnownDeviation, ReloadableHarness
from pytest_policy_contracts.harness.deviation_tables import (
    DeviationTable,
    deviations_of,
    load_deviations,
    parse_deviations,
)

ENTRY = {"reason": "r", "owner": "o", "expires": date(2030, 1, 31), "message": "a mixture"}

TOML = """
[CacheContract.RLD-007]
reason = "the pool is resized before the table is swapped"
owner = "team-cache"
expires = 2030-01-31
message = "a mixture"

["*".RLD-020]
reason = "order counts here"
owner = "team-platform"
expires = 2030-06-30
message = "the order"
"""


def deviation(**changed: object) -> KnownDeviation:
    return KnownDeviation(**{**ENTRY, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("reason", "", r"reason=''\. Write a text"),
        ("reason", " \n", "not blank"),
        ("owner", None, "owner=None"),
        ("message", "", "message=''"),
        ("expires", "2030-01-31", r"expires='2030-01-31', a str\..*date\(2030, 1, 31\)"),
        ("expires", datetime(2030, 1, 31), "a datetime"),
        ("expires", None, "a NoneType"),
    ],
)
def test_malformed_field_is_refused_at_creation(field: str, value: object, says: str) -> None:
    """A field that is blank or of another type is refused with the value and the remedy."""
    with pytest.raises(HarnessError, match=says):
        deviation(**{field: value})


def test_last_day_is_still_accepted() -> None:
    """A deviation holds through the day it expires and not a day longer."""
    known = deviation()

    assert not known.is_expired(date(2030, 1, 31))
    assert known.is_expired(date(2030, 2, 1))


def test_message_is_a_prefix() -> None:
    """A violation is the known one when its message begins as recorded."""
    assert deviation().matches("a mixture: {'ttl': 60}")
    assert not deviation().matches("not a mixture")


def test_file_holds_named_harnesses_and_all(tmp_path: Path) -> None:
    """A TOML file gives each harness its own entries and those of `*`."""
    file = tmp_path / "deviations.toml"
    file.write_text(TOML, encoding="utf-8")
    table = load_deviations(file)

    assert {"RLD-007", "RLD-020"} == set(table.of("CacheContract"))
    assert {"RLD-020"} == set(table.of("Other"))
    assert date(2030, 1, 31) == table.of("CacheContract")["RLD-007"].expires
    assert "deviations.toml" == table.source


def test_named_harness_wins_over_all() -> None:
    """An entry for the harness by name replaces the one for every harness."""
    table = parse_deviations({"*": {"RLD-001": ENTRY}, "C": {"RLD-001": {**ENTRY, "owner": "c"}}}, "x")

    assert ("c", "o") == (table.of("C")["RLD-001"].owner, table.of("D")["RLD-001"].owner)


def test_tables_win_over_the_class_and_later_over_earlier() -> None:
    """What is said closer to the run wins: class, then each table in turn."""

    class C(ReloadableHarness):
        known_deviations = {
            "RLD-001": deviation(owner="class"),
            "RLD-002": deviation(owner="class"),
            "RLD-003": deviation(owner="class"),
        }

    def table(*clauses: str, owner: str) -> DeviationTable:
        return parse_deviations({"C": {one: {**ENTRY, "owner": owner} for one in clauses}}, owner)

    found = deviations_of(C, table("RLD-002", "RLD-003", owner="a"), table("RLD-003", owner="b"))
    assert {"RLD-001": "class", "RLD-002": "a", "RLD-003": "b"} == {
        clause: known.owner for clause, known in found.items()
    }
    assert deviations_of(C()) == dict(C.known_deviations)


def test_entries_of_no_harness_are_named() -> None:
    """A table tells which of its names no harness has, because they are stale or misspelt."""
    table = parse_deviations({"*": {}, "Gone": {"RLD-001": ENTRY}, "C": {}}, "x")

    assert ("Gone",) == table.unmatched(["C", "D"])


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        (
            {"C": {"RLD-001": {**ENTRY, "reson": "r"}}},
            r"x \[C\.RLD-001\].*'reson'.*Did you mean rea",
        ),
        ({"C": {"RLD-001": {"reason": "r", "owner": "o"}}}, "lacks expires, message"),
        ({"C": {"RLD-001": {**ENTRY, "expires": "soon"}}}, r"x \[C\.RLD-001\]: .*expires='soon'"),
        ({"C": {"RLD-001": "later"}}, r"x \[C\.RLD-001\] is 'later', a str\. Write a table"),
        ({"C": "later"}, r"x \[C\] is 'later', a str"),
    ],
)
def test_malformed_table_is_refused_with_its_place(tables: dict[str, object], says: str) -> None:
    """An entry that is malformed is a usage error that names source, harness and clause."""
    with pytest.raises(UsageError, match=says):
        parse_deviations(tables, "x")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"[C", "is not valid TOML"), (b"\xff", "is not valid TOML"), (None, "cannot be read")],
)
def test_unreadable_file_is_refused(tmp_path: Path, content: bytes | None, says: str) -> None:
    """A file that is absent or no TOML is a usage error."""
    file = tmp_path / "deviations.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UsageError, match=says):
        load_deviations(file)
